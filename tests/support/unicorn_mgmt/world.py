"""unicorn-mgmt's own little world on moto: its table and queues, and unicorns to put in."""

import io
import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import unquote

from aws_lambda_powertools import Logger, Metrics
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from tests.support.asyncapi import validator
from unicorn_mgmt.adapters.connections import Connections
from unicorn_mgmt.adapters.invitation_table import Invitations
from unicorn_mgmt.adapters.partner_queues import Forwarding
from unicorn_mgmt.adapters.partner_ride_table import PartnerRides
from unicorn_mgmt.adapters.partners.roster import roster
from unicorn_mgmt.adapters.unicorn_table import INDEX, INDEXED, Store
from unicorn_mgmt.api.asyncapi import asyncapi
from unicorn_mgmt.api.socket_messages import Links
from unicorn_mgmt.domain.partner_order import Orders
from unicorn_mgmt.domain.unicorn import Place, RateCard, Unicorn, unicorn_id
from unicorn_mgmt.use_cases.bookings import Confirming
from unicorn_mgmt.use_cases.inviter import Inviting
from unicorn_mgmt.use_cases.outbox import Telling
from unicorn_mgmt.use_cases.ratings import Appraising
from unicorn_mgmt.use_cases.responder import Responder
from wild_rydes_contracts import (
    Coordinates,
    Envelope,
    Event,
    FeedbackReceived,
    Message,
    Money,
    QuoteAccepted,
    Rating,
    RfqRequested,
    RideBookingFailed,
)
from wild_rydes_contracts.metadata import first_of
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.reply import Replies

M = TypeVar("M", bound=Message)

REGION = "us-east-1"
TABLE = "unicorn-mgmt"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CARD = RateCard(Decimal("3.00"), Decimal("1.20"), Decimal("8.00"), "USD")
SPACE_NEEDLE = Place(47.62051, -122.34928)
AIRPORT = Place(47.44369, -122.30132)
PATTERN = "arn:aws:sqs:us-east-1:123456789012:wild-rydes-reply-*"
API = "https://unicorns/v1"
MAX_ATTEMPTS = 3
AS_DOCUMENTED = validator(asyncapi(), "send")


class Sockets:
    """The connections of the unicorn socket: what was pushed to them, all as documented, and how each answers."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.pushed: list[tuple[str, dict[str, Any]]] = []
        self.failing: dict[str, int] = {}
        self.in_flight = self.most_in_flight = 0
        self._lock = threading.Lock()
        client.meta.events.register_first("before-send.apigatewaymanagementapi.PostToConnection", self._take)

    def _take(self, request: Any, **_: object) -> AWSResponse:
        connection = unquote(request.url.rpartition("/")[2])
        with self._lock:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        time.sleep(0.01)
        with self._lock:
            self.in_flight -= 1
            push = json.loads(request.body)
            AS_DOCUMENTED.validate(push)
            self.pushed.append((connection, push))
        status = self.failing.get(connection, 200)
        headers = HTTPHeaders()
        if status == 410:
            headers["x-amzn-ErrorType"] = "GoneException"
        return AWSResponse(request.url, status, headers, _Raw(b"{}"))


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body


@dataclass
class World:
    """Clients, queues and the store; `logs` are the lines written so far."""

    dynamodb: Any
    sqs: Any
    store: Store
    inbox: str
    dead: str
    replies: str
    reply_to: str
    events: Any
    heard: str
    sockets: "Sockets"
    now: datetime = NOW
    partner_queues: dict[str, str] = field(default_factory=dict)
    ride_queues: dict[str, str] = field(default_factory=dict)
    stream: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        # Powertools keeps one logger per service name, and with it the stream.
        self.logger = Logger(service=f"unicorn-mgmt-{uuid.uuid4()}", stream=self.stream)
        self.metrics = Metrics(namespace="WildRydes", service="unicorn-mgmt")

    @property
    def logs(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def _consumer(self, message: type[M]) -> Consumer[M]:
        return Consumer(
            message,
            sqs=self.sqs,
            parking_lot=ParkingLot(self.sqs, self.dead),
            logger=self.logger,
            metrics=self.metrics,
            max_attempts=MAX_ATTEMPTS,
            now=lambda: self.now,
            uniform=min,
        )

    def responder(self) -> Responder:
        return Responder(
            self._consumer(RfqRequested),
            self.store,
            Replies(self.sqs, PATTERN),
            Inviting(self.store, self.invitations, self.connections(), Links(API)),
            Forwarding(self.sqs, roster(), self.partner_queues),
            logger=self.logger,
            metrics=self.metrics,
            now=lambda: NOW,
        )

    def add(
        self,
        name: str,
        at: Place | None = SPACE_NEEDLE,
        *,
        card: RateCard = CARD,
        auto_quote: bool = True,
        connection: str | None = None,
    ) -> str:
        """Register a unicorn whose Cognito sub is its name; available if it is somewhere. Its id."""
        unicorn = Unicorn(unicorn_id(name), name, card, auto_quote)
        self.store.register(unicorn, name)
        if at:
            assert self.store.change(unicorn.id, lambda known: known.report(at, NOW), owner=name)
        if connection:
            assert self.store.connect(unicorn.id, name, connection)
        return unicorn.id

    def item(self, id_: str) -> dict[str, Any]:
        found: dict[str, Any] = self.dynamodb.get_item(TableName=TABLE, Key={"id": {"S": id_}})["Item"]
        return found

    def request(self, rfq_id: str = "rfq-1", **wrong: Any) -> str:
        """The body in which EventBridge puts an RfqRequested into the inbox; its id."""
        metadata = first_of(
            RfqRequested,
            correlation_id=rfq_id,
            occurred_at=NOW - timedelta(milliseconds=50),
            reply_to=wrong.pop("reply_to", self.reply_to),
            deadline=wrong.pop("deadline", NOW + timedelta(minutes=5)),
        )
        data = RfqRequested(
            rfq_id=rfq_id, start=_coordinates(SPACE_NEEDLE), destination=_coordinates(AIRPORT)
        )
        detail = json.loads(Envelope(metadata=metadata, data=data).to_json())
        detail["data"].update(wrong)
        event = {"source": RfqRequested.source, "detail-type": RfqRequested.name, "detail": detail}
        return json.dumps(event)

    def confirming(self) -> Confirming:
        return Confirming(
            Consumer[QuoteAccepted | RideBookingFailed](
                QuoteAccepted,
                RideBookingFailed,
                sqs=self.sqs,
                parking_lot=ParkingLot(self.sqs, self.dead),
                logger=self.logger,
                metrics=self.metrics,
                max_attempts=MAX_ATTEMPTS,
                now=lambda: self.now,
                uniform=min,
            ),
            self.store,
            self.partner_rides,
            partners=roster().keys(),
            logger=self.logger,
            metrics=self.metrics,
            now=lambda: self.now,
        )

    def appraising(self) -> Appraising:
        return Appraising(
            self._consumer(FeedbackReceived),
            self.store,
            logger=self.logger,
            metrics=self.metrics,
        )

    def telling(self) -> Telling:
        return Telling(
            Publisher(self.events, "wild-rydes"),
            Replies(self.sqs, PATTERN),
            self.connections(),
            Links(API),
            orders=Orders(self.sqs, self.ride_queues),
            parking_lot=ParkingLot(self.sqs, self.dead),
            logger=self.logger,
            metrics=self.metrics,
            now=lambda: self.now,
        )

    @property
    def partner_rides(self) -> PartnerRides:
        return PartnerRides(self.dynamodb, TABLE)

    @property
    def invitations(self) -> Invitations:
        return Invitations(self.dynamodb, TABLE)

    def connections(self) -> Connections:
        return Connections(lambda: self.sockets.client, self.logger)

    def published(self) -> list[dict[str, Any]]:
        """The events on the bus since the last call."""
        return [json.loads(message["Body"]) for message in self._take(self.heard)]

    def record(self, id_: str, before: dict[str, Any] | None) -> dict[str, Any]:
        """What the stream says of an item's change from `before` to what it is now."""
        change = {"Keys": {"id": {"S": id_}}, "NewImage": self.item(id_)}
        if before is None:
            return {"eventID": "1", "eventName": "INSERT", "dynamodb": change}
        return {"eventID": "1", "eventName": "MODIFY", "dynamodb": {**change, "OldImage": before}}

    def deliver(self, *bodies: str, attempt: int = 1) -> dict[str, Any]:
        """Put bodies into the inbox and take them out again as Lambda's event."""
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.inbox, MessageBody=body)
        taken = self.sqs.receive_message(QueueUrl=self.inbox, MaxNumberOfMessages=10)["Messages"]
        return {
            "Records": [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": {"ApproximateReceiveCount": str(attempt), "SentTimestamp": "1763715600000"},
                    "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:unicorn-mgmt-inbox",
                }
                for message in taken
            ]
        }

    def answers(self, url: str | None = None) -> list[dict[str, Any]]:
        """What has come to the return address."""
        return [json.loads(message["Body"]) for message in self._take(url or self.replies)]

    def parked(self) -> list[dict[str, str]]:
        """The attributes of the messages in the dead-letter queue."""
        return [
            {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
            for message in self._take(self.dead)
        ]

    def _take(self, url: str) -> list[dict[str, Any]]:
        answer: dict[str, list[dict[str, Any]]] = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return answer.get("Messages", [])


def accepted(
    unicorn: str, ride_id: str = "rfq-1.1", *, at: datetime = NOW, deadline: datetime | None = None
) -> str:
    """The body in which EventBridge hands on that a customer wants to ride with this unicorn."""
    rfq_id = ride_id.partition(".")[0]
    data = QuoteAccepted(
        ride_id=ride_id,
        rfq_id=rfq_id,
        responder_id=unicorn,
        customer_id=f"customer-of-{rfq_id}",
        price=Money(amount=Decimal("12.50"), currency="USD"),
    )
    return on_the_bus(data, rfq_id, at, deadline or at + timedelta(seconds=60))


def failed(unicorn: str, ride_id: str = "rfq-1.1", reason: str = "timeout", *, at: datetime = NOW) -> str:
    """The body in which EventBridge hands on that a booking has come to nothing."""
    rfq_id = ride_id.partition(".")[0]
    data = RideBookingFailed(ride_id=ride_id, rfq_id=rfq_id, responder_id=unicorn, reason=reason)
    return on_the_bus(data, rfq_id, at, None)


def scored(responder: str, count: int, total: int, *, at: datetime = NOW) -> str:
    """The body in which EventBridge hands on a score, with all of its responder's up to it."""
    data = FeedbackReceived(
        ride_id=f"rfq-{count}.1",
        responder_id=responder,
        customer_id="c-1",
        score=5,
        rating=Rating(count=count, total=total),
        received_at=at,
    )
    return on_the_bus(data, f"rfq-{count}", at, None)


def on_the_bus(data: Event, rfq_id: str, at: datetime, deadline: datetime | None) -> str:
    metadata = first_of(type(data), correlation_id=rfq_id, occurred_at=at, deadline=deadline)
    detail = json.loads(Envelope(metadata=metadata, data=data).to_json())
    return json.dumps({"source": data.source, "detail-type": data.name, "detail": detail})


def _coordinates(place: Place) -> Coordinates:
    return Coordinates(lat=place.lat, lon=place.lon)


def create_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "cell", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": INDEX,
                "KeySchema": [{"AttributeName": "cell", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": [*INDEXED]},
            }
        ],
    )
