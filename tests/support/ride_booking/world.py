"""ride-booking's own little world: its table, queues and bus, and a clock that stands still."""

import io
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote_plus

from aws_lambda_powertools import Logger, Metrics

from ride_booking.adapters.batch_table import BatchTable
from ride_booking.adapters.open_rfqs import OpenRfqs
from ride_booking.adapters.rfq_table import BY_CUSTOMER, RfqTable, is_rfq, to_item
from ride_booking.adapters.status_documents import StatusDocuments
from ride_booking.api.rfq_routes import RfqRoutes
from ride_booking.api.ride_routes import RideRoutes
from ride_booking.domain.deadline import RfqDeadline
from ride_booking.domain.rfq import Place, Rfq
from ride_booking.domain.rfq_batch import RfqBatch, batch_id
from ride_booking.use_cases.aggregator import Aggregator
from ride_booking.use_cases.batches import Batches
from ride_booking.use_cases.closer import Closer
from ride_booking.use_cases.outbox import Outbox
from ride_booking.use_cases.rides import RideNews
from tests.support import aws, modelled
from tests.support.epoch import milliseconds
from tests.support.modelled import MakeAccount
from tests.support.requests import BASE, believed, claims, request
from wild_rydes_contracts import (
    Answer,
    Decline,
    Envelope,
    Event,
    Money,
    Quote,
    Rating,
    RfqResponse,
    RideCompleted,
    RideConfirmed,
    RideRejected,
)
from wild_rydes_contracts.metadata import first_of
from wild_rydes_http.api import HttpApi
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.deliver import Retries
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.send import Queue
from wild_rydes_messaging.stream import StreamConsumer
from wild_rydes_messaging.transient import is_transient
from wild_rydes_runtime.documents import S3_CONFIG, Documents
from wild_rydes_runtime.ids import new_uuid7

REGION = "us-east-1"
TABLE = "ride-booking"
DOCUMENTS = "documents"
BUS = "wild-rydes"
REPLY_TO = "arn:aws:sqs:us-east-1:123456789012:wild-rydes-reply-ride-booking"
NOW = datetime(2026, 11, 21, 9, 0, 0, 123_000, tzinfo=UTC)
DEADLINE = NOW + timedelta(seconds=300)
MAX_ATTEMPTS = 3
NO_WAIT = Retries(sleep=lambda _: None)
CONTEXT: Any = SimpleNamespace(
    function_name="ride-booking-test",
    memory_limit_in_mb=256,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:ride-booking-test",
    aws_request_id="6d1a6c3f-0000-4000-8000-000000000000",
)
SECRETS = ("47.6205", "-122.3493", "47.4502", "-122.3088", "Grandma", "Hangar", "Shadowfax")
"""What must never be logged: the places of `BODY` and `rfq`, and the name that quotes bear."""

BODY = {
    "from": {"lat": 47.6205, "lon": -122.3493, "label": "Grandma"},
    "to": {"lat": 47.4502, "lon": -122.3088, "label": "Hangar"},
}


def rfq(**other: Any) -> Rfq:
    """A new RFQ, other than said here where told so."""
    return Rfq(
        **{
            "id": str(uuid.uuid4()),
            "customer": "cust-1",
            "start": Place(47.6205, -122.3493, "Grandma"),
            "destination": Place(47.4502, -122.3088, "Hangar"),
            "created_at": NOW,
            "deadline": DEADLINE,
            **other,
        }
    )


def quote(
    responder: str,
    amount: str = "12.50",
    currency: str = "USD",
    pickup: int = 240,
    rating: Rating | None = None,
) -> Quote:
    money = Money.model_validate({"amount": amount, "currency": currency})
    return Quote(
        responder_id=responder,
        display_name="Shadowfax",
        price=money,
        pickup_in_seconds=pickup,
        rating=rating,
    )


def decline(responder: str) -> Decline:
    return Decline(responder_id=responder, reason="too-far")


def response(rfq_id: str, *answers: Answer, asked: tuple[str, ...] | None = None) -> str:
    """The body of a message to the return address."""
    metadata = first_of(RfqResponse, correlation_id=rfq_id, occurred_at=NOW)
    return Envelope(metadata=metadata, data=RfqResponse(asked=asked, answers=answers)).to_json()


def deadline_of(new: Rfq) -> str:
    """The body of the message that closes an RFQ."""
    metadata = first_of(RfqDeadline, correlation_id=new.id, occurred_at=new.created_at)
    return Envelope(metadata=metadata, data=RfqDeadline(rfq_id=new.id)).to_json()


BATCH = batch_id("cust-1", uuid.UUID(int=1), "k")
LIMITS = {"bronze": 5}
"""How many RFQs a machine client may have open."""


def batch(content: Any, id_: str = BATCH, customer: str = "cust-1", **other: Any) -> str:
    """The body of a message with a batch of RFQs, as API Gateway stores it."""
    text = content if isinstance(content, str) else json.dumps(content)
    data = {"batch_id": id_, "customer": customer, "tier": "bronze", "content": quote_plus(text), **other}
    metadata = first_of(RfqBatch, correlation_id=id_, occurred_at=NOW)
    return Envelope(metadata=metadata, data=RfqBatch(**data)).to_json()


@dataclass
class World:
    """Clients, queues and use cases; `now` is what every clock shows."""

    dynamodb: Any
    sqs: Any
    events: Any
    s3: Any
    replies: str
    deadlines: str
    dead: str
    bus_copy: str
    now: datetime = NOW
    limit: int = 100
    stream: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        # Powertools keeps one logger per service name, and with it the stream.
        self.logger = Logger(service=f"ride-booking-{uuid.uuid4()}", stream=self.stream)
        self.metrics = Metrics(namespace="WildRydes", service="ride-booking")
        self.parking_lot = ParkingLot(self.sqs, self.dead, logger=self.logger, metrics=self.metrics)
        self.documents = StatusDocuments(Documents(lambda: self.s3, DOCUMENTS))
        self.rfqs = RfqTable(self.dynamodb, TABLE, sleep=lambda _: None)
        self.batch_table = BatchTable(self.dynamodb, TABLE)
        self.open_rfqs = OpenRfqs(self.dynamodb, TABLE, self.rfqs)

    @property
    def logs(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def logged(self, message: str) -> list[dict[str, Any]]:
        return [line for line in self.logs if line["message"] == message]

    def outbox(self) -> Outbox:
        return Outbox(
            consumer=StreamConsumer(self.parking_lot),
            publisher=Publisher(
                self.events,
                BUS,
                parking_lot=self.parking_lot,
                logger=self.logger,
                metrics=self.metrics,
                retries=NO_WAIT,
            ),
            deadlines=Queue(self.sqs, self.deadlines, NO_WAIT),
            documents=self.documents,
            reply_to=REPLY_TO,
            logger=self.logger,
            metrics=self.metrics,
            now=lambda: self.now,
        )

    def _consumer(self, *contracts: Any) -> Consumer[Any]:
        return Consumer(
            *contracts,
            sqs=self.sqs,
            parking_lot=self.parking_lot,
            logger=self.logger,
            metrics=self.metrics,
            max_attempts=MAX_ATTEMPTS,
            now=lambda: self.now,
            uniform=min,
        )

    def aggregator(self) -> Aggregator:
        return Aggregator(
            consumer=self._consumer(RfqResponse),
            rfqs=self.rfqs,
            logger=self.logger,
            metrics=self.metrics,
            now=lambda: self.now,
        )

    def closer(self) -> Closer:
        return Closer(
            consumer=self._consumer(RfqDeadline),
            rfqs=self.rfqs,
            logger=self.logger,
            metrics=self.metrics,
            now=lambda: self.now,
        )

    def ride_news(self) -> RideNews:
        return RideNews(
            consumer=self._consumer(RideConfirmed, RideRejected, RideCompleted),
            rfqs=self.rfqs,
            logger=self.logger,
            metrics=self.metrics,
            now=lambda: self.now,
        )

    def batches(self) -> Batches:
        return Batches(
            consumer=self._consumer(RfqBatch),
            open_rfqs=self.open_rfqs,
            batches=self.batch_table,
            limits=LIMITS,
            logger=self.logger,
            now=lambda: self.now,
        )

    def put(self, **other: Any) -> Rfq:
        """A new RFQ in the table."""
        return self.rfqs.submit(rfq(**other), b"f" * 32)

    def stored(self, rfq_id: str) -> Rfq:
        found = self.rfqs.get(rfq_id, consistent=True)
        assert found
        return found

    def count(self) -> int:
        """RFQs in the table."""
        return sum(is_rfq(item["id"]["S"]) for item in self.dynamodb.scan(TableName=TABLE)["Items"])

    def taken(
        self, queue: str, *bodies: str, attempt: int = 1, waited: timedelta = timedelta()
    ) -> dict[str, Any]:
        """Put bodies into a queue and take all it has out again, so long after the first time, as Lambda's event."""
        first = str(milliseconds(self.now - waited))
        for body in bodies:
            self.sqs.send_message(QueueUrl=queue, MessageBody=body)
        return {
            "Records": [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": {
                        "ApproximateReceiveCount": str(attempt),
                        "SentTimestamp": "1795251600000",
                        "ApproximateFirstReceiveTimestamp": first,
                    },
                    "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:{queue.rpartition('/')[2]}",
                }
                for message in self._take(queue)
            ]
        }

    def gather(self, *bodies: str, attempt: int = 1, waited: timedelta = timedelta()) -> dict[str, Any]:
        return self.aggregator().handle(self.taken(self.replies, *bodies, attempt=attempt, waited=waited))

    def published(self) -> list[dict[str, Any]]:
        """The events that have come over the bus since the last look."""
        return [json.loads(message["Body"]) for message in self._take(self.bus_copy)]

    def parked(self) -> list[dict[str, str]]:
        """The attributes and the body of the messages in the dead-letter queue."""
        return [
            {k: v["StringValue"] for k, v in message["MessageAttributes"].items()} | {"body": message["Body"]}
            for message in self._take(self.dead)
        ]

    def delayed(self) -> int:
        """Deadline messages whose time has not come."""
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.deadlines, AttributeNames=["All"])[
            "Attributes"
        ]
        return int(attributes["ApproximateNumberOfMessagesDelayed"])

    def _take(self, url: str) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages


def news(contract: type[Event], rfq_id: str, number: int = 1, responder: str = "u-a", **data: Any) -> str:
    """The body of a queue message with news of a ride, as a rule puts it there."""
    about = {"ride_id": f"{rfq_id}.{number}", "rfq_id": rfq_id, "responder_id": responder, **data}
    metadata = first_of(contract, correlation_id=rfq_id, occurred_at=NOW)
    detail = json.loads(Envelope(metadata=metadata, data=contract.model_validate(about)).to_json())
    return json.dumps({"source": contract.source, "detail-type": contract.name, "detail": detail})


def record(new: Rfq, old: Rfq | None = None) -> dict[str, Any]:
    """The stream record of an RFQ's insert, or of its change from `old`."""
    images = {"NewImage": _image(new)} | ({"OldImage": _image(old)} if old else {})
    return {
        "eventID": uuid.uuid4().hex,
        "eventName": "MODIFY" if old else "INSERT",
        "dynamodb": {
            "ApproximateCreationDateTime": NOW.timestamp(),
            "Keys": {"id": {"S": new.id}},
            **images,
        },
    }


def _image(of: Rfq) -> dict[str, Any]:
    """As Lambda's event has it: bytes are base64 text."""
    return {**to_item(of, b""), "fingerprint": {"B": "ZmZm"}}


@dataclass
class Api:
    """The RFQ API, called with events as API Gateway sends them."""

    world: World

    def __post_init__(self) -> None:
        self._api = HttpApi(self.world.logger, BASE, verify=believed, is_transient=is_transient)
        world = self.world
        RfqRoutes(
            self._api,
            world.rfqs,
            world.logger,
            now=lambda: world.now,
            new_id=new_uuid7,
            documents=world.documents,
            open_rfqs=world.open_rfqs,
            limit=lambda _: world.limit,
        )
        RideRoutes(self._api, world.rfqs, world.logger, now=lambda: world.now)

    def call(self, method: str, path: str, body: Any = None, **request: Any) -> "Answered":
        """Answer a request. `body` is sent as JSON unless it is text or bytes (which go base64-encoded)."""
        return Answered(self._api.handle(event(method, path, body, **request)))

    def post(self, body: Any = BODY, **request: Any) -> "Answered":
        return self.call("POST", "/instant-ride-rfqs", body, **request)

    def get(self, path: str, **request: Any) -> "Answered":
        """Look, a moment after what was done before."""
        aws.reads.catch_up()
        return self.call("GET", f"/instant-ride-rfqs{path}", **request)


@dataclass
class Answered:
    """An answer of the API."""

    raw: dict[str, Any]

    @property
    def status(self) -> int:
        return int(self.raw["statusCode"])

    @property
    def body(self) -> Any:
        return json.loads(self.raw["body"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.raw["headers"].items()}


def event(
    method: str,
    path: str,
    body: Any = None,
    *,
    sub: str | None = "cust-1",
    groups: tuple[str, ...] = ("customers",),
    **headers: str | list[str],
) -> dict[str, Any]:
    """A customer's request; that of nobody without a `sub`.

    Header names are given with underscores. A list is a header's lines.
    """
    sent = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
    named = {name.replace("_", "-"): lines for name, lines in headers.items()}
    return request(method, path, sent, who=claims(sub, *groups) if sub else None, headers=named)


def create_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "customer", "AttributeType": "S"},
            {"AttributeName": "created_at", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": BY_CUSTOMER,
                "KeySchema": [
                    {"AttributeName": "customer", "KeyType": "HASH"},
                    {"AttributeName": "created_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )


def create_bus(events: Any, sqs: Any) -> str:
    """The bus, and a queue that gets a copy of all that is published on it."""
    events.create_event_bus(Name=BUS)
    url = str(sqs.create_queue(QueueName="bus-copy")["QueueUrl"])
    arn = f"arn:aws:sqs:{REGION}:123456789012:bus-copy"
    events.put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": [{"prefix": ""}]}))
    events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "copy", "Arn": arn}])
    return url


def clients() -> dict[str, Any]:
    return {name: aws.client(name) for name in ("dynamodb", "sqs", "events")} | {
        "s3": aws.client("s3", S3_CONFIG)
    }


def furnish() -> dict[str, Any]:
    """Create what the stack has; the URLs of its queues."""
    dynamodb, sqs, events, s3 = clients().values()
    create_table(dynamodb)
    s3.create_bucket(Bucket=DOCUMENTS)
    return {
        "replies": sqs.create_queue(QueueName="wild-rydes-reply-ride-booking")["QueueUrl"],
        "deadlines": sqs.create_queue(QueueName="ride-booking-deadlines")["QueueUrl"],
        "dead": sqs.create_queue(QueueName="dead")["QueueUrl"],
        "bus_copy": create_bus(events, sqs),
    }


@contextmanager
def a_world(account: MakeAccount[dict[str, Any]] = modelled.account) -> Iterator[World]:
    """A new one, in an account that is made by this."""
    with account(furnish) as queues:
        world = World(**clients(), **queues)
        yield world
        world.metrics.clear_metrics()
