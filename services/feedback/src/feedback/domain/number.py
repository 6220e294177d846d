"""What we know of a phone number: its standing as to our messages, and who was asked on it. Rules only, no I/O.

Numbers appear here under a pseudonym alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

REPEATED_WITHIN = timedelta(seconds=10)
"""The same words from the same number this soon are the same SMS, delivered twice by a carrier under two ids."""

_CONVERSATIONS = 10
_MESSAGES = 20
"""How many are remembered; nobody types faster."""


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation that was held with this number, and our own number (E.164) that it was held from."""

    ride_id: str
    ours: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that came lately: a digest of its text, and the ride it was taken to speak of."""

    digest: str
    ride_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class NumberStanding:
    """A number at one moment. `conversations` is newest first; `revision` counts the writes."""

    key: str
    opted_out: bool = False
    decided_at: datetime | None = None
    conversations: Sequence[Held] = ()
    heard: Sequence[Heard] = ()
    revision: int = 0

    def asked(self, ride_id: str, ours: str) -> "NumberStanding":
        """With a conversation as the newest, if it is not listed yet."""
        if any(held.ride_id == ride_id for held in self.conversations):
            return self
        return replace(self, conversations=(Held(ride_id, ours), *self.conversations)[:_CONVERSATIONS])

    def held_from(self, ours: str) -> Iterator[str]:
        """The rides of the conversations held from our number, newest first."""
        return (held.ride_id for held in self.conversations if held.ours == ours)

    def repeats(self, message: Heard, *, certain: bool) -> bool:
        """Whether a message is one that came a moment ago.

        `certain` tells that its ride is known, not guessed: then the same words about another ride are no repetition.
        """
        return any(
            earlier.digest == message.digest
            and abs(message.at - earlier.at) <= REPEATED_WITHIN
            and (not certain or earlier.ride_id == message.ride_id)
            for earlier in self.heard
        )

    def noted(self, message: Heard) -> "NumberStanding":
        """With a message as the one that came last. It may have been sent long before the others."""
        return replace(self, heard=(message, *self.heard)[:_MESSAGES])

    def stopped(self, at: datetime) -> "NumberStanding":
        """After a STOP sent at `at`. Messages overtake each other: one sent before the last decision changes nothing."""
        if self.decided_at and at < self.decided_at:
            return self
        return replace(self, opted_out=True, decided_at=at)

    def started(self, at: datetime) -> "NumberStanding":
        """After a START sent at `at`. Of a STOP and a START sent at once, the STOP counts."""
        if self.decided_at and at <= self.decided_at:
            return self
        return replace(self, opted_out=False, decided_at=at)
