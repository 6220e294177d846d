"""What a change of a partner's ride or circuit tells the bus and the partner."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from unicorn_mgmt.domain.partner_order import RideOrder
from unicorn_mgmt.domain.partner_ride import PartnerRide, Terms
from wild_rydes_contracts import (
    Envelope,
    Event,
    PartnerCircuitClosed,
    PartnerCircuitOpened,
    RideCompleted,
    RideConfirmed,
    RideRejected,
)
from wild_rydes_contracts.metadata import first_of

_LONGEST_REASON = 200


def events_of(before: PartnerRide | None, after: PartnerRide) -> Iterator[Envelope[Event]]:
    """Tell the bus what a partner says of a ride.

    Raises ValueError for a ride without terms that needs them.
    """
    if before is None or after.state in (before.state, "released"):
        return
    terms = _terms(after)
    about = {"ride_id": after.id, "rfq_id": terms.rfq_id, "responder_id": after.partner_id}
    event: Event
    match after.state:
        case "confirmed":
            event = RideConfirmed(**about)
        case "refused":
            event = RideRejected(**about, reason=after.reason or "")
        case _:
            event = RideCompleted(
                **about,
                customer_id=terms.customer_id,
                completed_at=after.at,
                time_zone=terms.time_zone,
            )
    yield _event(event, terms.rfq_id, after.at)


def orders_of(before: PartnerRide | None, after: PartnerRide) -> Iterator[Envelope[RideOrder]]:
    """Order what the partner is to be called for.

    Raises ValueError for a ride without terms that needs them.
    """
    if before is None and after.state == "asked":
        yield _order("book", after)
    if after.cancels > (before.cancels if before else 0):
        yield _order("cancel", after)


def circuit_opened(
    partner_id: str, epoch: int, *, reason: str, at: datetime, retry_at: datetime
) -> Envelope[Event]:
    """Tell the bus that calls to a partner have stopped. `epoch` numbers the turns of its circuit."""
    event = PartnerCircuitOpened(
        partner_id=partner_id, reason=reason[:_LONGEST_REASON], opened_at=at, retry_at=retry_at
    )
    return _event(event, f"circuit#{partner_id}/{epoch}", at)


def circuit_closed(partner_id: str, epoch: int, *, reason: str, at: datetime) -> Envelope[Event]:
    """Tell the bus that calls to a partner flow again. `epoch` numbers the turns of its circuit."""
    event = PartnerCircuitClosed(partner_id=partner_id, reason=reason[:_LONGEST_REASON], closed_at=at)
    return _event(event, f"circuit#{partner_id}/{epoch}", at)


def _event(event: Event, correlation_id: str, at: datetime) -> Envelope[Event]:
    return Envelope(metadata=first_of(type(event), correlation_id=correlation_id, occurred_at=at), data=event)


def _order(what: Literal["book", "cancel"], ride: PartnerRide) -> Envelope[RideOrder]:
    terms = _terms(ride)
    return Envelope(
        metadata=first_of(
            RideOrder,
            correlation_id=terms.rfq_id,
            occurred_at=ride.at,
            deadline=ride.deadline if what == "book" else None,
        ),
        data=RideOrder(
            what=what, partner_id=ride.partner_id, ride_id=ride.id, rfq_id=terms.rfq_id, price=terms.price
        ),
    )


def _terms(ride: PartnerRide) -> Terms:
    if ride.terms is None:
        raise ValueError("a ride without terms")
    return ride.terms
