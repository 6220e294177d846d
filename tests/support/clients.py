"""What the end-to-end tests do as the outside world: customers and unicorns over the APIs, anyone over the queues."""

import itertools
import json
import time
import uuid
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from websockets.sync.client import connect

from infra.rydes.cloud.cloud import Cloud
from tests.support.patience import PATIENCE, eventually, step

REPLY_QUEUE = "wild-rydes-reply-ride-booking"
INBOX = "unicorn-mgmt-inbox"
DEADLINES = "ride-booking-deadlines"

Json = dict[str, Any]

_places = itertools.count()


class Patient(httpx.HTTPTransport):
    """Tries again what is answered by 503 with Retry-After, as the APIs ask their callers to."""

    def __init__(self) -> None:
        # Nothing here is TLS, and each of a thousand customers would read all authorities' certificates.
        super().__init__(verify=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/_aws/execute-api/")
        call, give_up = f"{request.method} {path}", time.monotonic() + PATIENCE
        with step(call):
            answer = super().handle_request(request)
        while answer.status_code == 503 and "Retry-After" in answer.headers and time.monotonic() < give_up:
            answer.close()
            time.sleep(float(answer.headers["Retry-After"]))
            with step(f"{call}, again after 503"):
                answer = super().handle_request(request)
        return answer


def api(url: str, token: str) -> httpx.Client:
    """An API at this URL, for whoever has this token."""
    return httpx.Client(base_url=url, headers={"Authorization": token}, timeout=PATIENCE, transport=Patient())


def key() -> dict[str, str]:
    """The header of a new request, which says of its repetitions that they are the same."""
    return {"Idempotency-Key": str(uuid.uuid4())}


@dataclass(frozen=True)
class Place:
    """A point far from every other test's, so that each test has its own unicorns."""

    lat: float
    lon: float

    @classmethod
    def new(cls) -> "Place":
        number = next(_places)
        return cls(-40.0 + number // 100, -120.0 + number % 100)

    def ride(self, **more: Any) -> Json:
        """A request's body for a ride of about 15 km from here."""
        return {
            "from": {"lat": self.lat, "lon": self.lon, "label": "Secret Garden"},
            "to": {"lat": self.lat + 0.13, "lon": self.lon + 0.01, "label": "Hidden Harbour"},
            **more,
        }


class Customer:
    """A caller of the RFQ API."""

    def __init__(self, cloud: Cloud, name: str | None = None, group: str = "customers") -> None:
        self.name = name or f"customer-{uuid.uuid4().hex[:12]}"
        self.token = cloud.token(self.name, group)
        self.http = api(cloud.urls["rfq-api"], f"Bearer {self.token}")

    def submit(self, place: Place, **more: Any) -> str:
        """Submit an RFQ; its URL."""
        answer = self.http.post("/instant-ride-rfqs", json=place.ride(**more), headers=key())
        assert answer.status_code == 202, answer.text
        return answer.headers["Location"]

    def result(self, rfq: str) -> Json:
        """Follow an RFQ to its end; its result."""
        ended = eventually(
            lambda: self.http.get(rfq),
            f"the end of RFQ {rfq.rpartition('/')[2]}",
            lambda answer: answer.status_code != 200,
        )
        assert ended.status_code == 303, ended.text
        found: Json = self.http.get(ended.headers["Location"]).raise_for_status().json()
        return found


class Connection:
    """A connection of a unicorn's app."""

    def __init__(self, url: str, token: str) -> None:
        self._stack = ExitStack()
        opening = connect(url, additional_headers={"Authorization": token}, open_timeout=PATIENCE)
        self._socket = self._stack.enter_context(opening)
        self._received: list[Json] = []

    def close(self) -> None:
        self._stack.close()

    def resume(self) -> Json:
        """Say something; the snapshot that answers it."""
        self._socket.send(json.dumps({"action": "resume"}))
        while True:
            with step("a snapshot on the socket"):
                message: Json = json.loads(self._socket.recv(timeout=PATIENCE))
            self._received.append(message)
            if message["type"] == "snapshot":
                return message

    def expect(self, rfq: str, *, type_: str = "invitation") -> Json:
        """The message of this type about this RFQ, given by its URL or id."""

        def look() -> list[Json]:
            with suppress(TimeoutError):
                self._received.append(json.loads(self._socket.recv(timeout=0.1)))
            return self._received

        def wanted(message: Json) -> bool:
            return (message["type"], message.get("rfq-id")) == (type_, rfq.rpartition("/")[2])

        received = eventually(look, f"{type_} of {rfq}", lambda received: any(map(wanted, received)))
        return next(filter(wanted, received))


class Unicorn:
    """A unicorn's app."""

    def __init__(self, cloud: Cloud, *, auto_quote: bool, base: str) -> None:
        self._socket_url = cloud.urls["unicorn-socket"]
        self.name = f"unicorn-{uuid.uuid4().hex[:12]}"
        self.token = cloud.token(self.name, "unicorns")
        self.http = api(cloud.urls["unicorn-api"], self.token)
        money = {"base": base, "per-km": "1.20", "minimum": "8.00"}
        rate_card = {name: {"amount": amount, "currency": "USD"} for name, amount in money.items()}
        body = {"name": "Nimbus", "rate-card": rate_card, "auto-quote": auto_quote}
        answer = self.http.post("/unicorns", json=body)
        # 200 as well: the API's own call may have been repeated by the SDK, when its answer was late.
        assert answer.status_code in {200, 201}, answer.text
        self.id: str = answer.json()["id"]

    def connect(self) -> "Connection":
        """Connect its app, which then says nothing by itself."""
        return Connection(self._socket_url, self.token)

    def answer(self, rfq: str, body: Json) -> httpx.Response:
        """Answer an RFQ, given by its URL or id."""
        return self.http.post(f"/rfqs/{rfq.rpartition('/')[2]}/answers", json=body)

    def report(self, place: Place, *, metres: float = 0, available: bool = True) -> None:
        """Say where it is: this far north of the place."""
        position = {"lat": place.lat + metres / 111_195, "lon": place.lon, "available": available}
        answer = self.http.put(f"/unicorns/{self.id}/position", json=position)
        assert answer.status_code == 204, answer.text

    def show(self) -> Json:
        """What the API says of it."""
        found: Json = self.http.get(f"/unicorns/{self.id}").raise_for_status().json()
        return found


class Fleet:
    """Unicorns at one place."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._connections: list[Connection] = []

    def close(self) -> None:
        """Disconnect all."""
        for connection in self._connections:
            connection.close()

    def silent(self, place: Place) -> str:
        """Register a unicorn that prices by hand, is connected, is asked, and does not answer by itself; its id."""
        return self.connected(place, auto_quote=False).id

    def connected(self, place: Place, *, auto_quote: bool = True) -> Unicorn:
        """Register an available unicorn here whose app is connected, and does not answer by itself."""
        unicorn = self.register(place, auto_quote=auto_quote)
        self.connect(unicorn)
        return unicorn

    def connect(self, unicorn: Unicorn) -> Connection:
        """Connect a unicorn's app, until all are disconnected."""
        connection = unicorn.connect()
        self._connections.append(connection)
        return connection

    def register(
        self, place: Place, *, auto_quote: bool = True, base: str = "3.50", metres: float = 100
    ) -> Unicorn:
        """Register an available unicorn this far north of the place, through the API."""
        unicorn = Unicorn(self._cloud, auto_quote=auto_quote, base=base)
        unicorn.report(place, metres=metres)
        return unicorn

    def unicorn(
        self, place: Place, *, auto_quote: bool = True, base: str = "3.50", metres: float = 100
    ) -> str:
        """Register one as `register` does; its id."""
        return self.register(place, auto_quote=auto_quote, base=base, metres=metres).id


class Queues:
    """The queues, as whoever has credentials for them sees them."""

    def __init__(self, cloud: Cloud) -> None:
        self._sqs, self._urls = cloud.client("sqs"), cloud.queues()

    def send(self, queue: str, body: str) -> None:
        self._sqs.send_message(QueueUrl=self._urls[queue], MessageBody=body)

    def respond(self, rfq: str, *, asked: list[str] | None = None, answers: list[Json] | None = None) -> None:
        """Send an RfqResponse to ride-booking's return address, as a responder would."""
        data: Json = {"answers": answers or []} | ({} if asked is None else {"asked": asked})
        self.send(REPLY_QUEUE, json.dumps({"metadata": metadata(rfq), "data": data}))

    def parked(self, queue: str, text: str) -> Json:
        """The parked message whose body holds `text`, of this queue, with its attributes as plain strings."""
        parked = eventually(
            lambda: self.dead_letters(queue),
            f"{text!r} parked by {queue}",
            lambda parked: any(text in message["Body"] for message in parked),
        )
        return next(message for message in parked if text in message["Body"])

    def dead_letters(self, queue: str) -> list[Json]:
        """What is in this queue's dead-letter queue, and in the parking queue behind it, right now; it stays there."""
        urls = (self._urls.get(f"{queue}{kind}") for kind in ("-dlq", "-parking"))
        return [message for url in urls if url for message in self._looked_at(url)]

    def _looked_at(self, url: str) -> list[Json]:
        found: list[Any] = []
        while batch := self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=600
        ).get("Messages"):
            found += batch
        for message in found:
            self._sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
        return [
            {**m, "attributes": {k: v["StringValue"] for k, v in m.get("MessageAttributes", {}).items()}}
            for m in found
        ]

    def depth(self, queue: str) -> int:
        """Messages in the queue, in flight and delayed ones too."""
        names = ("", "NotVisible", "Delayed")
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._urls[queue], AttributeNames=["All"])[
            "Attributes"
        ]
        return sum(int(attributes[f"ApproximateNumberOfMessages{name}"]) for name in names)


def metadata(rfq: str) -> Json:
    """Metadata of a message about this RFQ, given by its URL or id."""
    return {
        "event_id": str(uuid.uuid4()),
        "event_version": 1,
        "occurred_at": datetime.now(UTC).isoformat(),
        "correlation_id": rfq.rstrip("/").rpartition("/")[2],
    }


def quote(responder: str, amount: str = "9.99", pickup: int = 60) -> Json:
    """A quote as it stands in an RfqResponse."""
    price = {"amount": amount, "currency": "USD"}
    return {"kind": "quote", "responder_id": responder, "price": price, "pickup_in_seconds": pickup}
