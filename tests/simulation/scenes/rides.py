"""Customers ask for quotes, book rides and take them; unicorns and partners answer, and drive."""

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.simulation.actors.customers import LABEL, PLACES, Customer
from tests.simulation.actors.partners import Partners
from tests.simulation.actors.unicorns import NAME, Registered, Unicorn
from tests.simulation.invariants import rfqs, rides
from tests.simulation.invariants.violation import require
from tests.simulation.plan import Plan
from tests.simulation.scenes.scene import Scene
from tests.simulation.world import World

RFQS, UNICORNS = "dev-ride-booking", "dev-unicorn-mgmt"

_BY_CARD = 0.6
"""How many unicorns price by their rate cards."""
_DOWNTOWN = 0.1
"""How many RFQs reach the partners, too, which takes twice the time. `fleets` has more of them."""
_PERSONAL = (LABEL, NAME, "-122.3", "of p-")
"""What nobody may find in a log: addresses, names, coordinates, and what we share with partners."""


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
        self._out: dict[str, float] = {}
        """When all invitations of an RFQ were out."""
        self.unicorns = [Unicorn(world, each, self._out) for each in cast.unicorns]
        self.customers = [
            Customer(world, name, PLACES[cast.place], rival=cast.rivals) for name in cast.customers
        ]
        self.counts = {"customers": len(self.customers), "unicorns": len(self.unicorns)}
        self.partners = Partners(world.kernel, world.faults)
        world.exchange = self.partners.exchange
        self.said: dict[tuple[str, str], set[str]] = {}
        """The ids of all events, by their name and what they are about."""
        self._ids: dict[str, tuple[str, str]] = {}
        self.states: set[str] = set()
        """What has been seen of an RFQ and its last ride, together."""
        self._driving: set[str] = set()

    def begin(self) -> None:
        for unicorn in self.unicorns:
            if not unicorn.how.auto_quote:
                self._world.kernel.spawn(unicorn.work)
        for customer in self.customers:
            self._world.kernel.spawn(customer.run)

    @property
    def done(self) -> bool:
        return all(customer.done for customer in self.customers)

    def changed(self, table: str, before: Any, after: Any) -> None:
        if table == RFQS:
            rfqs.check_write(before, after)
            if rfqs.is_rfq(after):
                self._tell_customers(after)
        elif table == UNICORNS and rides.is_unicorn(after):
            rides.check_write(before, after)
            self._tell_unicorn(after)

    def handled(self, function: str, record: Mapping[str, Any]) -> None:
        if function in rfqs.CONSUMERS:
            rfqs.check_handled(function, record, self._world.item(RFQS, rfqs.rfq_of(record)))
        elif function == "unicorn-mgmt-responder":
            self._out.setdefault(rfqs.rfq_of(record), self._world.kernel.now)

    def published(self, name: str, detail: Any) -> None:
        require(LABEL not in str(detail), "nothing-personal-on-the-bus", name)
        data = detail["data"]
        about = data.get("ride_id") or data.get("rfq_id") or ""
        id_ = detail["metadata"]["event_id"]
        self.said.setdefault((name, about), set()).add(id_)
        require(
            self._ids.setdefault(id_, (name, about)) == (name, about), "an-id-is-one-events", f"{id_}: {name}"
        )

    def logged(self, text: str) -> None:
        for secret in _PERSONAL:
            require(secret not in text, "nothing-personal-in-logs", text)

    def check_end(self) -> None:
        of_rfqs = [item for item in self._world.items(RFQS) if rfqs.is_rfq(item)]
        asked = {asked.id for customer in self.customers for asked in customer.asked}
        rfqs.check_once({item["id"]["S"] for item in of_rfqs}, asked)
        rfqs.check_end(of_rfqs, self.said)
        by_id = {item["id"]["S"]: item for item in of_rfqs}
        for unicorn in self.unicorns:
            rfqs.check_answers(by_id, unicorn.id, unicorn.answers)
        every_ride = {ride: told for item in of_rfqs for ride, told in rfqs.statuses(item).items()}
        unicorns = [item for item in self._world.items(UNICORNS) if rides.is_unicorn(item)]
        rides.check_end(unicorns, every_ride, self.said)
        rides.check_partners(self.partners.rides(), every_ride)
        noted = {item["ride_id"]["S"]: item for item in self._world.items(UNICORNS) if "cancels" in item}
        rides.check_orders(noted, every_ride)

    def _tell_customers(self, rfq: Any) -> None:
        self.states.add(rfqs.state(rfq))
        if "completed_by" in rfq:
            self._world.news.tell(rfq["id"]["S"])
        for ride, (status, _) in rfqs.statuses(rfq).items():
            if status != "pending":
                self._world.news.tell(ride)

    def _tell_unicorn(self, item: Any) -> None:
        ride = rides.ride_of(item)
        unicorn = next((each for each in self.unicorns if each.id == item["id"]["S"]), None)
        if ride and unicorn and ride not in self._driving:
            self._driving.add(ride)
            self._world.kernel.spawn(lambda: unicorn.drive(ride))
