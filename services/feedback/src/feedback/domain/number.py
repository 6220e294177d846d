"""The standing of a phone number: whether it wants our messages, and which conversations it has had. No I/O.

Numbers appear here only under a pseudonym.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

REPEATED_WITHIN = timedelta(seconds=10)
"""The same words within this time are one SMS that a carrier has delivered under two ids."""

_CONVERSATIONS = 10
_MESSAGES = 20
"""How many of each are remembered. Nobody types faster."""


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation held with this number, and our own number (E.164) that it was held from."""

    ride_id: str
    ours: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A recent message: a digest of its text, and the ride that it was understood to be about."""

    digest: str
    ride_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class NumberStanding:
    """The standing of a number. `conversations` is newest first; `revision` counts the writes."""

    key: str
    opted_out: bool = False
    decided_at: datetime | None = None
    conversations: Sequence[Held] = ()
    heard: Sequence[Heard] = ()
    revision: int = 0

    def asked(self, ride_id: str, ours: str) -> "NumberStanding":
        """Add a conversation as the newest, unless it is listed already."""
        if any(held.ride_id == ride_id for held in self.conversations):
            return self
        return replace(self, conversations=(Held(ride_id, ours), *self.conversations)[:_CONVERSATIONS])

    def held_from(self, ours: str) -> Iterator[str]:
        """List the rides of the conversations held from one of our numbers, newest first."""
        return (held.ride_id for held in self.conversations if held.ours == ours)

    def repeats(self, message: Heard, *, certain: bool) -> bool:
        """Tell whether a message repeats one that came a moment ago.

        `certain` means that its ride is known, not guessed: then the same words about another ride are no
        repetition.
        """
        return any(
            earlier.digest == message.digest
            and abs(message.at - earlier.at) <= REPEATED_WITHIN
            and (not certain or earlier.ride_id == message.ride_id)
            for earlier in self.heard
        )

    def noted(self, message: Heard) -> "NumberStanding":
        """Add a message as the last to arrive. It may have been sent long before the others."""
        return replace(self, heard=(message, *self.heard)[:_MESSAGES])

    def stopped(self, at: datetime) -> "NumberStanding":
        """Apply a STOP sent at `at`.

        Messages overtake each other: a STOP sent before the last decision changes nothing.
        """
        if self.decided_at and at < self.decided_at:
            return self
        return replace(self, opted_out=True, decided_at=at)

    def started(self, at: datetime) -> "NumberStanding":
        """Apply a START sent at `at`. Of a STOP and a START sent at the same instant, the STOP counts."""
        if self.decided_at and at <= self.decided_at:
            return self
        return replace(self, opted_out=False, decided_at=at)
