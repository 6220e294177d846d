"""Requests and answers of the API about batches of RFQs, and about usage."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from ride_booking.api.rfq_representations import Links, Submission
from ride_booking.domain.rfq_batch import MAX_RFQS
from wild_rydes_http.body import Representation


class Batch(Representation):
    """Requests for quotes, each for a ride of its own."""

    rfqs: tuple[Submission, ...] = Field(min_length=1, max_length=MAX_RFQS)


class BatchLinks(Representation):
    """Where to see what became of a batch."""

    self_: str


class Stored(Representation):
    """A batch that is stored, and that nobody has looked at yet."""

    id: str
    status: Literal["pending"] = "pending"
    links: BatchLinks


class RfqOutcome(Representation):
    """What became of one RFQ of a batch, by its place in the list, from 0. A rejected one has a problem."""

    index: int = Field(ge=0)
    status: Literal["accepted", "rejected"]
    id: str | None = None
    links: Links | None = None
    problem: dict[str, Any] | None = Field(default=None, description="Problem details (RFC 9457).")


class Processed(Representation):
    """What became of a batch. One that could not be read at all has a problem, and no RFQs."""

    id: str
    status: Literal["processed"] = "processed"
    accepted: int = Field(ge=0)
    rejected: int = Field(ge=0)
    rfqs: tuple[RfqOutcome, ...]
    problem: dict[str, Any] | None = Field(default=None, description="Problem details (RFC 9457).")
    links: BatchLinks


class UsageBody(Representation):
    """The requests of a day, in UTC, that count for the quota. `left` is unknown until the first of them."""

    tier: str
    day: date
    used: int = Field(ge=0)
    left: int | None = Field(default=None, ge=0)
    open_rfqs: int = Field(ge=1, description="How many RFQs may be open at once.")
