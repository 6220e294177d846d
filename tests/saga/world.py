"""Both sides of a booking without anything around them: their rules, their tables, and what lies between.

Each table is a dict, and each write leaves a record in the item's stream. Records are published in their order, once or
twice; messages arrive in any order, again, late, or after their deadline, when they are dropped. A consumer may die before
its write or after it: both times the message is still there.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from ride_booking.domain import announcements
from ride_booking.domain.rfq import Completion, Place, Quote, Responder, Rfq
from ride_booking.domain.ride import NotBookable, Ride
from ride_booking.use_cases.rides import apply_news
from tests.support.ride_booking.world import NOW, rfq
from unicorn_mgmt.domain import announcements as unicorn_announcements
from unicorn_mgmt.domain import unicorn as model
from unicorn_mgmt.domain.rate_card import RateCard
from unicorn_mgmt.domain.unicorn import Rejection
from unicorn_mgmt.use_cases.bookings import Bookings
from wild_rydes_contracts import (
    Envelope,
    Event,
    QuoteAccepted,
    RideBookingFailed,
    RideCompleted,
    RideConfirmed,
    RideRejected,
)
from wild_rydes_dynamodb.change import Change

UNICORNS = ("u-a", "u-b")
CUSTOMERS = 3
SECONDS = (1, 20, 61)
"""How long nothing may happen."""
REPLAYED_AFTER = (0, 601, 86_400, 29 * 86_400)
"""Seconds after which an archive tells it all again, one after the other: when all is remembered, and when it no longer is."""
RATES = RateCard(Decimal(1), Decimal(1), Decimal(1), "USD")


@dataclass
class Unicorns:
    """The unicorns' table: what `Bookings` and the API need of it."""

    items: dict[str, model.Unicorn] = field(default_factory=dict)
    rejections: dict[str, Rejection] = field(default_factory=dict)
    stream: "defaultdict[str, list[Envelope[Event]]]" = field(default_factory=lambda: defaultdict(list))

    def change(self, id_: str, rule: Callable[[model.Unicorn], model.Unicorn]) -> Change[model.Unicorn]:
        before = self.items[id_]
        after = rule(before)
        if after != before:
            self.items[id_] = after
            self.stream[id_] += unicorn_announcements.events_of(before, after)
        return Change(before, after)

    def reject(self, no: Rejection) -> bool:
        if no.ride_id in self.rejections:
            return False
        self.rejections[no.ride_id] = no
        self.stream[no.ride_id].append(unicorn_announcements.rejected(no))
        return True


class Saga:
    """Some customers with an RFQ each, all with the same two unicorns' quotes."""

    def __init__(self) -> None:
        self.now = NOW
        self.unicorns = Unicorns(
            {
                id_: model.Unicorn(
                    id_,
                    id_,
                    rate_card=RATES,
                    auto_quote=True,
                    position=model.Place(0, 0),
                )
                for id_ in UNICORNS
            }
        )
        quotes = {id_: Responder(asked=True, answer=Quote(1000, 60)) for id_ in UNICORNS}
        new = [
            rfq(
                id=f"rfq-{n}",
                customer=f"c-{n}",
                start=Place(0, 0),
                responders=quotes,
                completion=Completion("all-answered", NOW),
            )
            for n in range(CUSTOMERS)
        ]
        self.rfqs: dict[str, Rfq] = {one.id: one for one in new}
        self.stream: defaultdict[str, list[Envelope[Event]]] = defaultdict(list)
        self.timers: list[tuple[str, int]] = []
        self.bus: list[Envelope[Event]] = []
        self.archive: list[Envelope[Event]] = []
        self._bookings: Any = Bookings(
            None,  # type: ignore[arg-type]
            self.unicorns,  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
            None,  # type: ignore[arg-type]
            partners=(),
            logger=Logger(service="saga", level="CRITICAL"),
            metrics=Metrics(namespace="saga", service="saga"),
            now=lambda: self.now,
        )

    # What customers and unicorns do.

    def book(self, rfq_id: str, unicorn: str) -> None:
        try:
            self._write(self.rfqs[rfq_id].book(unicorn, self.now))
        except NotBookable:
            return

    def end(self, unicorn: str, outcome: model.Outcome) -> None:
        ride = self.unicorns.items[unicorn].ride
        if ride:
            self.unicorns.change(unicorn, lambda found: found.end(ride.id, outcome, self.now))

    # What the machinery does.

    def publish(self, stream: "defaultdict[str, list[Envelope[Event]]]", key: str, *, again: bool) -> None:
        """The oldest record of an item goes out; `again`: the publisher dies before it can take note of that."""
        self.bus.append(stream[key][0])
        self.archive.append(stream[key][0])
        if not again:
            stream[key].pop(0)

    def deliver(self, number: int, *, again: bool) -> None:
        """A message is handled; `again`: its consumer dies before it can say so."""
        envelope = self.bus[number]
        if not again:
            self.bus.pop(number)
        if envelope.metadata.expired(self.now):
            return
        match envelope.data:
            case QuoteAccepted() | RideBookingFailed():
                self._bookings.decide(envelope.data, envelope.metadata)
            case RideConfirmed() | RideRejected() | RideCompleted() as news:
                self._write(apply_news(self.rfqs[news.rfq_id], news, self.now))

    def fire(self, number: int) -> None:
        """A timer is due, or comes again long after."""
        rfq_id, ride = self.timers[number]
        found = self.rfqs[rfq_id]
        self._write(found.change_ride(ride, lambda one: one.time_out(self.now)))

    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def settle(self) -> None:
        """All that is still on its way arrives, and all timers become due."""
        while True:
            if waiting := list(self.streams()):
                self.publish(*waiting[0], again=False)
            elif self.bus:
                self.deliver(0, again=False)
            elif self.proceed():
                continue
            elif any(ride.status == "pending" for ride in self.rides().values()):
                self.wait(60)
                for number in range(len(self.timers)):
                    self.fire(number)
            else:
                return

    def replay(self, seconds: int, chance: Random) -> None:
        """So much later the archive tells all that was ever told, twice and in any order."""
        self.wait(seconds)
        self.bus += chance.sample(self.archive * 2, 2 * len(self.archive))
        while self.bus:
            self.deliver(0, again=False)

    def stored(self) -> tuple[object, ...]:
        """All that is in the tables and on its way."""
        streams = [*self.streams()]
        return (
            dict(self.rfqs),
            dict(self.unicorns.items),
            dict(self.unicorns.rejections),
            streams,
            [*self.bus],
        )

    def proceed(self) -> bool:
        """Whatever else was under way goes on by one step; False if nothing was."""
        return False

    def rides(self) -> dict[str, Ride]:
        """All rides of the customers by id."""
        return {f"{one.id}.{n}": ride for one in self.rfqs.values() for n, ride in enumerate(one.rides, 1)}

    def streams(self) -> Iterator[tuple["defaultdict[str, list[Envelope[Event]]]", str]]:
        """What has been written and not yet been published."""
        for stream in (self.stream, self.unicorns.stream):
            yield from ((stream, key) for key in stream if stream[key])

    def _write(self, after: Rfq) -> None:
        before = self.rfqs[after.id]
        if after == before:
            return
        after = replace(after, revision=before.revision + 1)
        self.rfqs[after.id] = after
        self.stream[after.id] += announcements.events_of(before, after, "")
        self.timers += [(after.id, n) for n in range(len(before.rides) + 1, len(after.rides) + 1)]


def check_always(saga: Saga) -> None:
    for one in saga.rfqs.values():
        assert sum(ride.live for ride in one.rides) <= 1, "a customer waits for one ride at a time"
    for ride in saga.rides().values():
        assert ride.status == "rejected" or ride.reason is None


def check_replays(saga: Saga, chance: Random) -> None:
    """What is settled stays settled, whenever it is told again."""
    for seconds in REPLAYED_AFTER:
        before = saga.stored()
        saga.replay(seconds, chance)
        assert saga.stored() == before, "a replay changes what is settled"


def check_in_the_end(saga: Saga) -> None:
    rides = saga.rides()
    assert {ride.status for ride in rides.values()} <= {"confirmed", "rejected", "completed"}, (
        "no booking is lost"
    )
    for id_, unicorn in saga.unicorns.items.items():
        confirmed = [
            key for key, ride in rides.items() if ride.responder == id_ and ride.status == "confirmed"
        ]
        assert len(confirmed) <= 1, "never two confirmed rides for one unicorn"
        assert confirmed == ([unicorn.ride.id] if unicorn.ride else []), "busy with its ride, or free"
