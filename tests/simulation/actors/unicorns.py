"""Unicorns: they register, quote by rate card or by hand, and drive those who have booked them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tests.simulation.actors.apps import App
from tests.simulation.actors.customers import PLACES
from tests.simulation.http import Session
from tests.simulation.invariants.invitations import check_snapshot
from tests.simulation.stacks import RFQS, UNICORNS
from unicorn_mgmt.domain.unicorn import unicorn_id

CARD = {
    "base": {"amount": "5.00", "currency": "USD"},
    "per-km": {"amount": "1.00", "currency": "USD"},
    "minimum": {"amount": "7.00", "currency": "USD"},
}


NAME = "Gerda the Quick"
"""What passengers may see, and nobody else."""
_MAY_BE_MISSING_FOR = 2.0
"""Seconds: an index may lag by one, and clocks differ."""
_RESTS = 0.1
"""How many want no rides for a while."""
_FORGETS = 0.2
"""How many never say what has become of a ride."""


@dataclass(frozen=True)
class Registered:
    """Which user a unicorn is, and where."""

    sub: str
    place: str
    auto_quote: bool


class Unicorn:
    """One unicorn at its place."""

    def __init__(self, world: Any, how: Registered, out: Mapping[str, float] = MappingProxyType({})) -> None:
        """`out` tells since when all invitations of an RFQ are out."""
        self._world = world
        self._out = out
        self._kernel = world.kernel
        self._chance = world.actors_chance
        self.how = how
        self._http = Session(world, world.url("unicorn-mgmt-api"), how.sub, "unicorns")
        self.id = unicorn_id(how.sub)
        self._app = App(world, "unicorn-mgmt", how.sub, "unicorns", self._hear)
        self._invited: set[str] = set()
        self.answers: dict[str, bool] = {}
        """Of each RFQ whether the answer was a quote, if it was taken."""
        self.taken: dict[str, float] = {}
        """When that was."""

    def register(self) -> None:
        """Come to work."""
        body = {"name": NAME, "rate-card": CARD, "auto-quote": self.how.auto_quote}
        self._http.insist("POST", "/unicorns", body)
        self._report(available=True)

    def rest(self) -> None:
        """Want no rides for a while, now and then."""
        if self._chance.random() >= _RESTS:
            return
        self._kernel.sleep(self._chance.uniform(0, 20))
        self._report(available=False)
        self._kernel.sleep(self._chance.uniform(0, 40))
        self._report(available=True)

    def _report(self, *, available: bool) -> None:
        body = {**PLACES[self.how.place], "available": available}
        self._http.insist("PUT", f"/unicorns/{self.id}/position", body)

    def work(self) -> None:
        """Stay connected, if it prices by hand. Now and then the line drops."""
        if self.how.auto_quote:
            return
        self._app.stay_connected({"action": "resume"})
        while self._world.faults.on:
            self._kernel.sleep(self._chance.uniform(1, 15))
            if self._world.faults.happens("line-drops"):
                self._app.drop({"action": "resume"})

    def _hear(self, message: dict[str, Any], since: float) -> None:
        """Answer an invitation. One that was lost is in the next snapshot."""
        invitations = [message]
        if message["type"] == "snapshot":
            invitations = message["invitations"]
            check_snapshot(
                self._world.items(UNICORNS),
                self.id,
                {each["rfq-id"] for each in invitations},
                self._kernel.now,
                out={
                    rfq
                    for rfq, at in self._out.items()
                    if at + _MAY_BE_MISSING_FOR < since and self._is_asked(rfq)
                },
            )
        for each in invitations:
            if each.get("type", "invitation") == "invitation" and each["rfq-id"] not in self._invited:
                self._invited.add(each["rfq-id"])
                self._kernel.spawn(lambda rfq_id=each["rfq-id"]: self._price(rfq_id))

    def _is_asked(self, rfq_id: str) -> bool:
        """Tell whether the RFQ waits for this unicorn. A delivery that has failed may have invited more of them."""
        rfq = self._world.item(RFQS, rfq_id)
        return rfq is not None and self.id in rfq["responders"]["M"]

    def _price(self, rfq_id: str) -> None:
        self._kernel.sleep(self._chance.uniform(0.5, 8))
        price = {"price": {"amount": "21.00", "currency": "USD"}, "pickup-in-seconds": 90}
        quotes = self._chance.random() < 0.7
        body = price if quotes else {"decline": "lunch"}
        answer = self._http.insist("POST", f"/rfqs/{rfq_id}/answers", body)
        # Whoever does not seem to have been told is not invited any more.
        assert answer.status in (202, 404, 410), answer
        if answer.status == 202:
            self.answers[rfq_id], self.taken[rfq_id] = quotes, self._kernel.now

    def drive(self, ride_id: str) -> None:
        """Bring a passenger to the destination, give up, or say nothing about it."""
        if self._chance.random() < _FORGETS:
            return
        self._kernel.sleep(self._chance.uniform(1, 30))
        how = "completion" if self._chance.random() < 0.8 else "cancellation"
        answer = self._http.insist("POST", f"/rides/{ride_id}/{how}")
        assert answer.status in (204, 404, 409), answer
