"""The bodies in which EventBridge hands on what other services say."""

import json
from datetime import datetime, timedelta
from decimal import Decimal

from tests.support.unicorn_mgmt.world import NOW
from wild_rydes_contracts import (
    CompletedBy,
    Envelope,
    Event,
    FeedbackCorrected,
    FeedbackReceived,
    Money,
    QuoteAccepted,
    Rating,
    ResponderCounts,
    RfqCompleted,
    RideBookingFailed,
)
from wild_rydes_contracts.metadata import first_of


def accepted(
    unicorn: str,
    ride_id: str = "rfq-1.1",
    *,
    at: datetime = NOW,
    deadline: datetime | None = None,
    time_zone: str | None = None,
) -> str:
    """The body in which EventBridge hands on that a customer wants to ride with this unicorn."""
    rfq_id = ride_id.partition(".")[0]
    data = QuoteAccepted(
        ride_id=ride_id,
        rfq_id=rfq_id,
        responder_id=unicorn,
        customer_id=f"customer-of-{rfq_id}",
        price=Money(amount=Decimal("12.50"), currency="USD"),
        time_zone=time_zone,
    )
    return on_the_bus(data, rfq_id, at, deadline or at + timedelta(seconds=60))


def failed(unicorn: str, ride_id: str = "rfq-1.1", reason: str = "timeout", *, at: datetime = NOW) -> str:
    """The body in which EventBridge hands on that a booking has come to nothing."""
    rfq_id = ride_id.partition(".")[0]
    data = RideBookingFailed(ride_id=ride_id, rfq_id=rfq_id, responder_id=unicorn, reason=reason)
    return on_the_bus(data, rfq_id, at, None)


def scored(responder: str, count: int, total: int, *, revision: int | None = None, at: datetime = NOW) -> str:
    """The body in which EventBridge hands on a score, with all of its responder's up to it."""
    data = FeedbackReceived(
        ride_id=f"rfq-{count}.1",
        responder_id=responder,
        customer_id="c-1",
        score=5,
        rating=Rating(count=count, total=total),
        rating_revision=revision,
        received_at=at,
    )
    return on_the_bus(data, f"rfq-{count}", at, None)


def rescored(responder: str, count: int, total: int, revision: int, *, at: datetime = NOW) -> str:
    """The body in which EventBridge hands on that a score was corrected, with what it has left of the rating."""
    data = FeedbackCorrected(
        ride_id="rfq-1.1",
        responder_id=responder,
        customer_id="c-1",
        rating=Rating(count=count, total=total) if count else None,
        rating_revision=revision,
        corrected_at=at,
    )
    return on_the_bus(data, "rfq-1", at, None)


def over(rfq_id: str, completed_by: CompletedBy = "cancelled", *, at: datetime = NOW) -> str:
    """The body in which EventBridge hands on that an RFQ is over."""
    counts = ResponderCounts(asked=0, quoted=0, declined=0, silent=0, late=0)
    data = RfqCompleted(rfq_id=rfq_id, completed_by=completed_by, completed_at=at, responders=counts)
    return on_the_bus(data, rfq_id, at, None)


def on_the_bus(data: Event, rfq_id: str, at: datetime, deadline: datetime | None) -> str:
    metadata = first_of(type(data), correlation_id=rfq_id, occurred_at=at, deadline=deadline)
    detail = json.loads(Envelope(metadata=metadata, data=data).to_json())
    return json.dumps({"source": data.source, "detail-type": data.name, "detail": detail})
