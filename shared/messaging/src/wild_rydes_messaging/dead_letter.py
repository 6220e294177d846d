"""A message in a dead-letter queue: why it is there, and whether time may help it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from wild_rydes_messaging.attributes import (
    ATTEMPTS,
    ERROR,
    FIRST_REASON,
    KIND,
    MESSAGE_ID,
    OURS,
    QUEUE,
    REASON,
    REPLAYS,
    Attributes,
    fitted,
    of_record,
    replays,
    size,
    text,
    theirs,
)
from wild_rydes_messaging.backoff import Backoff
from wild_rydes_messaging.peek import metadata_in
from wild_rydes_messaging.retry import Kind
from wild_rydes_messaging.send import MAX_BYTES

LONGEST_HOP = 900
"""Seconds that SQS can delay a message."""

MAX_DEATHS = 2
"""Replays of a message after which its queue's own redrive still brings it: each time it had hundreds of receipts."""


class Verdict(StrEnum):
    """What becomes of a dead letter."""

    REPLAY = "replay"
    PARK = "park"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a message is a dead letter, as far as anybody has said. Empty for one whose worker died."""

    reason: str
    error: str = ""
    kind: str = ""


def cause_of(attributes: Attributes, *, redriven: bool = False) -> Cause:
    """Read it from the attributes: of our consumers, of EventBridge, of SNS. `redriven` by SQS, it says nothing."""
    if not redriven:
        if told := text(attributes, REASON):
            return Cause(told, text(attributes, ERROR), text(attributes, KIND))
        for code, message in (("ERROR_CODE", "ERROR_MESSAGE"), ("ErrorCode", "ErrorMessage")):
            if refused := text(attributes, code):
                told = " ".join(filter(None, [refused, text(attributes, message)]))
                return Cause(f"not delivered: {told}", refused, Kind.TRANSIENT)
    return Cause("nobody has said why: its worker died, or gave up", "", Kind.TRANSIENT)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message in a dead-letter queue, as Lambda hands it over."""

    id: str
    body: str
    attributes: Attributes
    redriven: bool
    """Whether SQS has moved it here, because it was received too often."""
    group: str = ""
    """Of a FIFO queue's message."""
    late: bool = False
    """Whether its consumer takes it after its deadline, too."""

    @classmethod
    def of(cls, record: Mapping[str, Any], *, late: bool = False) -> Self:
        """Read a record of a Lambda SQS event."""
        system = record["attributes"]
        return cls(
            record["messageId"],
            record["body"],
            of_record(record),
            "DeadLetterQueueSourceArn" in system,
            system.get("MessageGroupId", "") if record["eventSourceARN"].endswith(".fifo") else "",
            late,
        )

    @property
    def cause(self) -> Cause:
        """Why it is here."""
        return cause_of(self.attributes, redriven=self.redriven)

    @property
    def deadline(self) -> datetime | None:
        """Its deadline, if it is a message of ours that has one, and its consumer minds."""
        metadata = None if self.late else metadata_in(self.body)
        return metadata.deadline if metadata else None

    def sent_back(self, count: int) -> Attributes | None:
        """Return what travels with it to its queue: the count, its first id and reason. None if that is too large."""
        ours = {
            REPLAYS: str(count),
            FIRST_REASON: self._told(FIRST_REASON) or self.cause.reason,
            MESSAGE_ID: self._told(MESSAGE_ID) or self.id,
        }
        return self._if_it_fits(fitted(ours, self._theirs()))

    def parked(self, queue: str) -> Attributes:
        """Return what a person is told: all that it has, its cause, and where it was to be handled."""
        ours = {
            **{name: told for name in OURS if (told := self._told(name))},
            REASON: self.cause.reason,
            ERROR: self.cause.error,
            KIND: self.cause.kind,
            QUEUE: queue,
            MESSAGE_ID: self._told(MESSAGE_ID) or self.id,
        }
        if self.redriven:
            ours.pop(ATTEMPTS, None)
        attributes = self._if_it_fits(fitted(ours, self._theirs()))
        return self.attributes if attributes is None else attributes

    def _told(self, name: str) -> str:
        return text(self.attributes, name) if self._is_ours() else ""

    def _is_ours(self) -> bool:
        parked = not self.redriven and REASON in self.attributes and QUEUE in self.attributes
        return parked or REPLAYS in self.attributes

    def _theirs(self) -> Attributes:
        return theirs(self.attributes, dead=self._is_ours())

    def _if_it_fits(self, attributes: Attributes) -> Attributes | None:
        fits = len(self.body.encode()) + size(attributes) <= MAX_BYTES
        return attributes if fits else None


@dataclass(frozen=True, slots=True)
class ReplayPolicy:
    """When a dead letter is sent back to its queue, and when a person has to look.

    | dead letter | verdict |
    |---|---|
    | its deadline has passed | it is dropped, as its consumer would |
    | its cause is not of the kind that passes | parked |
    | it has been replayed `max_replays` times | parked |
    | it has killed its workers through `MAX_DEATHS` replays | parked |
    | with one more count it would be too large for SQS | parked, as it came |
    | any other | sent back after a backoff |
    """

    max_replays: int
    backoff: Backoff

    def judge(self, letter: DeadLetter, now: datetime) -> tuple[Verdict, str]:
        """Decide, and say why."""
        if (deadline := letter.deadline) and deadline <= now:
            return Verdict.DROP, "past its deadline"
        if letter.cause.kind != Kind.TRANSIENT:
            return Verdict.PARK, "time does not help it"
        count = replays(letter.attributes)
        if count >= self.max_replays or (letter.redriven and count >= MAX_DEATHS):
            return Verdict.PARK, f"not handled after {count} replays"
        if letter.sent_back(count + 1) is None:
            return Verdict.PARK, "too large to be sent back with a count"
        return Verdict.REPLAY, letter.cause.reason

    def delay(self, letter: DeadLetter, now: datetime, uniform: Callable[[float, float], float]) -> float:
        """Draw the seconds until it is back in its queue: a backoff, but no more than half the time it has left."""
        delay = min(LONGEST_HOP, self.backoff.delay(replays(letter.attributes) + 1, uniform))
        left = letter.deadline - now if letter.deadline else None
        return delay if left is None else min(delay, left.total_seconds() / 2)
