"""Unicorns in a storm: apps that price by hand or by rate card, drop their lines, drive, complete and cancel."""

import heapq
import itertools
import json
import math
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from infra.rydes.cloud.cloud import Cloud
from tests.chaos.storm.plan import RIDE_SECONDS, Plan
from tests.chaos.storm.story import Answer, Notes, answered, now, parsed
from tests.support.clients import Json, Place, Unicorn

SECONDS_BETWEEN_QUESTIONS = 12.0
"""Half of what services/unicorn-mgmt/README.md says: RFQs give little time."""
SECONDS_OF_SILENCE = 20.0
"""After them without a snapshot a line is dead; five would do if functions did not start on a laptop, and die."""
_CANCELS, _DROPS, _DECLINES, _REPEATS, _RESTS = 0.15, 0.03, 0.2, 0.3, 0.1
"""Of rides, messages, invitations, answers and rides."""
_OVER = {404, 410}
"""A unicorn whose push seemed to fail is not invited any more, though the push may have come."""
SECONDS_OF_REST = 4.0
SECONDS_IDLE = 2.0
EARTH_KM = 6371.007180918475
"""H3's."""


class App:
    """The app of one unicorn. It ends with `over`."""

    def __init__(
        self, cloud: Cloud, unicorn: Unicorn, place: Place, seed: str, notes: Notes, *, silent: bool
    ) -> None:
        self._url, self._unicorn, self._place, self._silent = (
            cloud.urls["unicorn-socket"],
            unicorn,
            place,
            silent,
        )
        self._dice = random.Random(seed)
        self._notes = notes
        self._known: set[str] = set()
        self._todo: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        unicorn.http.event_hooks["response"].append(notes.status)

    def live(self, over: threading.Event, ready: threading.Semaphore) -> None:
        """Stay connected until it is over."""
        first = True
        while not over.is_set():
            with suppress(OSError, WebSocketException):
                headers = {"Authorization": self._unicorn.token}
                with connect(
                    self._url, additional_headers=headers, open_timeout=30, close_timeout=1
                ) as socket:
                    self._notes.count("sockets opened by unicorns")
                    if first:
                        ready.release()
                    first = False
                    self._listen(socket, over)
            self._work()
            over.wait(0.5)

    def _listen(self, socket: ClientConnection, over: threading.Event) -> None:
        asked, snapshot = 0.0, True
        while not over.is_set():
            if time.monotonic() - asked > SECONDS_BETWEEN_QUESTIONS:
                socket.send(json.dumps({"action": "resume"}))
                asked, snapshot = time.monotonic(), False
            if not snapshot and time.monotonic() - asked > SECONDS_OF_SILENCE:
                return  # the line is dead
            self._work()
            try:
                message = parsed(socket.recv(timeout=self._idle()))
            except TimeoutError:
                continue
            if message["type"] == "snapshot":
                snapshot = True
                for invitation in message["invitations"]:
                    self._invited(invitation)
                if "ride" in message:
                    self._drive(message["ride"])
            elif message["type"] == "invitation":
                self._invited(message)
            elif message["type"] == "ride":
                self._drive(message)
            if self._dice.random() < _DROPS:
                self._notes.count("sockets dropped by unicorns")
                return

    def _work(self) -> None:
        while self._todo and self._todo[0][0] <= time.monotonic():
            _, _, work = heapq.heappop(self._todo)
            try:
                work()
            except AssertionError as stuck:
                self._notes.wrong.append(str(stuck).partition("\n")[0])

    def _idle(self) -> float:
        """Seconds until there is something to do, two at most."""
        due = self._todo[0][0] - time.monotonic() if self._todo else SECONDS_IDLE
        return min(max(due, 0.0), SECONDS_IDLE)

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        heapq.heappush(self._todo, (time.monotonic() + seconds, next(self._order), work))

    def _invited(self, invitation: Json) -> None:
        rfq = invitation["rfq-id"]
        if self._silent or rfq in self._known:
            return
        self._known.add(rfq)
        amount = None if self._dice.random() < _DECLINES else f"{self._dice.randrange(800, 3000) / 100:.2f}"
        times = 1 + (self._dice.random() < _REPEATS)
        self._later(self._dice.uniform(0.2, 3.0), lambda: self._answer(rfq, amount, times))

    def _answer(self, rfq: str, amount: str | None, times: int) -> None:
        body: Json = {"decline": "resting"}
        if amount is not None:
            body = {"price": {"amount": amount, "currency": "USD"}, "pickup-in-seconds": 120}
        for _ in range(times):
            status = answered(lambda: self._unicorn.answer(rfq, body), f"an answer to {rfq}").status_code
            if status == 202:
                self._notes.answers.append(Answer(self._unicorn.id, rfq, amount, now()))
            elif status not in _OVER:
                self._notes.wrong.append(f"{self._unicorn.id} answers {rfq}: {status}")

    def _drive(self, ride: Json) -> None:
        ride_id = ride["ride-id"]
        if ride_id in self._known:
            return
        self._known.add(ride_id)
        how = "cancellation" if self._dice.random() < _CANCELS else "completion"
        self._later(self._dice.uniform(*RIDE_SECONDS), lambda: self._end(ride_id, how))

    def _end(self, ride_id: str, how: str) -> None:
        answer = answered(lambda: self._unicorn.http.post(f"/rides/{ride_id}/{how}"), f"{how} of {ride_id}")
        # 409: the booking has failed meanwhile, and the unicorn was released.
        self._notes.endings[self._unicorn.id, ride_id] = how if answer.status_code == 204 else "none"
        if answer.status_code not in {204, 409}:
            self._notes.wrong.append(f"{self._unicorn.id}, {how} of {ride_id}: {answer.status_code}")
        if self._dice.random() < _RESTS:
            self._be(available=False)
            self._later(SECONDS_OF_REST, lambda: self._be(available=True))

    def _be(self, *, available: bool) -> None:
        position = {"lat": self._place.lat + 100 / 111_195, "lon": self._place.lon, "available": available}
        url = f"/unicorns/{self._unicorn.id}/position"
        answered(lambda: self._unicorn.http.put(url, json=position), f"{self._unicorn.id} reports")


def price(place: Place, base: str) -> Decimal:
    """What the rate card says, as services/unicorn-mgmt/README.md has it."""
    ride = place.ride()
    start, end = (
        (math.radians(ride[name]["lat"]), math.radians(ride[name]["lon"])) for name in ("from", "to")
    )
    half = (
        math.sin((end[0] - start[0]) / 2) ** 2
        + math.cos(start[0]) * math.cos(end[0]) * math.sin((end[1] - start[1]) / 2) ** 2
    )
    km = Decimal(2 * EARTH_KM * math.asin(math.sqrt(half)))
    return max(
        Decimal("8.00"), (Decimal(base) + Decimal("1.20") * km).quantize(Decimal("0.01"), ROUND_HALF_UP)
    )


class Herd:
    """All unicorns of a plan, with their apps, while the context lasts."""

    def __init__(self, cloud: Cloud, plan: Plan, places: list[Place], notes: Notes) -> None:
        self._over, self._ready = threading.Event(), threading.Semaphore(0)
        self.sites: list[dict[str, Unicorn]] = []
        self.by_hand: set[str] = set()
        self.prices: dict[str, Decimal] = {}
        """Of those on auto-quote, for the one ride that is asked for at their site."""
        self._threads = []
        for site, place in enumerate(places):
            here = {}
            for number in range(plan.unicorns + (site in plan.hermits)):
                silent = number == plan.unicorns
                by_hand = silent or number == 0
                unicorn = Unicorn(cloud, auto_quote=not by_hand, base=f"{3 + number}.50")
                unicorn.report(place, metres=100)
                here[unicorn.id] = unicorn
                self.prices[unicorn.id] = price(place, f"{3 + number}.50")
                self.by_hand |= {unicorn.id} if by_hand else set()
                app = App(cloud, unicorn, place, f"{plan.seed}/{site}/{number}", notes, silent=silent)
                self._threads.append(
                    threading.Thread(target=app.live, args=(self._over, self._ready), daemon=True)
                )
            self.sites.append(here)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
            self._ready.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
