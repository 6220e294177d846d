"""Who was invited to price a ride by hand, and what they answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from uuid import UUID

from unicorn_mgmt.domain.unicorn import Place, Rating


@dataclass(frozen=True, slots=True)
class Offer:
    """A price for the whole ride, and how soon the unicorn is at the start."""

    amount: Decimal
    currency: str
    pickup_seconds: int


@dataclass(frozen=True, slots=True)
class Declined:
    """No, with the reason as a short code."""

    reason: str


Answer = Offer | Declined


class Verdict(Enum):
    """Whether an answer counts, and why not."""

    ACCEPTED = auto()
    NOT_INVITED = auto()
    ANSWERED_OTHERWISE = auto()
    TOO_LATE = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True)
class Invitation:
    """An RFQ that unicorns price by hand.

    `invited` has their names by id, `ratings` the ratings of those that have been scored. Answers go to
    `reply_to` under `correlation_id`. `cause` and `caused_at` are the request's id and time. `closed_at` is when
    we heard that the RFQ is over. Items of before the places were kept have no `start` and `destination`.
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
    start: Place | None = None
    destination: Place | None = None
    closed_at: datetime | None = None

    @property
    def unanswered(self) -> list[str]:
        """The ids of those who were invited and have not answered."""
        return [unicorn_id for unicorn_id in self.invited if unicorn_id not in self.answers]

    @property
    def quoted(self) -> list[str]:
        """The ids of those who have named a price."""
        return [unicorn_id for unicorn_id, answer in self.answers.items() if isinstance(answer, Offer)]

    def is_open_to(self, unicorn_id: str, now: datetime) -> bool:
        """Tell whether the unicorn may still give its answer, and has not given it."""
        return unicorn_id in self.unanswered and self.closed_at is None and now < self.deadline

    def judge(self, unicorn_id: str, answer: Answer, now: datetime) -> Verdict:
        """Judge an answer: each invited unicorn has one, until the RFQ is over, and may repeat it."""
        if unicorn_id not in self.invited:
            return Verdict.NOT_INVITED
        if unicorn_id in self.answers:
            same = self.answers[unicorn_id] == answer
            return Verdict.ACCEPTED if same else Verdict.ANSWERED_OTHERWISE
        if self.closed_at is not None:
            return Verdict.CLOSED
        return Verdict.ACCEPTED if now < self.deadline else Verdict.TOO_LATE
