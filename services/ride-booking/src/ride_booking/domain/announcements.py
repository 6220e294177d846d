"""What a change of an RFQ tells the world: its events, and the timers that come with them."""

import math
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import zip_longest

from ride_booking.domain.deadline import LONGEST_DELAY, RfqDeadline, Timer
from ride_booking.domain.rfq import Completion, Quote, Rfq
from ride_booking.domain.ride import Ride, ride_id
from ride_booking.domain.time_zone import time_zone_of
from wild_rydes_contracts import (
    Coordinates,
    Envelope,
    Event,
    Money,
    QuoteAccepted,
    ResponderCounts,
    RfqCompleted,
    RfqRequested,
    RideBooked,
    RideBookingFailed,
)
from wild_rydes_contracts.metadata import first_of


def events_of(old: Rfq | None, new: Rfq, reply_to: str) -> Iterator[Envelope[Event]]:
    """Yield the events of the change from `old` (None for a new RFQ) to `new`, in order.

    Their ids are derived from what happened: repeating the call yields the same events. Raises ValueError if
    an event would break its contract.
    """
    if old is None:
        yield _requested(new, reply_to)
        return
    if new.completion and not old.completion:
        yield _completed(new, new.completion)
    for number, (before, after) in enumerate(zip_longest(old.rides, new.rides), start=1):
        if after and after.status != (before.status if before else None):
            yield from _of_ride(new, number, before, after)


def timers_of(old: Rfq | None, new: Rfq, now: datetime) -> Iterator[Timer]:
    """Yield the timers that the change sets: one for a new RFQ, one for each new booking."""
    if old is None:
        yield _timer(new, new.created_at, new.deadline, now)
        return
    for number, ride in enumerate(new.rides[len(old.rides) :], start=len(old.rides) + 1):
        yield _timer(new, ride.booked_at, ride.deadline, now, number)


def _requested(rfq: Rfq, reply_to: str) -> Envelope[Event]:
    metadata = first_of(
        RfqRequested,
        correlation_id=rfq.id,
        occurred_at=rfq.created_at,
        reply_to=reply_to,
        deadline=rfq.deadline,
    )
    start, destination = (Coordinates(lat=p.lat, lon=p.lon) for p in (rfq.start, rfq.destination))
    return Envelope(metadata=metadata, data=RfqRequested(rfq_id=rfq.id, start=start, destination=destination))


def _completed(rfq: Rfq, completion: Completion) -> Envelope[Event]:
    return Envelope(
        metadata=first_of(RfqCompleted, correlation_id=rfq.id, occurred_at=completion.at),
        data=RfqCompleted(
            rfq_id=rfq.id,
            completed_by=completion.by,
            completed_at=completion.at,
            responders=ResponderCounts.model_validate(asdict(rfq.counts())),
        ),
    )


def _of_ride(rfq: Rfq, number: int, before: Ride | None, ride: Ride) -> Iterator[Envelope[Event]]:
    about = {"ride_id": ride_id(rfq.id, number), "rfq_id": rfq.id, "responder_id": ride.responder}
    if before is None:
        metadata = first_of(
            QuoteAccepted, correlation_id=rfq.id, occurred_at=ride.booked_at, deadline=ride.deadline
        )
        accepted = QuoteAccepted(
            **about,
            customer_id=rfq.customer,
            price=_price(rfq, ride),
            time_zone=time_zone_of(rfq.destination),
        )
        yield Envelope(metadata=metadata, data=accepted)
    if ride.status in ("confirmed", "completed") and (before is None or before.status == "pending"):
        metadata = first_of(RideBooked, correlation_id=rfq.id, occurred_at=ride.changed_at)
        yield Envelope(metadata=metadata, data=RideBooked(**about, customer_id=rfq.customer))
    if ride.status == "rejected" and ride.reason:
        metadata = first_of(RideBookingFailed, correlation_id=rfq.id, occurred_at=ride.changed_at)
        yield Envelope(metadata=metadata, data=RideBookingFailed(**about, reason=ride.reason))


def _price(rfq: Rfq, ride: Ride) -> Money:
    quote = rfq.responders[ride.responder].answer
    if not isinstance(quote, Quote):
        raise ValueError("a ride without a quote")
    return Money.model_validate(
        {"amount": f"{quote.cents // 100}.{quote.cents % 100:02}", "currency": quote.currency}
    )


def _timer(rfq: Rfq, since: datetime, until: datetime, now: datetime, ride: int | None = None) -> Timer:
    metadata = first_of(RfqDeadline, correlation_id=rfq.id, occurred_at=since)
    remaining = math.ceil((until - now).total_seconds())
    return Timer(
        Envelope(metadata=metadata, data=RfqDeadline(rfq_id=rfq.id, ride=ride)),
        delay=min(max(remaining, 0), LONGEST_DELAY),
    )
