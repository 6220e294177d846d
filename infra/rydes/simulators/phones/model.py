"""All phones: who was sent what, who replied what, and what goes wrong on the way."""

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from infra.rydes.simulators.phones.coding import code

REFUSALS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "throttled": ("ThrottlingException", {}),
    "budget": ("ServiceQuotaExceededException", {"Reason": "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"}),
    "opted-out": ("ConflictException", {"Reason": "DESTINATION_PHONE_NUMBER_OPTED_OUT"}),
    "unverified": ("ConflictException", {"Reason": "DESTINATION_PHONE_NUMBER_NOT_VERIFIED"}),
    "invalid": ("ValidationException", {"Reason": "INVALID_PARAMETER"}),
}
"""What a send may be refused with: AWS's error code, and what more stands in the answer.

`opted-out`: the number is on AWS's opt-out list. As set up, only a person puts it there: opt-outs are ours to manage.
`unverified`: the account is in AWS's sandbox, and nobody has proved there that the number is theirs.
"""

KILLS = ("before", "after")

REPORTS: Mapping[str, bool] = {
    "TEXT_QUEUED": False, "TEXT_PENDING": False, "TEXT_SENT": False, "TEXT_UNKNOWN": True,
    "TEXT_SUCCESSFUL": True, "TEXT_DELIVERED": True, "TEXT_INVALID": True, "TEXT_INVALID_MESSAGE": True,
    "TEXT_UNREACHABLE": True, "TEXT_CARRIER_UNREACHABLE": True, "TEXT_BLOCKED": True, "TEXT_CARRIER_BLOCKED": True,
    "TEXT_SPAM": True, "TEXT_TTL_EXPIRED": True, "TEXT_PROTECT_BLOCKED": True,
}  # fmt: skip
"""The event types of a delivery, and whether they are final."""


@dataclass(frozen=True)
class Faults:
    """What goes wrong with one number. Nothing does by default.

    refuse: what the next sends are refused with, one each (see REFUSALS).
    kill: when the workers that send the next SMS are killed, one each (see KILLS): before the SMS is taken, or after.
    lose_answers: so many sends go out, but their sender gets a server error instead of the message id.
    receipts: the event types reported of each SMS, in this order (see REPORTS); none: receipts are dropped. Where
        carriers report no delivery, TEXT_SUCCESSFUL is the last: the carrier has taken the SMS.
    drop: so many replies never reach the cloud.
    delay: seconds for which a notification is under way.
    copies: how often a notification is delivered; with `new_ids` under an inbound id of its own, as some carriers do.
    hold: so many replies are held back, then delivered all at once, the last first.
    forget: replies do not say which SMS they answer (no previousPublishedMessageId).
    """

    refuse: tuple[str, ...] = ()
    kill: tuple[str, ...] = ()
    lose_answers: int = 0
    receipts: tuple[str, ...] = ("TEXT_PENDING", "TEXT_DELIVERED")
    drop: int = 0
    delay: float = 0.0
    copies: int = 1
    new_ids: bool = False
    hold: int = 0
    forget: bool = False

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Faults":
        """Of JSON. Raises ValueError for a fault that there is not."""
        unknown = content.keys() - {field.name for field in fields(cls)}
        choices = {"refuse": REFUSALS, "kill": KILLS, "receipts": REPORTS}
        if unknown or any(set(content.get(fault, ())) - set(known) for fault, known in choices.items()):
            raise ValueError(f"no such fault: {content}")
        fault: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}
        return cls(**fault)


@dataclass(frozen=True)
class Sms:
    """One SMS on a phone; `ours` if the cloud sent it. `at` is seconds since 1970.

    `sender` is the cloud's number in either direction.
    """

    id: str
    number: str
    text: str
    ours: bool
    at: float
    sender: str
    context: Mapping[str, str] = field(default_factory=dict)
    parts: int = 1

    def json(self) -> dict[str, Any]:
        """As the simulator's own API shows it."""
        return asdict(self)


class SmsRejected(Exception):
    """The send is refused: AWS's error code, and what more stands in the answer."""

    def __init__(self, code: str, more: Mapping[str, str]) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


@dataclass
class _Phone:
    messages: list[Sms] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    held: list[Sms] = field(default_factory=list)


class Phones:
    """The phones by their numbers. Safe to share between threads. `now` counts seconds since 1970."""

    def __init__(
        self,
        now: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._now = now
        self._new_id = new_id
        self._phones: dict[str, _Phone] = defaultdict(_Phone)
        self._lock = threading.Lock()

    def next_kill(self, number: str) -> str | None:
        """When the worker that now sends to a phone is to be killed, if at all; the next one is another's."""
        with self._lock:
            phone = self._phones[number]
            if not phone.faults.kill:
                return None
            when, *rest = phone.faults.kill
            phone.faults = replace(phone.faults, kill=tuple(rest))
            return when

    def send(self, number: str, sender: str, text: str, context: Mapping[str, str]) -> tuple[Sms, bool]:
        """An SMS to a phone, and whether its sender hears of it. Raises SmsRejected."""
        with self._lock:
            phone = self._phones[number]
            if phone.faults.refuse:
                kind, *rest = phone.faults.refuse
                phone.faults = replace(phone.faults, refuse=tuple(rest))
                raise SmsRejected(*REFUSALS[kind])
            sms = Sms(
                self._new_id(), number, text, True, self._now(), sender, dict(context), code(text).parts
            )
            phone.messages.append(sms)
            lost = phone.faults.lose_answers > 0
            if lost:
                phone.faults = replace(phone.faults, lose_answers=phone.faults.lose_answers - 1)
            return sms, not lost

    def reply(
        self, number: str, text: str, to: str | None = None
    ) -> tuple[list[tuple[Sms, str | None]], Faults]:
        """A text from a phone to one of the cloud's numbers, by default to the one that wrote last.

        Returns what now reaches the cloud, each with the id of the SMS that it answers. A STOP is a text like any
        other: with self-managed opt-outs AWS neither answers it nor puts the number on a list.
        """
        with self._lock:
            phone = self._phones[number]
            last = next(
                (sms for sms in reversed(phone.messages) if sms.ours and to in (None, sms.sender)), None
            )
            sender = to or (last.sender if last else "")
            reply = Sms(self._new_id(), number, text, False, self._now(), sender, parts=code(text).parts)
            phone.messages.append(reply)
            if phone.faults.drop:
                phone.faults = replace(phone.faults, drop=phone.faults.drop - 1)
                return [], phone.faults
            phone.held.append(reply)
            if len(phone.held) < phone.faults.hold:
                return [], phone.faults
            released, phone.held = phone.held[::-1], []
            answered = None if phone.faults.forget or last is None else last.id
            return [(sms, answered) for sms in released], phone.faults

    def messages(self, number: str) -> list[Sms]:
        """The conversation on a phone, oldest first."""
        with self._lock:
            return list(self._phones[number].messages) if number in self._phones else []

    def texting_with(self, ours: str) -> list[str]:
        """The phones that have messages from or to this number of ours, the one with the latest first."""
        with self._lock:
            used = {
                number: max(sms.at for sms in phone.messages if sms.sender == ours)
                for number, phone in self._phones.items()
                if any(sms.sender == ours for sms in phone.messages)
            }
        return sorted(used, key=lambda number: -used[number])

    def faults(self, number: str) -> Faults:
        """What goes wrong with a number."""
        with self._lock:
            return self._phones[number].faults

    def set_faults(self, number: str, faults: Faults) -> None:
        """Let this go wrong with a number from now on. What was held back before is forgotten."""
        with self._lock:
            self._phones[number].faults = faults
            self._phones[number].held.clear()
