"""Customers ask for quotes, book rides and take them; unicorns and partners answer, and drive."""

import json
import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from infra.rydes.simulators.partners.fleets import FLEETS
from tests.simulation.actors.customers import LABEL, PLACES, Asked, Customer
from tests.simulation.actors.partners import Partners
from tests.simulation.actors.unicorns import NAME, Registered, Unicorn
from tests.simulation.faults import CALL
from tests.simulation.invariants import events, owed, rfqs, rides, shown
from tests.simulation.invariants.near import Near
from tests.simulation.invariants.timely import Timely
from tests.simulation.invariants.violation import require
from tests.simulation.plan import Plan
from tests.simulation.scenes.scene import Scene
from tests.simulation.stacks import LEDGER, RFQS, UNICORNS
from tests.simulation.world import World

_BY_CARD = 0.6
"""How many unicorns price by their rate cards."""
_DOWNTOWN = 0.1
"""How many RFQs reach the partners, too, which takes twice the time. `fleets` has more of them."""
_PERSONAL = (LABEL, NAME, "122.3321", "122.3088", "47.4502", "47.6062", "48.2049", "of p-", "eyJ", "X-Amz-")
"""What nobody may find in a log: addresses, names, coordinates, what we share with partners, tokens, and signed URLs."""
_KEPT = 150.0, 400.0, 1000.0
"""Seconds after which DynamoDB deletes what has expired."""
_DEAFENING = frozenset({*CALL, "start-fails", "push-lost", "line-drops", "documents-refused"})
"""After one of these, what is best effort may be missing."""
_CLOSINGS, _RESPONDER = "unicorn-mgmt-closings", "unicorn-mgmt-responder"
_WORTH_CLOSING_FOR = 600.0
"""Seconds: an invitation is closed if its RFQ has been over for less."""


class Cast:
    """Who takes part, as far as the plan leaves it to chance."""

    def __init__(self, plan: Plan, chance: random.Random) -> None:
        unicorns = chance.choice((0, 1, 1, 1, 2, 2, 3)) if plan.unicorns is None else plan.unicorns
        customers = chance.choice((1, 1, 1, 2)) if plan.customers is None else plan.customers
        self.place = (
            ("downtown" if chance.random() < _DOWNTOWN else "unicorns only")
            if plan.place is None
            else plan.place
        )
        self.unicorns = tuple(
            Registered(f"unicorn-{n}", self.place, auto_quote=chance.random() < _BY_CARD)
            for n in range(unicorns)
        )
        self.rivals = chance.random() < 0.5
        self.customers = tuple(f"customer-{n}" for n in range(customers))


def fleets(plan: Plan, chance: random.Random) -> Cast:
    """Cast partners and no unicorns, where the plan says nothing else."""
    unicorns = 0 if plan.unicorns is None else plan.unicorns
    return Cast(replace(plan, place=plan.place or "downtown", unicorns=unicorns), chance)


class Rides(Scene):
    """RFQs and rides, from the first question to the last mile."""

    def __init__(self, world: World, cast: Cast) -> None:
        self._world = world
        self._rfqs: dict[str, Any] = {}
        """The items of all RFQs, as they are."""
        self._out: dict[str, float] = {}
        """When all invitations of an RFQ were out."""
        self.unicorns = [Unicorn(world, each, self._out) for each in cast.unicorns]
        self.customers = [
            Customer(world, name, PLACES[cast.place], self._rfqs, rival=cast.rivals)
            for name in cast.customers
        ]
        self.counts = {"customers": len(self.customers), "unicorns": len(self.unicorns)}
        self.partners = Partners(world.kernel, world.faults)
        world.exchange = self.partners.exchange
        self.said: dict[tuple[str, str], set[str]] = {}
        """The ids of all events, by their name and what they are about."""
        self._events: dict[str, tuple[str, Any]] = {}
        """All events by their ids: names, and what they say."""
        self._refusals: defaultdict[str, set[str]] = defaultdict(set)
        """The reasons that responders have given against rides."""
        self._near = Near(
            {each.id: each.how.auto_quote for each in self.unicorns},
            FLEETS if cast.place == "downtown" else (),
        )
        self._timely = Timely(world.faults)
        self._noted: dict[str, Any] = {}
        """The items of partners' rides, by their ids, as they are."""
        self._orderers = {f"unicorn-mgmt-{id_}-rides" for id_ in FLEETS}
        self._closed: set[str] = set()
        """RFQs whose invitations are closed."""
        self._replies = next(
            each.queue.rpartition(":")[2]
            for each in world.stacks.queue_mappings
            if each.function.short == "ride-booking-aggregator"
        )
        self.states: set[str] = set()
        """What has been seen of an RFQ and its last ride, together."""
        self._driving: set[str] = set()

    def begin(self) -> None:
        for seconds in _KEPT:
            self._world.kernel.after(seconds, self._world.aws.dynamodb.expire)
        for unicorn in self.unicorns:
            self._world.kernel.spawn(unicorn.rest)
            if not unicorn.how.auto_quote:
                self._world.kernel.spawn(unicorn.work)
        for customer in self.customers:
            self._world.kernel.spawn(customer.run)

    @property
    def done(self) -> bool:
        return all(customer.done for customer in self.customers)

    def changed(self, table: str, before: Any, after: Any) -> None:
        now = self._world.kernel.now
        if table == RFQS:
            rfqs.check_write(before, after)
            if rfqs.is_rfq(after):
                self._rfqs[after["id"]["S"]] = after
                self._timely.check_write(before, after, now)
                self._tell_customers(after, now)
        elif table == UNICORNS and rides.is_unicorn(after):
            rides.check_write(before, after)
            self._near.moves(before, after, now)
            self._tell_unicorn(after)
        elif table == UNICORNS and after is not None:
            if before is None and "reason" in after and "responder_id" in after:
                self._near.refuses(after)
            elif "cancels" in after:
                self._noted[after["ride_id"]["S"]] = after
            elif "closed_at" in after:
                self._closed.add(after["id"]["S"].removeprefix("invitation#"))

    def handled(self, function: str, record: Mapping[str, Any]) -> None:
        if function in rfqs.CONSUMERS:
            rfqs.check_handled(function, record, self._rfqs.get(rfqs.rfq_of(record)))
        elif function == _RESPONDER:
            self._out.setdefault(rfqs.rfq_of(record), self._world.kernel.now)
            self._near.check_asked(record, self._world.kernel.now)
        elif function in self._orderers:
            rides.check_ordered(record, self._noted, self.partners.rides(), self._world.kernel.now)
        elif function == _CLOSINGS:
            rfq = rfqs.rfq_of(record)
            over_for = self._world.kernel.now - int(self._rfqs[rfq]["completed_at"]["N"]) / 1000
            require(rfq in self._closed or over_for > _WORTH_CLOSING_FOR, "what-is-over-invites-nobody", rfq)

    def sent(self, queue: str, body: str) -> None:
        if queue.endswith(self._replies):
            self._near.sent(queue, body)

    def published(self, name: str, detail: Any) -> None:
        require(LABEL not in str(detail), "nothing-personal-on-the-bus", name)
        data = detail["data"]
        about = data.get("ride_id") or data.get("rfq_id") or ""
        id_ = detail["metadata"]["event_id"]
        self.said.setdefault((name, about), set()).add(id_)
        _, known = self._events.setdefault(id_, (name, detail))
        require(known["data"] == data, "an-id-is-one-events", f"{id_}: {name}")
        if name == "RideRejected":
            self._refusals[about].add(data["reason"])

    def logged(self, text: str) -> None:
        for secret in _PERSONAL:
            require(secret not in text, "nothing-personal-in-logs", text)

    def check_end(self) -> None:
        self._world.aws.dynamodb.expire()
        of_rfqs = [item for item in self._world.items(RFQS) if rfqs.is_rfq(item)]
        asked = {asked.id for customer in self.customers for asked in customer.asked}
        rfqs.check_once({item["id"]["S"] for item in of_rfqs}, asked)
        rfqs.check_end(of_rfqs, self.said)
        by_id = {item["id"]["S"]: item for item in of_rfqs}
        self._check_what_was_said(of_rfqs, by_id)
        for customer in self.customers:
            for each in customer.asked:
                self._check_what_was_shown(customer, each, by_id[each.id])
        for unicorn in self.unicorns:
            rfqs.check_answers(by_id, unicorn.id, unicorn.answers)
        every_ride = {ride: told for item in of_rfqs for ride, told in rfqs.statuses(item).items()}
        unicorns = [item for item in self._world.items(UNICORNS) if rides.is_unicorn(item)]
        rides.check_end(unicorns, every_ride, self.said)
        rides.check_partners(self.partners.rides(), every_ride)
        rides.check_orders(self._noted, every_ride)
        owed.check(self._world.items(LEDGER), self._events.values())

    def _check_what_was_said(self, of_rfqs: list[Any], by_id: Mapping[str, Any]) -> None:
        for name, detail in self._events.values():
            events.check(name, detail, by_id, self._refusals)
        for item in of_rfqs:
            self._near.check_end(item)
            if not self._world.faults.injected:
                id_ = item["id"]["S"]
                taken = {each.id: each.taken[id_] for each in self.unicorns if id_ in each.taken}
                self._near.check_calm(item, taken)
        every = [asked for customer in self.customers for asked in customer.asked]
        cancelled = {asked.id for asked in every if asked.cancelling}
        shown.check_wanted(of_rfqs, cancelled, {asked.id: asked.bookings for asked in every})

    def _check_what_was_shown(self, customer: Customer, asked: Asked, item: Any) -> None:
        """What is best effort works where nothing has gone wrong with it."""
        if self._world.faults.injected.keys() & _DEAFENING:
            return
        if asked.watched and customer.app.steady:
            shown.check_watched(customer.app.messages, item)
        if asked.document:
            key = f"rfqs/{asked.id}.json"
            found = next((kept[key] for kept in self._world.aws.s3.buckets.values() if key in kept), None)
            shown.check_document(json.loads(found.body) if found else None, item)

    def _tell_customers(self, rfq: Any, now: float) -> None:
        self.states.add(rfqs.state(rfq))
        self._near.begins(rfq["id"]["S"], now)
        if "completed_by" in rfq:
            self._world.news.tell(rfq["id"]["S"])
        for ride, (status, _) in rfqs.statuses(rfq).items():
            self._near.books(ride, now)
            if status != "pending":
                self._world.news.tell(ride)

    def _tell_unicorn(self, item: Any) -> None:
        ride = rides.ride_of(item)
        unicorn = next((each for each in self.unicorns if each.id == item["id"]["S"]), None)
        if ride and unicorn and ride not in self._driving:
            self._driving.add(ride)
            self._world.kernel.spawn(lambda: unicorn.drive(ride))
