"""A booking with partners in it: what they do with our calls, and what is lost, late or told twice on the way."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, TypeVar

from aws_lambda_powertools import Logger, Metrics

from ride_booking.domain.rfq import Quote, Responder
from tests.saga.world import Saga
from tests.support.unicorn_mgmt.partner_samples import PARTNERS
from unicorn_mgmt.adapters.partner_ride_table import Rule
from unicorn_mgmt.adapters.partners.client import Booking
from unicorn_mgmt.adapters.partners.faults import CallFailed, Refused, Throttled
from unicorn_mgmt.domain import partner_announcements
from unicorn_mgmt.domain.partner_order import RideOrder
from unicorn_mgmt.domain.partner_ride import Completed, Confirmed, Declined, PartnerRide, RideNews
from unicorn_mgmt.use_cases.bookings import Bookings
from unicorn_mgmt.use_cases.partner_rides import PartnerBookings
from wild_rydes_circuit_breaker import CircuitOpen, Record
from wild_rydes_contracts import Envelope, Event
from wild_rydes_dynamodb.change import Change
from wild_rydes_messaging.consume import Received
from wild_rydes_messaging.errors import RetryLater

AT_ONCE, LATER = "p-comet", "p-nimbus"
"""A partner that answers the call, and one that calls back."""

Luck = Literal["fine", "failed", "lost", "delayed", "killed", "denied", "hopeless", "throttled", "closed"]
"""Of a call: it goes well, does not arrive, its answer is lost, or it arrives long after we gave it up.

`killed`: whoever called dies before the answer. `denied`: the partner does what it is asked for and says that it does not. The partner refuses the call for good, or for long, or the circuit does
not let it through.
"""


A = TypeVar("A")


@dataclass
class Ordered:
    """An order in its queue, and how often it was delivered."""

    order: Envelope[RideOrder]
    attempt: int = 0


class Killed(BaseException):
    """A worker dies."""


@dataclass
class Rides:
    """The table of rides with partners."""

    items: dict[tuple[str, str], PartnerRide] = field(default_factory=dict)
    stream: "defaultdict[str, list[Envelope[Event]]]" = field(default_factory=lambda: defaultdict(list))
    ordered: list[Ordered] = field(default_factory=list)

    def change(self, partner_id: str, ride_id: str, rule: Rule) -> Change[PartnerRide | None]:
        before = self.items.get((partner_id, ride_id))
        after = rule(before)
        if after is None or after == before:
            return Change(before, before)
        self.items[partner_id, ride_id] = after
        self.stream[ride_id] += partner_announcements.events_of(before, after)
        self.ordered += map(Ordered, partner_announcements.orders_of(before, after))
        return Change(before, after)


@dataclass
class Partner:
    """Knows each ride by our id: who asks again is answered as before, and what was cancelled is never driven."""

    willing: bool = True
    ledger: dict[str, str] = field(default_factory=dict)

    def book(self, ride_id: str) -> Confirmed | Declined:
        state = self.ledger.setdefault(ride_id, "confirmed" if self.willing else "refused")
        return Confirmed() if state in ("confirmed", "completed") else Declined("none-free")

    def cancel(self, ride_id: str) -> None:
        if self.ledger.get(ride_id) != "completed":
            self.ledger[ride_id] = "cancelled"


class PartnerSaga(Saga):
    """Customers who have quotes of unicorns and of both partners."""

    def __init__(self) -> None:
        super().__init__()
        quote = Responder(asked=True, answer=Quote(1000, 60))
        self.rfqs = {
            id_: replace(rfq, responders={**rfq.responders, AT_ONCE: quote, LATER: quote})
            for id_, rfq in self.rfqs.items()
        }
        self.partner_rides = Rides()
        self.partners = {AT_ONCE: Partner(), LATER: Partner()}
        self.callbacks: list[tuple[str, str, RideNews]] = []
        self.underway: list[Callable[[], object]] = []
        self.luck: Luck = "fine"
        logger = Logger(service="saga", level="CRITICAL")
        self._bookings = Bookings(
            None,  # type: ignore[arg-type]
            self.unicorns,  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
            self.partner_rides,  # type: ignore[arg-type]
            partners=self.partners,
            logger=logger,
            metrics=Metrics(namespace="saga", service="saga"),
            now=lambda: self.now,
        )
        self._partner_bookings = {
            id_: PartnerBookings(
                _Client(self),  # type: ignore[arg-type]
                _Line(id_),  # type: ignore[arg-type]
                self.partner_rides,  # type: ignore[arg-type]
                consumer=None,  # type: ignore[arg-type]
                expectations=None,  # type: ignore[arg-type]
                callback_url="",
                logger=logger,
                now=lambda: self.now,
                uniform=lambda _, high: high,
            )
            for id_ in self.partners
        }

    def stored(self) -> tuple[object, ...]:
        rides, ledgers = self.partner_rides, [dict(partner.ledger) for partner in self.partners.values()]
        return *super().stored(), dict(rides.items), [*rides.ordered], ledgers

    def order(self, number: int, luck: Luck, *, again: bool) -> None:
        """An order is carried out; `again`: its consumer dies before it can say so."""
        ordered = self.partner_rides.ordered[number]
        order = ordered.order
        ordered.attempt += 1
        if not order.metadata.expired(self.now):
            self.luck = luck
            try:
                message = Received(order.data, order.metadata, "m", ordered.attempt)
                self._partner_bookings[order.data.partner_id].carry_out(message)
            except (RetryLater, CallFailed, CircuitOpen, Killed):
                return
        if not again:
            self.partner_rides.ordered.pop(number)

    def order_twice(self, number: int) -> None:
        """The outbox sends an order once more: it does not know that it has."""
        self.partner_rides.ordered.append(Ordered(self.partner_rides.ordered[number].order))

    def call_back(self, number: int, *, again: bool) -> None:
        """A callback comes in; `again`: the partner does not hear that it did."""
        partner_id, ride_id, news = self.callbacks[number]
        self.partner_rides.change(
            partner_id, ride_id, lambda ride: ride.heard(news, self.now) if ride else None
        )
        if not again:
            self.callbacks.pop(number)

    def arrive(self, number: int) -> None:
        """A call that we had given up arrives at the partner after all."""
        self.underway.pop(number)()

    def drive(self, partner_id: str) -> None:
        """A partner has driven all it had to."""
        ledger = self.partners[partner_id].ledger
        for ride_id in [ride_id for ride_id, state in ledger.items() if state == "confirmed"]:
            ledger[ride_id] = "completed"
            self.callbacks.append((partner_id, ride_id, Completed()))

    def proceed(self) -> bool:
        if self.partner_rides.ordered:
            self.order(0, "fine", again=False)
        elif self.callbacks:
            self.call_back(0, again=False)
        elif self.underway:
            self.arrive(0)
        else:
            return False
        return True

    def streams(self) -> Iterator[tuple["defaultdict[str, list[Envelope[Event]]]", str]]:
        yield from super().streams()
        yield from (
            (self.partner_rides.stream, key) for key, told in self.partner_rides.stream.items() if told
        )


class _Client:
    """The client of a partner, over a network with moods."""

    def __init__(self, saga: PartnerSaga) -> None:
        self._saga = saga

    def book(self, booking: Booking, *_: object) -> Confirmed | Declined | None:
        saga, id_, ride_id = self._saga, booking.partner.id, booking.ride_id
        assert booking.deadline
        assert saga.now < booking.deadline, "nobody calls after the deadline"

        def reach() -> Confirmed | Declined | None:
            answer = saga.partners[id_].book(ride_id)
            if id_ == LATER:
                saga.callbacks.append((id_, ride_id, answer))
                return None
            return answer

        return self._call(reach)

    def cancel(self, booking: Booking, *_: object) -> None:
        self._call(lambda: self._saga.partners[booking.partner.id].cancel(booking.ride_id))

    def _call(self, reach: Callable[[], A]) -> A:
        match self._saga.luck:
            case "fine":
                return reach()
            case "lost":
                reach()
            case "killed":
                reach()
                raise Killed
            case "delayed":
                self._saga.underway.append(reach)
            case "denied":
                reach()
                raise Refused("status 400")
            case "hopeless":
                raise Refused("status 403")
            case "throttled":
                raise Throttled("status 429", retry_after=3600)
            case "closed":
                raise CircuitOpen("p", Record(), retry_after=math.inf)
        raise CallFailed("no answer")


class _Line:
    """Makes each call, without breaker, secret or wire."""

    def __init__(self, partner_id: str) -> None:
        self.partner = PARTNERS[partner_id]

    def call(self, _: str, do: Callable[[Any, Any], Any], **__: object) -> Any:
        return do(None, None)

    def due(self, deadline: datetime) -> datetime:
        return deadline
