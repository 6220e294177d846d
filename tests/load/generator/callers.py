"""Who calls the system: customers who poll, customers who watch, and programs. Locust's users, who take what is due.

A user does not decide when it comes: it waits for an arrival, and all that it measures counts from when that was due. So an
answer that is slow, or a generator that is, makes latencies longer and never the load less.
"""

import json
import random
import time
import uuid
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar

import gevent
import websocket
from gevent.lock import BoundedSemaphore
from geventhttpclient.client import HTTPClientPool
from locust import FastHttpUser, task
from locust.contrib.fasthttp import ResponseContextManager

from tests.load.generator.arrivals import Arrival
from tests.load.generator.town import Town

PATIENCE = 60
"""Seconds after an RFQ's deadline until its caller takes it for lost."""
_TRIES = 5
_TIMEOUT = 30.0
_OPENING = BoundedSemaphore(2)
"""Sockets that are opened at once: each takes a process to let it in."""
Json = dict[str, Any]


class GoneError(Exception):
    """The caller was refused, and goes away. Why is in the journal."""


class Caller(FastHttpUser):
    """Somebody who comes when an arrival is due, and does what callers of the kind do."""

    abstract = True
    host = "http://localhost"  # none of its own: each call has its whole URL
    kind: ClassVar[str]
    town: ClassVar[Town]

    @classmethod
    def settle(cls, town: Town) -> None:
        """Let all callers live in this town. They share its connections: who waits for one has waited since it was due."""
        Caller.town = town
        Caller.client_pool = HTTPClientPool(
            concurrency=town.connections, network_timeout=_TIMEOUT, connection_timeout=_TIMEOUT
        )

    def on_start(self) -> None:
        """Be there."""
        self.dice = random.Random(f"{self.town.seed}/{self.kind}/{self.town.here}")
        self.headers = self.credentials(self.town.here)
        self.prepare()
        self.town.here += 1

    def credentials(self, number: int) -> dict[str, str]:
        """The headers of the caller of this number."""
        return {"Authorization": self.town.customers[number % len(self.town.customers)]}

    def prepare(self) -> None:
        """What a caller does before anything is due."""

    @task
    def live(self) -> None:
        """Take one arrival, see it through to its end."""
        arrival: Arrival = self.town.due[self.kind].get()
        self.due = arrival.at
        for _ in range(self.town.brings.get(self.kind, 1)):
            self.note("sent", self.due, time.time())
        try:
            self.come()
        except GoneError:
            pass
        finally:
            self.town.on_their_way -= 1

    def come(self) -> None:
        """What is done on an arrival."""
        raise NotImplementedError

    def note(self, name: str, since: float, until: float, error: str | None = None) -> None:
        """Write something seen to the journal: how long it took from one instant to another."""
        self.environment.events.request.fire(
            request_type="seen",
            name=name,
            response_time=(until - since) * 1000,
            response_length=0,
            exception=error,
            context={"due": self.due, "who": self.kind},
        )

    def call(
        self, method: str, url: str, name: str, body: object = None, **headers: str
    ) -> ResponseContextManager:
        """Call an API; again when it asks for that, or does not answer. Raises GoneError if it refuses."""
        for _ in range(_TRIES):
            with self.client.request(
                method,
                url,
                name=name,
                data=None if body is None else json.dumps(body),
                headers={**self.headers, "Content-Type": "application/json", **headers},
                catch_response=True,
                allow_redirects=False,
                context={"due": self.due, "who": self.kind},
            ) as answer:
                error = _error(answer)
                if error is None:
                    answer.success()
                    return answer
                answer.failure(error)
            if answer.status_code not in {0, 500, 503}:
                break
            gevent.sleep(float((answer.headers or {}).get("Retry-After", 1)))
        raise GoneError

    def submit(self, api: str) -> str:
        """Submit an RFQ; its URL."""
        body = {**self.dice.choice(self.town.rides), "respond-within": self.town.respond_within}
        url = f"{self.town.urls[api]}/instant-ride-rfqs"
        try:
            answer = self.call("POST", url, "POST RFQ", body, **{"Idempotency-Key": str(uuid.uuid4())})
        except GoneError:
            self.note("accepted", self.due, time.time(), "refused")
            raise
        self.note("accepted", self.due, time.time())
        return str(answer.headers["Location"])

    def follow(self, rfq: str) -> Json:
        """Look at an RFQ as often as its API asks, until it is over; its result. Notes when all had answered."""
        give_up = self.due + self.town.respond_within + PATIENCE
        answer = self.call("GET", rfq, "GET RFQ")
        while answer.status_code != 303:
            if time.time() > give_up:
                self.note("all quotes", self.due, time.time(), "never completed")
                raise GoneError
            gevent.sleep(float(answer.headers["Retry-After"]))
            answer = self.call("GET", rfq, "GET RFQ")
        result: Json = self.call("GET", answer.headers["Location"], "GET result").json()
        by = result["completed-by"]
        error = None if by == "all-answered" else f"by {by}"
        self.note("all quotes", self.due, _instant(result["completed-at"]), error)
        return result

    def book(self, result: Json) -> None:
        """Now and then book a quote, and wait until it is confirmed. A unicorn ends its ride at once."""
        if not result["quotes"] or self.dice.random() > self.town.booked:
            return
        quote, asked = self.dice.choice(result["quotes"]), time.time()
        body, key = {"quote-id": quote["quote-id"]}, {"Idempotency-Key": str(uuid.uuid4())}
        url = f"{self.town.urls['rfq-api']}/instant-ride-rfqs/{result['id']}/bookings"
        ride = self.call("POST", url, "POST booking", body, **key).json()
        while ride["status"] == "pending":  # for a minute at most
            gevent.sleep(1)
            ride = self.call("GET", f"{self.town.urls['rfq-api']}/rides/{ride['id']}", "GET ride").json()
        error = f"rejected: {ride['reason']}" if ride["status"] == "rejected" else None
        self.note("confirmed", asked, _instant(ride["changed-at"]), error)
        token = self.town.unicorns.get(ride["responder-id"])
        if token and not error:
            url = f"{self.town.urls['unicorn-api']}/rides/{ride['id']}/completion"
            self.call("POST", url, "POST completion", Authorization=token)


class Poller(Caller):
    """A customer who looks again and again."""

    kind = "poller"
    fixed_count = 500

    def come(self) -> None:
        """Ask, look, and book at times."""
        self.book(self.follow(self.submit("rfq-api")))


class Watcher(Caller):
    """A customer whose app is open, and hears of each quote."""

    kind = "watcher"
    fixed_count = 60

    def prepare(self) -> None:
        """Open the app."""
        self.socket: websocket.WebSocket | None = None
        self.due = time.time()
        try:
            self._connected()
        except (OSError, websocket.WebSocketException) as error:
            self._broken(error)

    def come(self) -> None:
        """Ask, watch, and book at times."""
        rfq = self.submit("rfq-api")
        over = self._watch(rfq.rpartition("/")[2])
        result = self.follow(rfq)
        if over:
            self.note("push", _instant(result["completed-at"]), over)
        self.book(result)

    def _watch(self, rfq_id: str) -> float | None:
        """Watch an RFQ to its end; when that was told, None if it was over before or the line broke."""
        quoted, first = False, True
        try:
            line = self._connected()
            line.settimeout(self.town.respond_within + PATIENCE)
            line.send(json.dumps({"action": "subscribe", "rfq-id": rfq_id}))
            while True:
                message = json.loads(line.recv())
                if message.get("rfq-id") != rfq_id:
                    continue  # of a ride that was booked before
                if message.get("quotes") and not quoted:
                    quoted = True
                    self.note("first quote", self.due, time.time())
                if message.get("status") == "completed":
                    return None if first else time.time()
                first = False
        except (OSError, websocket.WebSocketException, ValueError) as error:
            self._broken(error)
            return None

    def _connected(self) -> "websocket.WebSocket":
        """The app's line, a new one if there is none."""
        if self.socket is None:
            with _OPENING:
                began = time.time()
                self.socket = websocket.create_connection(
                    self.town.urls["rfq-socket"], header=self.headers, timeout=_TIMEOUT
                )
                self.note("socket open", began, time.time())
        return self.socket

    def _broken(self, error: Exception) -> None:
        self.note("socket", self.due, time.time(), type(error).__name__)
        if self.socket is not None:
            with suppress(OSError, websocket.WebSocketException):
                self.socket.close()
        self.socket = None


class Machine(Caller):
    """A program with a key."""

    kind = "machine"
    fixed_count = 200

    def credentials(self, number: int) -> dict[str, str]:
        """A program's token and key."""
        return self.town.machines[number % len(self.town.machines)]

    def come(self) -> None:
        """Ask, and look."""
        self.follow(self.submit("machine-api"))


class BatchMachine(Machine):
    """A program that sends many RFQs in one message."""

    kind = "batch"
    fixed_count = 40

    def come(self) -> None:
        """Send a batch, wait until it has been looked at, and look at its RFQs."""
        api, many = self.town.urls["machine-api"], self.town.brings[self.kind]
        rfqs = [
            {**self.dice.choice(self.town.rides), "respond-within": self.town.respond_within}
            for _ in range(many)
        ]
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answer = self.call("POST", f"{api}/rfq-batches", "POST batch", {"rfqs": rfqs}, **key)
        self.note("batch stored", self.due, time.time())
        batch = answer.json()["links"]["self"]
        while answer.status_code == 202:
            gevent.sleep(1)
            answer = self.call("GET", batch, "GET batch")
        self.note("batch processed", self.due, time.time())
        outcomes = answer.json()["rfqs"]
        for rfq in outcomes:
            error = None if rfq["status"] == "accepted" else str(rfq["problem"]["status"])
            self.note("accepted", self.due, time.time(), error)
        for rfq in outcomes:
            if rfq["status"] == "accepted":
                self.follow(rfq["links"]["self"])


def _error(answer: ResponseContextManager) -> str | None:
    """What kind of error an answer is, None if it is none."""
    if 200 <= answer.status_code < 400:
        return None
    if answer.status_code == 0:
        return "no answer"
    if answer.status_code == 429:
        problem = "problem+json" in (answer.headers or {}).get("Content-Type", "")
        return "429 too many open RFQs" if problem and "open RFQs" in (answer.text or "") else "429 throttled"
    return str(answer.status_code)


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
