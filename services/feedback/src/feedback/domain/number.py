"""The standing of a phone number: whether it wants our messages, and which conversations it has had. No I/O.

Numbers appear here only under a pseudonym.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from feedback.domain.consent import Consent, later

OptOutHow = Literal[
    "sms",  # a STOP
    "support",  # by hand, over the support API
    "carrier",  # the SMS service or a carrier has the number on its list
]

OptOutReason = Literal[
    "by-phone",  # the customer has told an agent
    "by-mail",  # in a letter or an e-mail
    "wrong-person",  # the number belongs to somebody who is no customer
]
"""Why an agent opts a number out."""

CUSTOMER = "customer"
"""By whom: the one who has the phone."""
CARRIER = "carrier"

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
    """A recent message: a digest of its text, and what it was understood to be about.

    That is a ride, the stage that its conversation was in, and the id of our SMS that it answers, where known.
    """

    digest: str
    ride_id: str | None
    at: datetime
    stage: str | None = None
    answers_id: str | None = None


@dataclass(frozen=True, slots=True)
class OptOut:
    """That a number wants no messages: since when, how we know, and from whom.

    `by` is `CUSTOMER`, `CARRIER` or an agent's id. An agent gives a `reason`.
    """

    since: datetime
    how: OptOutHow
    by: str
    reason: OptOutReason | None = None


@dataclass(frozen=True, slots=True)
class NumberStanding:
    """The standing of a number. `conversations` is newest first; `revision` counts the writes.

    `opt_out` is there while the number wants no messages, `decided_at` is when the STOP or START was sent that
    counts. `consent` is the last one that we have seen, `customer_id` the last customer whom we have texted.
    """

    key: str
    opt_out: OptOut | None = None
    decided_at: datetime | None = None
    consent: Consent | None = None
    customer_id: str | None = None
    conversations: Sequence[Held] = ()
    heard: Sequence[Heard] = ()
    revision: int = 0

    @property
    def opted_out(self) -> bool:
        """Whether the number wants no messages."""
        return self.opt_out is not None

    def texted(self, customer_id: str, consent: Consent | None) -> "NumberStanding":
        """Note whom we text here, and on what consent."""
        return replace(self, customer_id=customer_id, consent=later(self.consent, consent))

    def asked(self, ride_id: str, ours: str) -> "NumberStanding":
        """Add a conversation as the newest, unless it is listed already."""
        if any(held.ride_id == ride_id for held in self.conversations):
            return self
        return replace(self, conversations=(Held(ride_id, ours), *self.conversations)[:_CONVERSATIONS])

    def held_from(self, ours: str) -> Iterator[str]:
        """List the rides of the conversations held from one of our numbers, newest first."""
        return (held.ride_id for held in self.conversations if held.ours == ours)

    def repeats(self, message: Heard, *, certain: bool, answers: bool = False) -> bool:
        """Tell whether a message repeats one that came a moment ago.

        The same words are said twice if they answer two of our SMS, or two questions about one ride, or are
        about two rides. `certain` means that the ride is known, not guessed; `answers` that the words answer the
        question that is open now.
        """
        return any(
            earlier.digest == message.digest
            and abs(message.at - earlier.at) <= REPEATED_WITHIN
            and not _said_twice(earlier, message, certain=certain, answers=answers)
            for earlier in self.heard
        )

    def noted(self, message: Heard) -> "NumberStanding":
        """Add a message as the last to arrive. It may have been sent long before the others."""
        return replace(self, heard=(message, *self.heard)[:_MESSAGES])

    def stopped(
        self,
        at: datetime,
        how: OptOutHow = "sms",
        by: str = CUSTOMER,
        reason: OptOutReason | None = None,
    ) -> "NumberStanding":
        """Apply a STOP sent at `at`.

        Messages overtake each other: a STOP sent before the last decision changes nothing. Another STOP changes
        neither since when nor how the number has opted out.
        """
        if self.decided_at and at < self.decided_at:
            return self
        return replace(self, opt_out=self.opt_out or OptOut(at, how, by, reason), decided_at=at)

    def started(self, at: datetime) -> "NumberStanding":
        """Apply a START sent at `at`, which is a fresh consent.

        Of a STOP and a START sent at the same instant, the STOP counts.
        """
        if self.decided_at and at <= self.decided_at:
            return self
        consent = later(self.consent, Consent(at, "sms", CUSTOMER))
        return replace(self, opt_out=None, decided_at=at, consent=consent)


def _said_twice(earlier: Heard, message: Heard, *, certain: bool, answers: bool) -> bool:
    """Tell whether the same words, within moments, are two messages."""
    if earlier.ride_id != message.ride_id:
        return certain
    if earlier.stage != message.stage:
        # A carrier's copy may come after our next question, and then seems to be about that.
        return answers and not _same_sms(earlier, message)
    return None not in (earlier.answers_id, message.answers_id) and not _same_sms(earlier, message)


def _same_sms(earlier: Heard, message: Heard) -> bool:
    return earlier.answers_id is not None and earlier.answers_id == message.answers_id
