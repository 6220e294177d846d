"""unicorn-mgmt's own little world: its table and queues, and unicorns to put in."""

import io
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from aws_lambda_powertools import Logger, Metrics

from tests.support import aws, modelled
from tests.support.epoch import milliseconds
from tests.support.modelled import MakeAccount
from tests.support.unicorn_mgmt.unicorn_socket import UnicornSocket
from unicorn_mgmt.adapters import vehicle_table
from unicorn_mgmt.adapters.app_connections import AppConnections
from unicorn_mgmt.adapters.callback_table import CallbackTable
from unicorn_mgmt.adapters.driven_rides import TOLD
from unicorn_mgmt.adapters.invitation_table import BY_UNICORN, InvitationTable
from unicorn_mgmt.adapters.job_table import BY_PARTNER
from unicorn_mgmt.adapters.partner_queues import RequestQueues, RideQueues
from unicorn_mgmt.adapters.partner_ride_table import PartnerRideTable
from unicorn_mgmt.adapters.partners.roster import roster
from unicorn_mgmt.adapters.unicorn_table import INDEX, INDEXED, UnicornTable
from unicorn_mgmt.adapters.vehicle_table import VehicleTable
from unicorn_mgmt.api.socket_messages import AppMessages
from unicorn_mgmt.domain.rate_card import RateCard
from unicorn_mgmt.domain.unicorn import Place, Unicorn, unicorn_id
from unicorn_mgmt.domain.vehicle import Vehicle
from unicorn_mgmt.use_cases.app_pushes import AppPushes
from unicorn_mgmt.use_cases.bookings import Bookings
from unicorn_mgmt.use_cases.closings import Closings
from unicorn_mgmt.use_cases.inviter import Inviter
from unicorn_mgmt.use_cases.outbox import Outbox
from unicorn_mgmt.use_cases.ratings import Ratings
from unicorn_mgmt.use_cases.responder import Responder
from unicorn_mgmt.use_cases.socket import SocketEvents
from wild_rydes_contracts import (
    Coordinates,
    Envelope,
    FeedbackCorrected,
    FeedbackReceived,
    Message,
    QuoteAccepted,
    RfqCompleted,
    RfqRequested,
    RideBookingFailed,
)
from wild_rydes_contracts.metadata import first_of
from wild_rydes_http.sockets import Sockets
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.reply import Replies
from wild_rydes_messaging.stream import StreamConsumer
from wild_rydes_runtime.aws import QUICK_CONFIG

M = TypeVar("M", bound=Message)

REGION = "us-east-1"
TABLE = "unicorn-mgmt"
VEHICLE_TABLE = "unicorn-mgmt-vehicles"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CARD = RateCard(Decimal("3.00"), Decimal("1.20"), Decimal("8.00"), "USD")
SPACE_NEEDLE = Place(47.62051, -122.34928)
AIRPORT = Place(47.44369, -122.30132)
REQUESTERS = {
    f"wildrydes.{name}": f"arn:aws:sqs:us-east-1:123456789012:wild-rydes-reply-{name}"
    for name in ("ride-booking", "concierge", "nowhere")
}
"""The return address of each requester by its source. The last one has no queue."""
API = "https://unicorns/v1"
MAX_ATTEMPTS = 3


@dataclass
class World:
    """Clients, queues and the tables; `logs` are the lines written so far."""

    dynamodb: Any
    sqs: Any
    unicorns: UnicornTable
    inbox: str
    dead: str
    replies: str
    reply_to: str
    events: Any
    heard: str
    checks: str
    socket: UnicornSocket
    now: datetime = NOW
    partner_queues: dict[str, str] = field(default_factory=dict)
    ride_queues: dict[str, str] = field(default_factory=dict)
    stream: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        # Powertools keeps one logger per service name, and with it the stream.
        self.logger = Logger(service=f"unicorn-mgmt-{uuid.uuid4()}", stream=self.stream)
        self.metrics = Metrics(namespace="WildRydes", service="unicorn-mgmt")
        self.parking_lot = ParkingLot(self.sqs, self.dead, logger=self.logger, metrics=self.metrics)

    @property
    def logs(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def consumer(self, *messages: type[M], requesters: Mapping[str, str] | None = None) -> Consumer[M]:
        return Consumer(
            *messages,
            requesters=requesters,
            sqs=self.sqs,
            parking_lot=self.parking_lot,
            logger=self.logger,
            metrics=self.metrics,
            max_attempts=MAX_ATTEMPTS,
            now=lambda: self.now,
            uniform=min,
        )

    def responder(self) -> Responder:
        return Responder(
            self.consumer(RfqRequested, requesters=REQUESTERS),
            self.unicorns,
            self.vehicles,
            Replies(self.sqs, REQUESTERS.values()),
            Inviter(self.connections, self.invitations, self.pushes, AppMessages(API)),
            RequestQueues(self.sqs, roster(), self.partner_queues),
            logger=self.logger,
            metrics=self.metrics,
            now=lambda: self.now,
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
        self.unicorns.register(unicorn, name)
        if at:
            assert self.unicorns.change(unicorn.id, lambda known: known.report(at, NOW), owner=name)
        if connection:
            assert self.connections.connect(unicorn.id, name, connection)
        return unicorn.id

    def import_(self, *ids: str, fleet: str = "p-comet", at: Place = SPACE_NEEDLE, **other: Any) -> list[str]:
        """Put vehicles on the books. The ids under which they quote."""
        vehicles = [vehicle(id_, fleet=fleet, at=at, **other) for id_ in ids]
        self.vehicles.write(vehicles)
        return [each.responder_id for each in vehicles]

    def available_in(self, cell: str) -> list[Unicorn]:
        return self.unicorns.available_in([cell])[cell]

    def item(self, id_: str) -> dict[str, Any]:
        found: dict[str, Any] = self.dynamodb.get_item(
            TableName=TABLE, Key={"id": {"S": id_}}, ConsistentRead=True
        )["Item"]
        return found

    def request(self, rfq_id: str = "rfq-1", **wrong: Any) -> str:
        """The body in which EventBridge puts an RfqRequested of a `source` into the inbox, to be answered at its address."""
        source = wrong.pop("source", RfqRequested.source)
        metadata = first_of(
            RfqRequested,
            correlation_id=rfq_id,
            occurred_at=NOW - timedelta(milliseconds=50),
            reply_to=wrong.pop("reply_to", REQUESTERS.get(source, self.reply_to)),
            deadline=wrong.pop("deadline", NOW + timedelta(minutes=5)),
        )
        data = RfqRequested(
            rfq_id=rfq_id, start=_coordinates(SPACE_NEEDLE), destination=_coordinates(AIRPORT)
        )
        detail = json.loads(Envelope(metadata=metadata, data=data).to_json())
        detail["data"].update(wrong)
        return json.dumps({"source": source, "detail-type": RfqRequested.name, "detail": detail})

    def bookings(self) -> Bookings:
        return Bookings(
            self.consumer(QuoteAccepted, RideBookingFailed),
            self.unicorns,
            self.vehicles,
            self.partner_rides,
            partners=roster().keys(),
            logger=self.logger,
            metrics=self.metrics,
            now=lambda: self.now,
        )

    def ratings(self) -> Ratings:
        return Ratings(
            self.consumer(FeedbackReceived, FeedbackCorrected),
            self.unicorns,
            logger=self.logger,
            metrics=self.metrics,
        )

    def closings(self) -> Closings:
        return Closings(
            self.consumer(RfqCompleted),
            self.invitations,
            self.connections,
            self.pushes,
            logger=self.logger,
            metrics=self.metrics,
            now=lambda: self.now,
        )

    def socket_events(self) -> SocketEvents:
        return SocketEvents(
            self.connections,
            self.invitations,
            self.pushes,
            AppMessages(API),
            self.logger,
            now=lambda: self.now,
        )

    def outbox(self) -> Outbox:
        return Outbox(
            StreamConsumer(self.parking_lot),
            Publisher(
                self.events,
                "wild-rydes",
                parking_lot=self.parking_lot,
                logger=self.logger,
                metrics=self.metrics,
            ),
            Replies(self.sqs, REQUESTERS.values()),
            RideQueues(self.sqs, self.ride_queues),
            self.invitations,
            self.connections,
            self.pushes,
            AppMessages(API),
            parking_lot=self.parking_lot,
            logger=self.logger,
            now=lambda: self.now,
        )

    @property
    def partner_rides(self) -> PartnerRideTable:
        return PartnerRideTable(self.dynamodb, TABLE)

    @property
    def vehicles(self) -> VehicleTable:
        return VehicleTable(self.dynamodb, VEHICLE_TABLE, sleep=lambda _: None)

    @property
    def callbacks(self) -> CallbackTable:
        return CallbackTable(self.dynamodb, TABLE)

    @property
    def invitations(self) -> InvitationTable:
        return InvitationTable(self.dynamodb, TABLE)

    @property
    def connections(self) -> AppConnections:
        return AppConnections(self.dynamodb, TABLE)

    @property
    def pushes(self) -> AppPushes:
        return AppPushes(
            Sockets(lambda: self.socket.client, clock=lambda: self.socket.time), self.logger, self.metrics
        )

    def published(self) -> list[dict[str, Any]]:
        """The events on the bus since the last call."""
        return [json.loads(message["Body"]) for message in self._take(self.heard)]

    def decide(self, *bodies: str) -> None:
        """Have bookings decided."""
        assert self.bookings().handle(self.deliver(*bodies)) == {"batchItemFailures": []}

    def announced(self, id_: str, before: dict[str, Any] | None) -> list[dict[str, Any]]:
        """The events on the bus after an item's change from `before` to what it is now."""
        self.outbox().handle({"Records": [self.record(id_, before)]})
        return self.published()

    def ride_of(self, id_: str) -> str | None:
        """The id of a unicorn's ride."""
        ride = self.item(id_).get("ride")
        return ride["M"]["id"]["S"] if ride else None

    def record(self, id_: str, before: dict[str, Any] | None) -> dict[str, Any]:
        """What the stream says of an item's change from `before` to what it is now."""
        change = {"Keys": {"id": {"S": id_}}, "NewImage": self.item(id_)}
        if before is None:
            return {"eventID": "1", "eventName": "INSERT", "dynamodb": change}
        return {"eventID": "1", "eventName": "MODIFY", "dynamodb": {**change, "OldImage": before}}

    def deliver(
        self,
        *bodies: str,
        attempt: int = 1,
        waited: float = 0,
        tried_for: timedelta = timedelta(),
        queue: str | None = None,
    ) -> dict[str, Any]:
        """Put bodies into the inbox, or another queue, and take out all that there is as Lambda's event.

        They were in the queue for `waited` seconds, and first received `tried_for` ago.
        """
        queue = queue or self.inbox
        first = self.now - tried_for
        sent = first - timedelta(seconds=waited)
        for body in bodies:
            self.sqs.send_message(QueueUrl=queue, MessageBody=body)
        taken = self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return {
            "Records": [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": {
                        "ApproximateReceiveCount": str(attempt),
                        "SentTimestamp": str(milliseconds(sent)),
                        "ApproximateFirstReceiveTimestamp": str(milliseconds(first)),
                    },
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


def _coordinates(place: Place) -> Coordinates:
    return Coordinates(lat=place.lat, lon=place.lon)


def vehicle(
    id_: str,
    *,
    fleet: str = "p-comet",
    at: Place = SPACE_NEEDLE,
    card: RateCard = CARD,
    name: str | None = None,
    retired: bool = False,
) -> Vehicle:
    return Vehicle(fleet, id_, name or f"Comet {id_}", at, card, retired)


def create_vehicle_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName=VEHICLE_TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("id", "cell", "path")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": vehicle_table.INDEX,
                "KeySchema": [
                    {"AttributeName": "cell", "KeyType": "HASH"},
                    {"AttributeName": "path", "KeyType": "RANGE"},
                ],
                "Projection": {
                    "ProjectionType": "INCLUDE",
                    "NonKeyAttributes": [*vehicle_table.INDEXED],
                },
            }
        ],
    )


def create_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "cell", "AttributeType": "S"},
            {"AttributeName": "unicorn", "AttributeType": "S"},
            {"AttributeName": "deadline", "AttributeType": "N"},
            {"AttributeName": "listed", "AttributeType": "S"},
            {"AttributeName": "listed_at", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": INDEX,
                "KeySchema": [{"AttributeName": "cell", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": [*INDEXED]},
            },
            {
                "IndexName": BY_UNICORN,
                "KeySchema": [
                    {"AttributeName": "unicorn", "KeyType": "HASH"},
                    {"AttributeName": "deadline", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": BY_PARTNER,
                "KeySchema": [
                    {"AttributeName": "listed", "KeyType": "HASH"},
                    {"AttributeName": "listed_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": [*TOLD]},
            },
        ],
    )


def furnish() -> dict[str, Any]:
    """Create what the stack has; the URLs of its queues."""
    dynamodb, sqs, events = map(aws.client, ("dynamodb", "sqs", "events"))
    create_table(dynamodb)
    create_vehicle_table(dynamodb)
    events.create_event_bus(Name="wild-rydes")
    events.put_rule(
        Name="all", EventBusName="wild-rydes", EventPattern='{"source": [{"prefix": "wildrydes"}]}'
    )
    events.put_targets(
        Rule="all",
        EventBusName="wild-rydes",
        Targets=[{"Id": "heard", "Arn": f"arn:aws:sqs:{REGION}:123456789012:heard"}],
    )
    return {
        "checks": sqs.create_queue(QueueName="unicorn-mgmt-p-nimbus-requests")["QueueUrl"],
        "heard": sqs.create_queue(QueueName="heard")["QueueUrl"],
        "inbox": sqs.create_queue(QueueName="unicorn-mgmt-inbox")["QueueUrl"],
        "dead": sqs.create_queue(QueueName="unicorn-mgmt-inbox-dlq")["QueueUrl"],
        "replies": sqs.create_queue(QueueName="wild-rydes-reply-ride-booking")["QueueUrl"],
    }


def furnished(queues: dict[str, Any]) -> World:
    """The world of a furnished account."""
    dynamodb, sqs, events = map(aws.client, ("dynamodb", "sqs", "events"))
    return World(
        dynamodb,
        sqs,
        UnicornTable(dynamodb, TABLE),
        **queues,
        reply_to=REQUESTERS[RfqRequested.source],
        events=events,
        socket=UnicornSocket(
            aws.client("apigatewaymanagementapi", config=QUICK_CONFIG, url="https://socket/v1")
        ),
    )


@contextmanager
def a_world(account: MakeAccount[dict[str, Any]] = modelled.account) -> Iterator[World]:
    """A new one, in an account that is made by this."""
    with account(furnish) as queues:
        world = furnished(queues)
        yield world
        world.metrics.clear_metrics()
