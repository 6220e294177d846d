"""A herd of unicorns that price by hand, behind sockets that lose what they like, on a clock of its own.

unicorn-mgmt's use cases and API run on moto, ride-booking's aggregator on RFQs in memory. In between are the lines of
the unicorns' apps: a push that API Gateway takes may be lost, and a line may die without a word. All chance comes from
the seed.
"""

import heapq
import itertools
import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ride_booking.domain.rfq import Rfq
from ride_booking.use_cases.aggregator import Aggregator
from tests.support.aws import refusal
from tests.support.ride_booking.world import rfq as new_rfq
from tests.support.unicorn_mgmt.api_client import Client
from tests.support.unicorn_mgmt.invitations import by_hand
from tests.support.unicorn_mgmt.messages import over
from tests.support.unicorn_mgmt.world import NOW, World
from wild_rydes_contracts import RfqResponse
from wild_rydes_dynamodb.change import Change

RESPOND_WITHIN = timedelta(seconds=60)
THINKS = (0.5, 4.0)
"""Seconds from an invitation to the answer."""
NOTICED_WITHIN = 20.0
"""Seconds until API Gateway closes a line that has died, and until an app that listens only does so."""
NOTICED_AT_ONCE = 0.5
"""How often a phone knows by itself that its line has died."""
SECONDS_AWAY = (0.2, 3.0)
QUOTE = {"price": {"amount": "12.50", "currency": "USD"}, "pickup-in-seconds": 240}


@dataclass(frozen=True)
class Weather:
    """What lines are like: the share of pushes that they lose, and how many seconds they last on average."""

    loss: float
    line_lasts: float = float("inf")


@dataclass(frozen=True)
class Habits:
    """How an app says something: every so many seconds, and it believes a line dead that does not answer for `patience`.

    None: it says nothing and listens, as apps did before there were snapshots.
    """

    every: float | None = 30.0
    patience: float = 5.0


@dataclass
class Line:
    """A connection. `works` as long as the app gets anything over it, `open` as long as API Gateway thinks so."""

    app: "App"
    works: bool = True
    open: bool = True
    pushes: int = 0


@dataclass
class App:
    """A unicorn's app: what it knows of, whatever it may have lost."""

    name: str
    connection: str | None = None
    known: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)
    heard: int = 0
    """Snapshots."""


class Sky:
    """API Gateway and the lines behind it. It is the client of the service's `Sockets`, and used by several threads."""

    time = 0.0
    """Of the clock of `Sockets`: pushes take no time."""

    def __init__(self, weather: Weather, seed: int) -> None:
        self._weather, self._seed = weather, seed
        self._lock = threading.Lock()
        self.lines: dict[str, Line] = {}
        self.arrived: list[tuple[str, int, dict[str, Any]]] = []
        self.pushed = self.lost = 0

    @property
    def client(self) -> "Sky":
        return self

    def post_to_connection(self, *, ConnectionId: str, Data: bytes) -> None:  # noqa: N803 - botocore's names
        with self._lock:
            line = self.lines[ConnectionId]
            if not line.open:
                raise refusal("GoneException", 410)
            line.pushes += 1
            self.pushed += 1
            chance = random.Random(f"{self._seed}/{ConnectionId}/{line.pushes}").random()
            if not line.works or chance < self._weather.loss:
                self.lost += 1
            else:
                self.arrived.append((ConnectionId, line.pushes, json.loads(Data)))


class Rfqs:
    """ride-booking's table: what `Aggregator` needs of it."""

    def __init__(self) -> None:
        self.items: dict[str, Rfq] = {}

    def change(self, rfq_id: str, rule: Callable[[Rfq], Rfq]) -> Change[Rfq]:
        before = self.items[rfq_id]
        self.items[rfq_id] = rule(before)
        return Change(before, self.items[rfq_id])


class Herd:
    """Unicorns at one place, all connected, and the RFQs that they are invited to."""

    def __init__(self, world: World, weather: Weather, habits: Habits, *, unicorns: int, seed: int) -> None:
        self._world, self._weather, self._habits, self._seed = world, weather, habits, seed
        self._sky = world.socket = Sky(weather, seed)  # type: ignore[assignment]
        self._api = Client(world)
        self._rfqs = Rfqs()
        self._aggregator: Any = Aggregator(
            consumer=world.consumer(RfqResponse),
            rfqs=self._rfqs,  # type: ignore[arg-type]
            logger=world.logger,
            metrics=world.metrics,
            now=lambda: world.now,
        )
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order, self._connections = itertools.count(), itertools.count()
        self._clock = 0.0
        for number in range(unicorns):
            app = App(f"unicorn-{number}")
            by_hand(world, app.name)
            self._connect(app)

    def run(self, rfqs: int, apart: float) -> Counter[str]:
        """Submit RFQs, so many seconds apart, and let all of them end. How they ended, and how often."""
        for number in range(rfqs):
            self._in(1 + number * apart, lambda number=number: self._submit(f"rfq-{number}"))  # type: ignore[misc]
        end = 1 + rfqs * apart + RESPOND_WITHIN.total_seconds()
        while self._agenda and self._agenda[0][0] <= end:
            self._clock, _, action = heapq.heappop(self._agenda)
            self._world.now = NOW + timedelta(seconds=self._clock)
            action()
            self._arrive()
            self._world.metrics.clear_metrics()
        assert self._world.parked() == []
        return Counter(rfq.completion.by for rfq in self._rfqs.items.values() if rfq.completion)

    @property
    def waits(self) -> list[float]:
        """The seconds from each RFQ that all have answered to its end."""
        ended = [(rfq.created_at, rfq.completion) for rfq in self._rfqs.items.values()]
        return [
            (completion.at - created).total_seconds()
            for created, completion in ended
            if completion and completion.by == "all-answered"
        ]

    @property
    def lost(self) -> float:
        """The share of pushes that API Gateway took and no app got."""
        return self._sky.lost / self._sky.pushed

    @property
    def pushes(self) -> int:
        """Pushes that API Gateway took."""
        return self._sky.pushed

    def _in(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (self._clock + seconds, next(self._order), action))

    def _dice(self, *what: object) -> random.Random:
        return random.Random("/".join(map(str, (self._seed, *what))))

    # What the customer does.

    def _submit(self, rfq_id: str) -> None:
        now = self._world.now
        deadline = now + RESPOND_WITHIN
        self._rfqs.items[rfq_id] = new_rfq(id=rfq_id, created_at=now, deadline=deadline)
        event = self._world.deliver(self._world.request(rfq_id, deadline=deadline))
        assert self._world.responder().handle(event) == {"batchItemFailures": []}
        self._gather()
        self._in(RESPOND_WITHIN.total_seconds(), lambda: self._close(rfq_id))

    def _gather(self) -> None:
        event = self._world.deliver(queue=self._world.replies)
        assert self._aggregator.handle(event) == {"batchItemFailures": []}
        for record in event["Records"]:
            self._world.sqs.delete_message(
                QueueUrl=self._world.replies, ReceiptHandle=record["receiptHandle"]
            )

    def _close(self, rfq_id: str) -> None:
        change = self._rfqs.change(rfq_id, lambda rfq: rfq.close(self._world.now))
        if how := change.after.completed_since(change.before):
            self._world.closings().handle(self._world.deliver(over(rfq_id, how)))

    # What the lines do.

    def _happen(self, what: str, connection: str, app: App) -> None:
        context = {"eventType": what, "connectionId": connection, "authorizer": {"sub": app.name}}
        assert self._world.socket_events().handle({"requestContext": context}) == {"statusCode": 200}

    def _die(self, connection: str) -> None:
        line, dice = self._sky.lines[connection], self._dice("death", connection)
        line.works = False
        noticed = dice.uniform(0, NOTICED_WITHIN)
        self._in(noticed, lambda: self._hang_up(connection))
        known = 0.0 if dice.random() < NOTICED_AT_ONCE else noticed
        self._in(known + dice.uniform(*SECONDS_AWAY), lambda: self._reconnect(connection))

    def _hang_up(self, connection: str) -> None:
        line = self._sky.lines[connection]
        if line.open:
            line.open = False
            self._happen("DISCONNECT", connection, line.app)

    def _arrive(self) -> None:
        arrived, self._sky.arrived = sorted(self._sky.arrived, key=lambda each: each[:2]), []
        for connection, _, message in arrived:
            self._receive(connection, message)

    # What the app does.

    def _connect(self, app: App) -> None:
        app.connection = connection = f"c-{next(self._connections)}"
        self._sky.lines[connection] = Line(app)
        self._happen("CONNECT", connection, app)
        if self._weather.line_lasts != float("inf"):
            lasts = self._dice("life", connection).expovariate(1 / self._weather.line_lasts)
            self._in(lasts, lambda: self._die(connection))
        if self._habits.every is not None:
            self._speak(connection)

    def _reconnect(self, connection: str) -> None:
        """The app believes this line dead; it closes it, and opens another."""
        line = self._sky.lines[connection]
        if line.app.connection != connection:
            return
        if line.works:
            self._hang_up(connection)
        self._connect(line.app)

    def _speak(self, connection: str) -> None:
        line, habits = self._sky.lines[connection], self._habits
        app = line.app
        if app.connection != connection or habits.every is None:
            return
        heard = app.heard
        if line.works:
            self._happen("MESSAGE", connection, app)

        def look() -> None:
            if app.heard == heard:
                self._reconnect(connection)

        self._in(habits.patience, look)
        self._in(habits.every, lambda: self._speak(connection))

    def _receive(self, connection: str, message: dict[str, Any]) -> None:
        app = self._sky.lines[connection].app
        if app.connection != connection:
            return
        match message["type"]:
            case "invitation":
                self._think(app, message["rfq-id"])
            case "snapshot" if self._habits.every is not None:
                app.heard += 1
                for invitation in message["invitations"]:
                    self._think(app, invitation["rfq-id"])
            case "invitation-closed":
                app.over.add(message["rfq-id"])

    def _think(self, app: App, rfq_id: str) -> None:
        if rfq_id not in app.known:
            app.known.add(rfq_id)
            self._in(
                self._dice("thinks", app.name, rfq_id).uniform(*THINKS), lambda: self._answer(app, rfq_id)
            )

    def _answer(self, app: App, rfq_id: str) -> None:
        if rfq_id in app.over:
            return
        id_ = f"invitation#{rfq_id}"
        before = self._world.item(id_)
        status = self._api("POST", f"/rfqs/{rfq_id}/answers", QUOTE, sub=app.name).status
        # Whoever was taken for unreachable has its invitation taken back, even if the push has arrived after all.
        assert status in {202, 403, 410}
        if status == 202:
            self._world.outbox().handle({"Records": [self._world.record(id_, before)]})
            self._gather()
