"""Both sides of a booking as a transition system: their own rules, and the worst that can lie between them.

A state is all that is stored and all that was ever sent. A message arrives once at least, and any number of times more, in
any order, now or later: that is what duplicates, delays and crashes come to, before a write and after it. Whatever is
stored is told sooner or later. Time passes in steps of a minute, in which any number of things may happen.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias
from unittest.mock import Mock

from aws_lambda_powertools import Logger

from ride_booking.domain import announcements
from ride_booking.domain.rfq import Completion, Quote, Responder, Rfq
from ride_booking.domain.ride import NotBookable, Ride
from ride_booking.use_cases.rides import apply_news
from tests.support.ride_booking.world import NOW, rfq
from unicorn_mgmt.domain import announcements as unicorn_announcements
from unicorn_mgmt.domain import unicorn as model
from unicorn_mgmt.domain.rate_card import RateCard
from unicorn_mgmt.domain.unicorn import Rejection
from unicorn_mgmt.use_cases.bookings import Bookings
from wild_rydes_contracts import Envelope, Event, QuoteAccepted, RideBooked, RideBookingFailed
from wild_rydes_dynamodb.change import Change

STEP = timedelta(minutes=1)
CARD = RateCard(Decimal(1), Decimal(1), Decimal(1), "USD")

Message: TypeAlias = Envelope[Event]
Rides: TypeAlias = tuple[Ride, ...]


@dataclass(frozen=True)
class World:
    """How much of everything there is: how often each customer books, in the steps of time up to `booking`, how many
    unicorns; and the step at which time ends, with all deadlines behind it."""

    bookings: tuple[int, ...]
    unicorns: int
    booking: int
    last: int

    @property
    def start(self) -> "State":
        """Nothing is booked, and each customer has a quote of each unicorn."""
        free = Holding(None, frozenset())
        return State(self, 0, ((),) * len(self.bookings), (free,) * self.unicorns)


@dataclass(frozen=True, slots=True)
class Holding:
    """What changes of a unicorn: its ride, and what became of others."""

    ride: model.Ride | None
    recent: frozenset[tuple[str, model.Ending]]


@dataclass(frozen=True, slots=True)
class State:
    """All there is. `handled` is what has arrived and been acknowledged.

    `intended` are rejections that a consumer has found right, each with the message it was handling: the write comes at any
    time, or never if the consumer dies, and then the message comes again.
    """

    world: World = field(compare=False)
    clock: int
    rides: tuple[Rides, ...]
    unicorns: tuple[Holding, ...]
    rejected: frozenset[str] = frozenset()
    intended: frozenset[tuple[Rejection, "Sent"]] = frozenset()
    sent: frozenset["Sent"] = frozenset()
    handled: frozenset["Sent"] = frozenset()

    def by_people(self) -> list["State"]:
        """What may come of what customers and unicorns do."""
        return [state for state in self._by_people() if state is not self]

    def by_itself(self) -> list["State"]:
        """What else may come next."""
        return [state for state in self._by_itself() if state is not self]

    @property
    def at_rest(self) -> bool:
        """Whether nothing more has to come: no message, no deadline."""
        return self.clock == self.world.last and self.sent == self.handled and not self._due()

    def all_rides(self) -> dict[str, Ride]:
        """The customers' rides by id."""
        return {_ride_id(n, i): ride for n, rides in enumerate(self.rides) for i, ride in enumerate(rides, 1)}

    def holdings(self) -> dict[str, Holding]:
        """The unicorns by id."""
        return {_unicorn_id(n): holding for n, holding in enumerate(self.unicorns)}

    def taken(self, unicorn: str) -> set[str]:
        """The ids of the rides that this unicorn has or had."""
        holding = self.holdings()[unicorn]
        return {id_ for id_, _ in holding.recent} | ({holding.ride.id} if holding.ride else set())

    def __str__(self) -> str:
        rides = {id_: (ride.status, ride.reason) for id_, ride in self.all_rides().items()}
        unicorns = {
            id_: (holding.ride and holding.ride.id, {ride: ending.outcome for ride, ending in holding.recent})
            for id_, holding in self.holdings().items()
        }
        return f"{self.clock * STEP} customers {rides}, unicorns {unicorns}"

    def _by_people(self) -> Iterator["State"]:
        for n, rides in enumerate(self.rides):
            if self.clock <= self.world.booking and len(rides) < self.world.bookings[n]:
                for unicorn in range(self.world.unicorns):
                    yield self._with_rides(n, *_booked(n, rides, unicorn, self.clock))
        for n, holding in enumerate(self.unicorns):
            if holding.ride:
                outcomes: tuple[model.Outcome, ...] = ("completed", "cancelled")
                for outcome in outcomes:
                    yield self._with_unicorn(n, *_ended(n, holding, outcome, self.clock))

    def _by_itself(self) -> Iterator["State"]:
        if self.clock < self.world.last:
            yield replace(self, clock=self.clock + 1)
        for message in self.sent:
            yield self.delivered(message)
        for rejection, message in self.intended:
            yield self._rejecting(rejection)._acknowledging(message)
        yield from self._due()

    def _due(self) -> list["State"]:
        """What timers may do now."""
        found = (
            self._with_rides(n, *_timed_out(n, rides, number, self.clock))
            for n, rides in enumerate(self.rides)
            for number in range(1, len(rides) + 1)
        )
        return [state for state in found if state is not self]

    def delivered(self, message: "Sent") -> "State":
        """What comes of a message that arrives now."""
        n = message.to
        if not message.to_unicorns:
            settled = self._with_rides(n, *_settled(n, self.rides[n], message, self.clock))
            return settled._acknowledging(message)
        after, sent, rejection = _decided(n, self.unicorns[n], message, self.clock)
        decided = self._with_unicorn(n, after, sent)
        if rejection is None or rejection.ride_id in self.rejected:
            return decided._acknowledging(message)
        intended = self.intended | {(rejection, message)}
        return self if intended == self.intended else replace(self, intended=intended)

    def _acknowledging(self, message: "Sent") -> "State":
        return self if message in self.handled else replace(self, handled=self.handled | {message})

    def _rejecting(self, no: Rejection) -> "State":
        if no.ride_id in self.rejected:
            return self
        return replace(self, rejected=self.rejected | {no.ride_id}, sent=self.sent | {Sent.of(_rejected(no))})

    def _with_rides(self, n: int, rides: Rides, sent: frozenset["Sent"]) -> "State":
        if rides == self.rides[n]:
            return self
        return replace(self, rides=(*self.rides[:n], rides, *self.rides[n + 1 :]), sent=self.sent | sent)

    def _with_unicorn(self, n: int, unicorn: Holding, sent: frozenset["Sent"]) -> "State":
        if unicorn == self.unicorns[n]:
            return self
        unicorns = (*self.unicorns[:n], unicorn, *self.unicorns[n + 1 :])
        return replace(self, unicorns=unicorns, sent=self.sent | sent)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was sent, as often as it likes to come: to the RFQ or the unicorn of number `to`.

    It is known by what it says and until when; the rest of its metadata is nothing new.
    """

    says: str
    envelope: Message = field(compare=False)
    to_unicorns: bool = field(compare=False)
    to: int = field(compare=False)

    @classmethod
    def of(cls, envelope: Message) -> "Sent":
        """The message in this envelope."""
        data: Any = envelope.data
        to_unicorns = isinstance(data, QuoteAccepted | RideBookingFailed)
        to = _number(data.responder_id if to_unicorns else data.rfq_id)
        return cls(f"{data!r} until {envelope.metadata.deadline}", envelope, to_unicorns, to)


# The services' own rules. What a rule makes of the same is the same, and made once.


@cache
def _booked(n: int, rides: Rides, unicorn: int, clock: int) -> tuple[Rides, frozenset[Sent]]:
    try:
        return _changed(n, rides, lambda found: found.book(_unicorn_id(unicorn), _now(clock)))
    except NotBookable:
        return rides, frozenset()


@cache
def _settled(n: int, rides: Rides, news: Sent, clock: int) -> tuple[Rides, frozenset[Sent]]:
    told: Any = news.envelope.data
    return _changed(n, rides, lambda found: apply_news(found, told, _now(clock)))


@cache
def _timed_out(n: int, rides: Rides, number: int, clock: int) -> tuple[Rides, frozenset[Sent]]:
    return _changed(
        n, rides, lambda found: found.change_ride(number, lambda ride: ride.time_out(_now(clock)))
    )


@cache
def _decided(
    n: int, holding: Holding, message: Sent, clock: int
) -> tuple[Holding, frozenset[Sent], Rejection | None]:
    if message.envelope.metadata.expired(_now(clock)):
        return holding, frozenset(), None
    table: Any = _Table(_unicorn(n, holding))
    bookings = Bookings(
        None,  # type: ignore[arg-type]
        table,
        None,  # type: ignore[arg-type]
        None,  # type: ignore[arg-type]
        partners=(),
        logger=Logger(service="saga", level="CRITICAL"),
        metrics=Mock(),
        now=lambda: _now(clock),
    )
    data: Any = message.envelope.data
    bookings.decide(data, message.envelope.metadata)
    return _holding(table.unicorn), frozenset(map(Sent.of, table.told)), table.rejection


@cache
def _ended(n: int, holding: Holding, outcome: model.Outcome, clock: int) -> tuple[Holding, frozenset[Sent]]:
    before = _unicorn(n, holding)
    assert before.ride
    after = before.end(before.ride.id, outcome, _now(clock))
    return _holding(after), frozenset(map(Sent.of, unicorn_announcements.events_of(before, after)))


@cache
def _rejected(no: Rejection) -> Message:
    return unicorn_announcements.rejected(no)


@dataclass
class _Table:
    """The table of unicorns, with the one that a message is about."""

    unicorn: model.Unicorn
    told: list[Message] = field(default_factory=list)
    rejection: Rejection | None = None

    def change(self, id_: str, rule: Callable[[model.Unicorn], model.Unicorn]) -> Change[model.Unicorn]:
        assert id_ == self.unicorn.id
        before, self.unicorn = self.unicorn, rule(self.unicorn)
        self.told += unicorn_announcements.events_of(before, self.unicorn)
        return Change(before, self.unicorn)

    def reject(self, rejection: Rejection) -> bool:
        self.rejection = rejection
        return True


def _changed(n: int, rides: Rides, rule: Callable[[Rfq], Rfq]) -> tuple[Rides, frozenset[Sent]]:
    before = _rfq(n, rides)
    after = rule(before)
    if after == before:
        return rides, frozenset()
    told = announcements.events_of(before, after, "")
    return after.rides, frozenset(
        Sent.of(e) for e in told if not isinstance(e.data, RideBooked)
    )  # for others


def _rfq(n: int, rides: Rides) -> Rfq:
    quotes = {_unicorn_id(u): Responder(asked=True, answer=Quote(1000, 60)) for u in range(9)}
    done = Completion("all-answered", NOW)
    return rfq(id=f"rfq-{n}", customer=f"c-{n}", responders=quotes, completion=done, rides=rides)


def _unicorn(n: int, holding: Holding) -> model.Unicorn:
    id_ = _unicorn_id(n)
    here = model.Place(0, 0)
    return model.Unicorn(
        id_, id_, CARD, auto_quote=True, position=here, ride=holding.ride, recent=dict(holding.recent)
    )


def _holding(unicorn: model.Unicorn) -> Holding:
    return Holding(unicorn.ride, frozenset(unicorn.recent.items()))


def _now(clock: int) -> Any:
    return NOW + clock * STEP


def _unicorn_id(n: int) -> str:
    return f"u-{n}"


def _ride_id(n: int, number: int) -> str:
    return f"rfq-{n}.{number}"


def _number(id_: str) -> int:
    return int(id_.rpartition("-")[2])
