"""A little world of the ledger: its table as the stack makes it, the parking queue, and both functions' use cases."""

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from settlement.adapters.ledger_table import LedgerTable
from settlement.adapters.settlement_table import SettlementTable
from settlement.domain.ledger import Entry
from settlement.domain.settlement import Owing, Settlement
from settlement.use_cases.prices import Prices
from settlement.use_cases.rides import Rides
from tests.support import aws
from tests.support.settlement import table
from wild_rydes_contracts import Envelope, Money, QuoteAccepted, RideCompleted
from wild_rydes_contracts.fakes import NOON, fake, in_a_queue
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.parking import ParkingLot

EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)

_services = itertools.count()


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def accepted(
    ride: str = "rfq-1.1", by: str = "p-comet", price: Money | None = None
) -> Envelope[QuoteAccepted]:
    """A customer accepts a quote; the booking's deadline is a minute later."""
    return fake(
        QuoteAccepted,
        metadata={"deadline": NOON + timedelta(minutes=1)},
        ride_id=ride,
        responder_id=by,
        price=price or usd("12.50"),
    )


def completed(ride: str = "rfq-1.1", by: str = "p-comet", at: datetime = NOON) -> Envelope[RideCompleted]:
    return fake(RideCompleted, ride_id=ride, responder_id=by, completed_at=at)


def hold(world: "World", ride: str, payee: str, invoice: str, price: str = "12.50") -> None:
    """Hold a ride for an invoice, as one of many rides does. Raises Taken."""
    table = SettlementTable(world.dynamodb, world.name)
    settlement = Settlement(
        invoice,
        payee,
        "b-1",
        "settled",
        NOON,
        "claiming",
        "inv1" if invoice == "invoice-1" else invoice,
        usd(price),
    )
    if table.get(invoice) is None:
        table.begin(settlement)
    table.hold(settlement, [Owing(ride, usd(price))])


class World:
    """Needs moto. It is `now` NOON, until a test says otherwise."""

    def __init__(self) -> None:
        self.now = NOON
        self.dynamodb: Any = aws.client("dynamodb")
        self.sqs: Any = aws.client("sqs")
        self.name = table.made(self.dynamodb)
        self.queue = self.sqs.create_queue(QueueName=f"inbox-{uuid.uuid4()}")["QueueUrl"]
        self.parked_in = self.sqs.create_queue(QueueName=f"parking-{uuid.uuid4()}")["QueueUrl"]
        self.metrics = Metrics(namespace="test", service="settlement")
        self.metrics.clear_metrics()
        self.ledger = LedgerTable(self.dynamodb, self.name)
        logger = Logger(service=f"settlement-{next(_services)}", level="CRITICAL")
        about: Any = {"ledger": self.ledger, "logger": logger, "metrics": self.metrics}
        self.rides = Rides(consumer=self._consumer(RideCompleted, logger), **about)
        self.prices = Prices(consumer=self._consumer(QuoteAccepted, logger, late=True), **about)

    def _consumer(self, contract: type[Any], logger: Logger, *, late: bool = False) -> Consumer[Any]:
        return Consumer(
            contract,
            sqs=self.sqs,
            parking_lot=ParkingLot(self.sqs, self.parked_in, logger=logger, metrics=self.metrics),
            logger=logger,
            metrics=self.metrics,
            max_attempts=5,
            late=late,
            now=lambda: self.now,
        )

    def hear(self, *messages: Envelope[Any] | str) -> list[str]:
        """Handle messages, each by the function that hears it, in this order. Returns the ids of those that come again."""
        failed = []
        for message in messages:
            use_case: Rides | Prices = self.rides
            if isinstance(message, Envelope) and isinstance(message.data, QuoteAccepted):
                use_case = self.prices
            answer = use_case.handle(in_a_queue(message, queue=self.queue.rpartition("/")[2]))
            failed += [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
        return failed

    def owed(self, *payees: str) -> list[Entry]:
        """The rides of payees that are over, whenever."""
        return [entry for payee in payees or ("p-comet",) for entry in self.ledger.of(payee, *EVER)]

    def items(self) -> list[dict[str, Any]]:
        return sorted(self.dynamodb.scan(TableName=self.name)["Items"], key=lambda item: str(item["id"]))

    def parked(self) -> list[str]:
        """Why each message was parked."""
        found = self.sqs.receive_message(
            QueueUrl=self.parked_in, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [each["MessageAttributes"]["reason"]["StringValue"] for each in found.get("Messages", [])]

    def counted(self) -> set[str]:
        return set(self.metrics.metric_set)
