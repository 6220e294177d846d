"""The consumer of a partner's queue for quotes, with a real server for the partner."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.rydes.simulators.partners.server import Server
from tests.support import aws
from tests.support.patience import PATIENCE
from tests.support.unicorn_mgmt.partner_samples import PARTNERS, secret
from tests.support.unicorn_mgmt.world import MAX_ATTEMPTS, REQUESTERS, TABLE, World
from unicorn_mgmt.adapters.partner_queues import CallbackChecks
from unicorn_mgmt.adapters.partners.clients import client_of
from unicorn_mgmt.adapters.partners.line import line_to
from unicorn_mgmt.domain.callback_due import CallbackDue
from unicorn_mgmt.use_cases.owed_callbacks import Expectations, OwedCallbacks
from unicorn_mgmt.use_cases.partner_quotes import PartnerQuotes
from wild_rydes_circuit_breaker import DynamoDbStore
from wild_rydes_contracts import RfqRequested
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.reply import Replies

EVERYTHING_DONE: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}


class Desk:
    """Workers of one partner's consumer; those of one partner share its breaker."""

    def __init__(self, world: World, server: Server, partner_id: str = "p-comet") -> None:
        self.world, self.server, self.partner = world, server, PARTNERS[partner_id]
        world.now = datetime.now(UTC)
        self.secrets = aws.client("secretsmanager")
        self.store = DynamoDbStore(world.dynamodb, TABLE)
        self.secrets.create_secret(Name=partner_id, SecretString=secret(partner_id, server.url))

    def worker(
        self,
        *,
        timeout: float = PATIENCE,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        breaker: Mapping[str, float] = {},
    ) -> PartnerQuotes:
        """`now` is for the line to the partner, and for what it owes."""
        world, partner = self.world, self.partner
        line = line_to(
            replace(partner, timeout=timeout, breaker=dict(breaker)),
            dynamodb=world.dynamodb,
            table_name=TABLE,
            secretsmanager=self.secrets,
            secret_id=partner.id,
            logger=world.logger,
            now=now,
        )
        replies = Replies(world.sqs, REQUESTERS.values())
        return PartnerQuotes(
            client_of(partner),
            line,
            consumer=Consumer(
                RfqRequested,
                CallbackDue,
                sqs=world.sqs,
                parking_lot=world.parking_lot,
                logger=world.logger,
                metrics=world.metrics,
                max_attempts=MAX_ATTEMPTS,
                uniform=min,
            ),
            replies=replies,
            expectations=Expectations(line, CallbackChecks(world.sqs, world.checks), now),
            owed_callbacks=OwedCallbacks(line, world.callbacks, replies, now),
            callback_url="http://127.0.0.1:1/",
            now=lambda: datetime.now(UTC),
        )

    def ask(
        self,
        worker: PartnerQuotes,
        *rfqs: str,
        deadline: datetime | None = None,
        waited: float = 0,
        attempt: int = 1,
        **wrong: Any,
    ) -> list[dict[str, Any]]:
        """Have RFQs asked, until a deadline in an hour; the answers that came to the return address."""
        deadline = deadline or datetime.now(UTC) + timedelta(hours=1)
        bodies = [self.world.request(rfq, deadline=deadline, **wrong) for rfq in rfqs]
        event = self.world.deliver(*bodies, attempt=attempt, waited=waited)
        assert worker.handle(event) == EVERYTHING_DONE
        return [answer for told in self.world.answers() for answer in told["data"]["answers"]]

    def records(self) -> list[dict[str, Any]]:
        return [line for line in self.world.logs if line["message"] == "partner called"]
