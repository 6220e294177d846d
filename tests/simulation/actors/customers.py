"""Customers: they ask, wait, book the best quote, and ride."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulation.actors.apps import App
from tests.simulation.http import Response, Session, path_of
from tests.simulation.invariants.shown import (
    check_cancelled,
    check_refused,
    check_result,
    check_ride,
    check_so_far,
)
from tests.simulation.invariants.violation import require

PLACES = {
    "unicorns only": {"lat": 48.2049, "lon": -122.3321},
    "downtown": {"lat": 47.6062, "lon": -122.3321},
}
DESTINATION = {"lat": 47.4502, "lon": -122.3088}
LABEL = "aunt Beatrix's house"
"""What nobody may find in a log or on the bus."""


_POLL, _WATCH, _RESTLESS = 0.2, 0.15, 0.2
"""How many do not wait to be told, how many watch over the socket, and how many of these have a bad line."""
_INDEX_LAGS_BY = 1.5
"""Seconds."""
_DROPS = 12
"""How often a bad line drops."""
_LEAVES = 0.25
"""How many never look at their RFQ again, and as many at their ride."""
_DOCUMENT = 0.2
"""How many want a status document."""
_CURIOUS = 0.06
"""How many look at what else there is to see."""
_ROBBED = 0.05
"""How many have somebody else at their RFQ, who is none of theirs."""
_DREAMS, _DREAMS_FOR = 0.03, (590.0, 640.0)
"""How many come back when their quotes are about to expire, or have."""
_INSISTS = 0.1
"""How many try to book what they have cancelled, or have booked."""


@dataclass
class Asked:
    """An RFQ of a customer, and what they have seen of it."""

    id: str
    document: bool
    cancelling: bool = False
    cancelled: bool = False
    watched: bool = False
    bookings: int = 0
    """How many were tried."""
    result: Any = None


class Customer:
    """Asks for quotes. Rivals book at the same moment."""

    def __init__(
        self, world: Any, name: str, place: dict[str, float], rfqs: Mapping[str, Any], *, rival: bool
    ) -> None:
        """`rfqs` has the items of all RFQs, as they are."""
        self._world = world
        self._rfqs = rfqs
        self._kernel = world.kernel
        self._chance = world.actors_chance
        self.name = name
        self._place = place
        self._on_the_stroke = rival
        self._http = Session(world, world.url("ride-booking-api"), name, "customers")
        self._stranger = Session(world, world.url("ride-booking-api"), "stranger", "customers")
        self.app = App(world, "ride-booking", name, "customers", self._hear)
        self.asked: list[Asked] = []
        self.done = False

    def run(self) -> None:
        """Live."""
        self._kernel.sleep(self._chance.choice((0.0, self._chance.random() * 2)))
        self._ask()
        self.done = True

    def _ask(self) -> None:
        within = self._chance.choice((5, 15, 60))
        body = {"from": {**self._place, "label": LABEL}, "to": DESTINATION, "respond-within": within}
        headers = {"idempotency-key": f"key of {self.name}"}
        document = self._chance.random() < _DOCUMENT
        if document:
            headers["prefer"] = "status-document"
        answer = self._http.insist("POST", "/instant-ride-rfqs", body, headers)
        assert answer.status == 202, answer
        asked = Asked(answer.body["id"], document)
        self.asked.append(asked)
        path = path_of(answer.headers["location"])
        if self._chance.random() < _WATCH:
            asked.watched = True
            self._kernel.spawn(lambda: self._watch(asked))
        if self._chance.random() < _ROBBED:
            self._rob(path)
        if self._chance.random() < 0.1:
            self._kernel.sleep(self._chance.random() * within)
            self._cancel(asked, path)
        if self._chance.random() < _LEAVES:
            return
        if self._chance.random() < _CURIOUS:
            self._look_around(asked, path)
        self._follow(asked, path, within)
        asked.result = self._http.insist("GET", f"{path}/result").body
        check_result(asked.result, self._rfqs[asked.id])
        if self._chance.random() < (_INSISTS if asked.cancelled else 0.9):
            self._book(asked, path)

    def _cancel(self, asked: Asked, path: str) -> None:
        asked.cancelling = True
        answer = self._http.insist("DELETE", path)
        check_cancelled(answer.status, self._rfqs[asked.id])
        asked.cancelled = answer.status == 204

    def _rob(self, path: str) -> None:
        """Let somebody else try to see, to cancel and to book what is not theirs."""
        for method, there, body in (
            ("GET", path, None), ("GET", f"{path}/result", None), ("GET", f"{path}/quotes", None), ("DELETE", path, None),
            ("POST", f"{path}/bookings", {"quote-id": "u-1"}),
        ):  # fmt: skip
            status = self._stranger.insist(method, there, body).status
            require(status == 404, "strangers-see-nothing", f"{method} {there}: {status}")

    def _look_around(self, asked: Asked, path: str) -> None:
        """Look at the quotes so far, and at all RFQs."""
        check_so_far(self._http.insist("GET", f"{path}/quotes").body, self._rfqs[asked.id])
        self._kernel.sleep(_INDEX_LAGS_BY)
        listed = [each["id"] for each in self._http.insist("GET", "/instant-ride-rfqs").body["rfqs"]]
        require(listed == [asked.id], "all-rfqs-are-listed", f"{listed}, and not {asked.id}")

    def _watch(self, asked: Asked) -> None:
        """Watch an RFQ over the socket until it has its result. Whoever loses the line subscribes again."""
        hello = {"action": "subscribe", "rfq-id": asked.id}
        restless = _DROPS if self._chance.random() < _RESTLESS else 0
        self.app.stay_connected(hello)
        while asked.result is None and self._world.faults.on:
            self._kernel.sleep(0.4 if restless else self._chance.uniform(1, 10))
            if restless or self._world.faults.happens("line-drops"):
                self.app.drop(hello, most=0.1 if restless else 10)
                restless = max(0, restless - 1)

    def _hear(self, message: dict[str, Any], _: float) -> None:
        reason = message.get("reason") if message["type"] == "refused" else None
        require(
            reason in (None, "try-again", "subscribe-again"),
            "whoever-resumes-is-let-in",
            f"{self.name}: {reason}",
        )

    def _follow(self, asked: Asked, path: str, within: int) -> None:
        """Wait for the end of an RFQ: some look again and again, others until they are told."""
        polls, pause = self._chance.random() < _POLL, 0.3
        while True:
            if polls:
                self._kernel.sleep(pause * (0.5 + self._chance.random()))
                pause = min(within / 3, pause * 3)
            else:
                self._world.news.wait(asked.id, within)
            answer = self._http.insist("GET", path)
            if answer.status == 303:
                return
            assert answer.status == 200, answer

    def _book(self, asked: Asked, path: str) -> None:
        quotes = asked.result["quotes"]
        if self._chance.random() < _DREAMS:
            self._kernel.sleep(self._chance.uniform(*_DREAMS_FOR))
        if self._on_the_stroke:  # so do others, and want the same unicorn
            self._kernel.sleep(10 - self._kernel.now % 10)
        insists = self._chance.random() < _INSISTS
        for attempt, quote in enumerate(quotes[:2]):
            before = asked.bookings
            asked.bookings += 1
            answer = self._http.insist(
                "POST",
                f"{path}/bookings",
                {"quote-id": quote["quote-id"]},
                {"idempotency-key": f"{asked.id}-{attempt}"},
            )
            if answer.status != 202:
                assert answer.status in (409, 410), answer
                running = "still arriving" in answer.body["detail"]
                require(not running, "what-was-seen-stays", f"{asked.id} has had a result")
                item = self._rfqs[asked.id]
                check_refused(answer, item, quote["quote-id"], before, self._kernel.now)
                asked.bookings -= 1
                return
            if (self._chance.random() < _LEAVES or self._rides(asked, answer)) and not insists:
                return

    def _rides(self, asked: Asked, booked: Response) -> bool:
        """Follow a ride until it is confirmed or rejected."""
        path, polls, pause = path_of(booked.headers["location"]), self._chance.random() < _POLL, 0.3
        while True:
            if polls:
                self._kernel.sleep(pause * (0.5 + self._chance.random()))
                pause = min(20.0, pause * 3)
            else:
                self._world.news.wait(path.rpartition("/")[2], 20.0)
            ride = self._http.insist("GET", path).body
            check_ride(ride, self._rfqs[asked.id])
            if ride["status"] != "pending":
                return bool(ride["status"] != "rejected")
