"""The send ledger: the fate of each SMS of a conversation. No I/O.

SendTextMessage takes no idempotency token, so a sender claims an SMS before the call, and notes the outcome
after it. If a claim has no outcome, nobody knows whether the SMS went out. It is left alone for a while, in
which the sender's note or a delivery event settles it. Only if neither comes is the SMS sent once more. See
decision 20.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

SmsState = Literal[
    "waiting",  # to be sent, not before its time
    "claimed",  # a sender has it; nobody knows yet whether it was sent
    "sent",  # the SMS service has it, under a message id
    "delivered",  # this and the next two are receipts: the first of them counts
    "failed",
    "blocked",
    "refused",  # the SMS service will never accept it
    "withheld",  # not sent: the customer wants no messages
    "dropped",  # not sent: overtaken by the conversation
]

Receipt = Literal["sent", "delivered", "failed", "blocked"]

_OUTSTANDING = ("waiting", "claimed")
_FINAL = ("delivered", "failed", "blocked")
SENT = ("sent", *_FINAL)
"""The SMS service has it, whatever became of it then."""
UNDELIVERABLE = ("failed", "blocked", "refused")

NIGHT = "night"
"""The reason of an SMS that waits for the morning."""

SENT_WITHIN = timedelta(minutes=5)
"""How soon an SMS goes out, as promised (infra/slo.py). tests/infra/test_slo.py holds both together."""

FRESH_FOR = timedelta(hours=1)
"""How long an answer to a customer's message is awaited at any hour. A later one waits for the morning."""


@dataclass(frozen=True, slots=True)
class Sms:
    """One SMS to the customer, by the name of its prompt. `at` is when its state last changed.

    While it waits, it is not sent before `not_before`, and the timers look after it at `look_at`. `tries`
    counts how often they did, and how often it was postponed. `reason` is a short code of a refusal or
    failure. `promptly` means that it answers the customer's own message, `handed_over` that a sender has had
    it, so that it may have gone out. `parts` is how many messages the carrier made of it, `price` what AWS
    charges, the carrier's fee included, in millionths of a dollar; None until a delivery event has told.
    """

    prompt: str
    said_at: datetime
    state: SmsState
    at: datetime
    not_before: datetime
    look_at: datetime
    tries: int = 0
    message_id: str | None = None
    reason: str | None = None
    promptly: bool = False
    handed_over: bool = False
    parts: int | None = None
    price: int | None = None

    @classmethod
    def new(cls, prompt: str, now: datetime, look_again_after: timedelta, *, promptly: bool = False) -> "Sms":
        """Make an SMS to be sent at once: now by day, and if it is sent `promptly` even in the night."""
        look_at = now + look_again_after
        return cls(prompt, now, "waiting", now, not_before=now, look_at=look_at, promptly=promptly)

    @classmethod
    def planned(cls, prompt: str, at: datetime, now: datetime) -> "Sms":
        """Make an SMS to be sent later, as if it were said then."""
        return cls(prompt, at, "waiting", now, not_before=at, look_at=at)

    @property
    def outstanding(self) -> bool:
        """Whether it may still have to be sent."""
        return self.state in _OUTSTANDING

    def due(self, now: datetime) -> bool:
        """Tell whether a sender may claim it now.

        What was due when it was written still is, by a clock that is behind the writer's as well.
        """
        return self.state == "waiting" and self.not_before <= max(now, self.at)

    def at_any_hour(self, now: datetime) -> bool:
        """Tell whether it is still awaited, so that it does not wait for the morning."""
        return self.promptly and now - self.said_at < FRESH_FOR

    def waited(self, now: datetime) -> timedelta:
        """Tell for how long nothing but us has kept it from being sent: the recipient's night does not count."""
        return now - (self.not_before if self.reason == NIGHT else self.said_at)

    def next_look(self, resend_after: timedelta) -> datetime | None:
        """Tell when the timers must look after it: if claimed, once it has no outcome for `resend_after`."""
        match self.state:
            case "waiting":
                return self.look_at
            case "claimed":
                return self.at + resend_after
        return None

    def looked_after(self, now: datetime, look_again_after: timedelta) -> "Sms":
        """Bring it to a sender again: the stream did not, its time has come, or its claim had no outcome.

        The more often this happens, the longer the pause until the next look.
        """
        pause = look_again_after * 2 ** min(self.tries, 4)
        return replace(
            self,
            state="waiting",
            at=now,
            look_at=now + pause,
            tries=self.tries + 1,
        )

    def claimed(self, now: datetime) -> "Sms":
        """Put it into the hands of a sender."""
        return replace(self, state="claimed", at=now, reason=None, handed_over=True)

    def postponed(self, until: datetime, now: datetime, reason: str) -> "Sms":
        """Send it later, not before `until`. Even a claimed one: its sender knows that it did not go out."""
        return replace(
            self,
            state="waiting",
            at=now,
            not_before=until,
            look_at=until,
            tries=self.tries + 1,
            reason=reason,
        )

    def ended(
        self, state: Literal["refused", "withheld", "dropped"], now: datetime, reason: str | None = None
    ) -> "Sms":
        """Never send it."""
        return replace(self, state=state, at=now, reason=reason)

    def received(self, receipt: Receipt, message_id: str, now: datetime, reason: str | None = None) -> "Sms":
        """Note that the SMS service has it, known from its answer or from a delivery event.

        An event is proof, whatever we thought before. The first message id and the first final receipt count.
        """
        if self.state in _FINAL or self.state == receipt:
            return self
        return replace(self, state=receipt, at=now, message_id=self.message_id or message_id, reason=reason)

    def billed(self, parts: int | None, price: int | None) -> "Sms":
        """Note what it costs. Each delivery event has the whole bill, so bills are not added.

        The highest counts, in whatever order they come.
        """
        return replace(self, parts=_highest(self.parts, parts), price=_highest(self.price, price))


def _highest(*amounts: int | None) -> int | None:
    return max((amount for amount in amounts if amount is not None), default=None)
