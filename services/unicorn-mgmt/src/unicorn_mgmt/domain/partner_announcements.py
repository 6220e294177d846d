"""What becomes of rides with partners, told by the table's stream: events for the bus, orders for the partners."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from unicorn_mgmt.adapters.partner_ride_table import ride_from
from unicorn_mgmt.domain.partner_order import RideOrder
from unicorn_mgmt.domain.partner_ride import PartnerRide, Terms
from wild_rydes_contracts import Envelope, Event, RideCompleted, RideConfirmed, RideRejected
from wild_rydes_contracts.metadata import first_of


def images(record: Mapping[str, Any]) -> tuple[PartnerRide | None, PartnerRide]:
    """A ride before and after a write. Raises KeyError, ValueError or TypeError when the record holds none."""
    change = record["dynamodb"]
    old = change.get("OldImage")
    return ride_from(old) if old else None, ride_from(change["NewImage"])


def events_of(before: PartnerRide | None, after: PartnerRide) -> Iterator[Envelope[Event]]:
    """What the bus hears of a change. Raises ValueError for a ride without terms that is not over."""
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
            event = RideCompleted(**about, customer_id=terms.customer_id, completed_at=after.at)
    yield Envelope(
        metadata=first_of(type(event), correlation_id=terms.rfq_id, occurred_at=after.at), data=event
    )


def orders_of(before: PartnerRide | None, after: PartnerRide) -> Iterator[Envelope[RideOrder]]:
    """What the partner is to be called for."""
    if before is None and after.state == "asked":
        yield _order("book", after)
    if after.cancels > (before.cancels if before else 0):
        yield _order("cancel", after)


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
