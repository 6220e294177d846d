"""Who was invited to price a ride by hand, and what they answered: rules only, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from uuid import UUID

from unicorn_mgmt.domain.unicorn import Rating


@dataclass(frozen=True, slots=True)
class Offer:
    """A price for the whole ride, and how soon the unicorn is at the start."""

    amount: Decimal
    currency: str
    pickup_seconds: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """No, with the reason as a short code."""

    reason: str


Answer = Offer | Refusal


class Verdict(Enum):
    """What becomes of an answer."""

    ACCEPTED = auto()
    NOT_INVITED = auto()
    ANSWERED_OTHERWISE = auto()
    TOO_LATE = auto()


@dataclass(frozen=True, slots=True)
class Invitation:
    """An RFQ as those see it who price by hand.

    `invited` has their ids and names, `ratings` those of them that have been scored, `reply_to` is where answers go, under `correlation_id`; `cause` and `caused_at` are
    id and time of the request.
    """

    rfq_id: str
    invited: Mapping[str, str]
    deadline: datetime
    reply_to: str
    correlation_id: str
    cause: UUID
    caused_at: datetime
    answers: Mapping[str, Answer] = field(default_factory=dict)
    ratings: Mapping[str, Rating] = field(default_factory=dict)

    def judge(self, unicorn_id: str, answer: Answer, now: datetime) -> Verdict:
        """What becomes of this answer: each who was invited has one, until the deadline, and may repeat it."""
        if unicorn_id not in self.invited:
            return Verdict.NOT_INVITED
        if unicorn_id in self.answers:
            same = self.answers[unicorn_id] == answer
            return Verdict.ACCEPTED if same else Verdict.ANSWERED_OTHERWISE
        return Verdict.ACCEPTED if now < self.deadline else Verdict.TOO_LATE
