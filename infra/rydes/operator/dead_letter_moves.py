"""Move dead letters, as many as there are: back to where they came from, to their parking queues, or away for good.

They are received ten at a time. What is moved is in its new place before it is deleted in the old one; all else is shown
again at the end, however that comes. Whoever interrupts this loses nothing: at worst ten messages are there twice.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from infra.rydes.operator import dead_letter_contents as contents
from infra.rydes.operator.dead_letter_way_back import NoWayBack, way_back
from infra.rydes.operator.dead_letters import (
    DEAD_LETTERS,
    PARKING,
    Parked,
    delete,
    receive,
    show_again,
    waiting,
)
from wild_rydes_contracts.invalid import listed
from wild_rydes_messaging.attributes import Attributes, packed
from wild_rydes_messaging.dead_letter import DeadLetter
from wild_rydes_messaging.deliver import DeliveryError
from wild_rydes_messaging.send import Outgoing, Queue

_HIDDEN: Final = 600
"""Seconds for which a message may be hidden from others that is received on the way."""
_TRIES: Final = 5
"""Receipts in vain, one after the other, of a queue that says that it has messages."""


@dataclass(frozen=True)
class Wanted:
    """Which messages are meant. What is empty lets all through."""

    ids: tuple[str, ...] = ()
    reason: str = ""
    """A part of the reason, or of the error's type."""
    type: str = ""
    correlation: str = ""
    older_than: timedelta | None = None
    newer_than: timedelta | None = None

    @property
    def everything(self) -> bool:
        """Whether nobody has said anything."""
        return self == Wanted()

    def matches(self, message: Parked, now: datetime) -> bool:
        """Say whether a message is one of them."""
        age, cause = now - message.parked_at, message.cause
        return (
            (not self.ids or message.id in self.ids)
            and (self.reason.casefold() in f"{cause.error} {cause.reason}".casefold())
            and (not self.type or contents.message_type(message).casefold() == self.type.casefold())
            and (not self.correlation or contents.correlation_id(message) == self.correlation)
            and (self.older_than is None or age >= self.older_than)
            and (self.newer_than is None or age <= self.newer_than)
        )


@dataclass
class Outcome:
    """What became of them."""

    moved: dict[str, str] = field(default_factory=dict)
    """Ids, with where each went, in words."""
    stayed: dict[str, str] = field(default_factory=dict)
    """Ids, with why."""
    places: dict[str, str] = field(default_factory=dict)
    """Ids, with where each is being sent."""


Move = Callable[[Sequence[Parked], Outcome], list[Parked]]
"""Sends some messages on, and returns those that may be deleted. Why another stays it notes in the outcome."""


class Sweep:
    """Goes through queues, given by name and URL, and moves what is wanted, so many messages a second at most.

    `seen` is called after each ten messages with how many were looked at. What comes into a queue after the beginning is
    left alone, or a message that fails at once would be sent back for ever.
    """

    def __init__(
        self,
        system: System,
        queues: Mapping[str, str],
        wanted: Wanted,
        *,
        rate: float | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sqs: Any = system.client("sqs")
        self._queues = queues
        self._wanted = wanted
        self._pause = 1 / rate if rate else 0.0
        self.seen: Callable[[int], None] = lambda _: None
        self._sleep = sleep
        self._began = datetime.now(UTC)
        self._ready_at = time.monotonic()
        self.outcome = Outcome()

    @property
    def size(self) -> int:
        """About how many messages there are to be looked at."""
        return sum(waiting(self._sqs, url) for url in self._queues.values())

    def look(self) -> list[Parked]:
        """Find all that is wanted, and leave it where it is."""
        found: list[Parked] = []

        def look(page: Sequence[Parked], _: Outcome) -> list[Parked]:
            found.extend(page)
            return []

        self.run(look)
        return found

    def run(self, move: Move) -> Outcome:
        """Move all that is wanted. What cannot be deleted after it was sent on stays, and is told."""
        for name, url in self._queues.items():
            held: dict[str, Parked] = {}
            try:
                for page in self._pages(name, url, held):
                    for some in self._paced(page):
                        gone = move(some, self.outcome)
                        kept = delete(self._sqs, url, gone)
                        for message in gone:
                            if why := kept.get(message.id):
                                self.outcome.stayed[message.id] = (
                                    f"it was sent on, but cannot be deleted here: {why}"
                                )
                            else:
                                held.pop(message.id)
                                self.outcome.moved[message.id] = self.outcome.places.get(message.id, "")
            finally:
                show_again(self._sqs, [*held.values()])
        return self.outcome

    def _pages(self, name: str, url: str, held: dict[str, Parked]) -> Iterator[list[Parked]]:
        """Receive until there is nothing new. SQS asks some of its servers, so finding nothing may be chance."""
        known: set[str] = set()
        in_vain = 0
        while in_vain <= (_TRIES if in_vain > 1 and waiting(self._sqs, url) else 1):
            received = receive(self._sqs, name, url, hidden=_HIDDEN)
            new = [message for message in received if message.id not in known]
            in_vain = 0 if new else in_vain + 1
            known |= {message.id for message in new}
            held |= {message.id: message for message in received}
            self.seen(len(new))
            if page := [
                m for m in new if m.parked_at <= self._began and self._wanted.matches(m, self._began)
            ]:
                yield page

    def _paced(self, page: list[Parked]) -> Iterator[list[Parked]]:
        if not self._pause:
            yield page
            return
        for message in page:
            self._sleep(max(0.0, self._ready_at - time.monotonic()))
            self._ready_at = max(self._ready_at, time.monotonic()) + self._pause
            yield [message]


def replaying(system: System, *, force: bool) -> Move:
    """Send messages back to where they came from. With `force` those that are not valid, too."""

    def move(page: Sequence[Parked], outcome: Outcome) -> list[Parked]:
        gone: list[Parked] = []
        by_queue: dict[str, list[Parked]] = {}
        for message in page:
            if (wrong := contents.problems(message)) and not force:
                outcome.stayed[message.id] = (
                    f"it is not valid: {listed(wrong)}. Correct it with `dlq fix`, or say --force"
                )
                continue
            try:
                way = way_back(system, message)
                outcome.places[message.id] = way.to
                if way.queue_url:
                    by_queue.setdefault(way.queue_url, []).append(message)
                else:
                    way.send()
                    gone.append(message)
            except NoWayBack as none:
                outcome.stayed[message.id] = str(none)
            except ClientError as refused:
                outcome.stayed[message.id] = f"it cannot be sent: {refused}"
        for url, messages in by_queue.items():
            gone += _sent(system, url, messages, [_anew(each) for each in messages], outcome)
        return gone

    return move


def parking(system: System) -> Move:
    """Put messages of dead-letter queues into the parking queues behind them."""
    queues = system.all_queues()

    def move(page: Sequence[Parked], outcome: Outcome) -> list[Parked]:
        gone: list[Parked] = []
        for name in dict.fromkeys(message.queue for message in page):
            messages = [message for message in page if message.queue == name]
            queue = name.removesuffix(DEAD_LETTERS)
            url = queues.get(f"{queue}{PARKING}")
            if name.endswith(DEAD_LETTERS) and url:
                outcome.places |= {message.id: f"the queue {queue}{PARKING}" for message in messages}
                outgoing = [_outgoing(m, _letter(m).parked(system.names.of(queue))) for m in messages]
                gone += _sent(system, url, messages, outgoing, outcome)
            else:
                why = (
                    "it is parked already"
                    if name.endswith(PARKING)
                    else f"{queue} has no parking queue: it is parked"
                )
                outcome.stayed |= {message.id: why for message in messages}
        return gone

    return move


def purging(backup: Path | None) -> Move:
    """Let messages be deleted, after they were written to a file that only its owner may read."""

    def move(page: Sequence[Parked], _: Outcome) -> list[Parked]:
        if backup:
            try:
                backup.touch(mode=0o600)
            except OSError as error:
                raise LocalCloudError(
                    f"Nothing is deleted: {backup} cannot be written ({error.strerror}).",
                    "Name another file: --backup",
                ) from error
            with backup.open("a", encoding="utf-8") as file:
                for message in page:
                    told = {
                        "queue": message.queue,
                        "id": message.id,
                        "sent_at": message.parked_at.isoformat(),
                        "attributes": json.loads(packed(message.raw)),
                        "body": message.body,
                    }
                    file.write(json.dumps(told) + "\n")
        return [*page]

    return move


def _sent(
    system: System, url: str, messages: Sequence[Parked], outgoing: Sequence[Outgoing], outcome: Outcome
) -> list[Parked]:
    try:
        receipts = Queue(system.client("sqs"), url).send(outgoing)
    except DeliveryError as error:
        receipts = error.receipts
    for receipt in receipts:
        if receipt.error:
            outcome.stayed[receipt.key] = f"it cannot be sent: {receipt.error}"
    return [message for message, receipt in zip(messages, receipts, strict=True) if not receipt.error]


def _letter(message: Parked) -> DeadLetter:
    return DeadLetter(message.id, message.body, message.raw, redriven=False, group=message.group)


def _anew(message: Parked) -> Outgoing:
    """Send it back as one that has been replayed by nobody: a person has decided, so it gets all its attempts again."""
    letter = _letter(message)
    return _outgoing(message, letter.sent_back(0) or {})


def _outgoing(message: Parked, attributes: Attributes) -> Outgoing:
    deduplication_id = f"replay-{message.id}" if message.group else ""
    return Outgoing(message.id, message.body, 0, attributes, message.group, deduplication_id)
