"""A partner that is asked for more than it can answer, in virtual time.

The consumer of its queue is the real one, with breaker and all. The queue, the partner and the return address are not: the
queue hands out what came first, to as many workers as the partner's row allows, and each of the partner's answers takes the
same time.
"""

import heapq
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any

from aws_lambda_powertools import Logger

from tests.support.unicorn_mgmt.partner_samples import AIRPORT, REPLY_TO, SPACE_NEEDLE
from unicorn_mgmt.adapters.partners.credentials import Credentials
from unicorn_mgmt.adapters.partners.faults import fault_of
from unicorn_mgmt.adapters.partners.line import PartnerLine
from unicorn_mgmt.adapters.partners.roster import Partner
from unicorn_mgmt.use_cases.partner_quotes import PartnerQuotes
from wild_rydes_circuit_breaker import CircuitBreaker, LogAndCount, MemoryStore, Settings
from wild_rydes_contracts import Decline, Envelope, RfqRequested
from wild_rydes_contracts.metadata import first_of
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.reply import Replies

BEGIN = datetime(2026, 11, 21, 9, tzinfo=UTC)
INVOKED = 0.015
"""Seconds that an invocation takes which calls nobody: to start, and to send its reply."""


@dataclass(frozen=True)
class Load:
    """`rate` RFQs a second on average, at random instants for so many `seconds`, each open for `respond_within`."""

    rate: float
    seconds: float = 60
    respond_within: float = 300
    seed: int = 1

    def arrivals(self) -> Iterator[float]:
        """The instants of the RFQs."""
        chance = random.Random(self.seed)
        at = chance.expovariate(self.rate)
        while at < self.seconds:
            yield at
            at += chance.expovariate(self.rate)


@dataclass
class Seen:
    """What became of the RFQs of the load's second half, when the queue is as long as it gets.

    `answered` has the seconds until the partner's answer to each, None if the deadline was first.
    """

    load: Load
    answered: list[float | None] = field(default_factory=list)
    quotes: int = 0

    @property
    def all_answered(self) -> float:
        """The share of the RFQs that ended because everybody had answered."""
        return sum(took is not None for took in self.answered) / len(self.answered)

    @property
    def goodput(self) -> float:
        """The partner's quotes in time, a second."""
        return self.quotes / (self.load.seconds / 2)

    def last_answer(self, percent: int) -> float:
        """A percentile of the seconds until an RFQ was over."""
        ended = [self.load.respond_within if took is None else took for took in self.answered]
        return quantiles(ended, n=100, method="inclusive")[percent - 1]


class Overload:
    """The partner, its queue and its workers. `patient`: as if no message had waited."""

    def __init__(self, partner: Partner, *, call_seconds: float, patient: bool = False) -> None:
        self.clock = 0.0
        self._call_seconds = call_seconds
        self._partner = partner
        self._patient = patient
        self._store = MemoryStore()
        self._sent: dict[str, tuple[float, str]] = {}
        self._logger = Logger(service="overload", level="CRITICAL")

    def run(self, load: Load) -> Seen:
        """Let RFQs come in, until all are answered or dropped."""
        arrivals = list(load.arrivals())
        workers = [(0.0, number, self._worker()) for number in range(self._partner.concurrency)]
        for number, sent in enumerate(arrivals):
            free, worker_number, worker = heapq.heappop(workers)
            received = max(free, sent)
            self.clock = received + INVOKED
            assert worker.handle(self._event(number, sent, received, load)) == {"batchItemFailures": []}
            heapq.heappush(workers, (self.clock, worker_number, worker))
        seen = Seen(load)
        for number, sent in enumerate(arrivals):
            if sent < load.seconds / 2:
                continue
            at, kind = self._sent.get(f"rfq-{number}", (float("inf"), ""))
            in_time = at - sent < load.respond_within
            seen.answered.append(at - sent if in_time else None)
            seen.quotes += in_time and kind == "quote"
        return seen

    def _worker(self) -> PartnerQuotes:
        breaker = CircuitBreaker(
            self._partner.id,
            Settings(),
            self._store,
            classify=fault_of,
            listener=LogAndCount(self._logger),
            now=lambda: self.clock,
        )
        stand_in: Any = self
        return PartnerQuotes(
            stand_in,
            PartnerLine(
                self._partner,
                breaker,
                transport=stand_in,
                secrets=stand_in,
                secret_id="",
                call_log=stand_in,
                now=self._now,
            ),
            consumer=Consumer(
                RfqRequested,
                sqs=stand_in,
                parking_lot=ParkingLot(stand_in, "", logger=self._logger, metrics=stand_in),
                logger=self._logger,
                metrics=stand_in,
                max_attempts=5,
                now=self._now,
            ),
            replies=Replies(stand_in, REPLY_TO),
            callback_url="",
            now=self._now,
        )

    def _now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.clock)

    def _event(self, number: int, sent: float, received: float, load: Load) -> dict[str, Any]:
        at = BEGIN + timedelta(seconds=sent)
        metadata = first_of(
            RfqRequested,
            correlation_id=f"rfq-{number}",
            occurred_at=at,
            reply_to=REPLY_TO,
            deadline=at + timedelta(seconds=load.respond_within),
        )
        rfq = RfqRequested(rfq_id=f"rfq-{number}", start=SPACE_NEEDLE, destination=AIRPORT)
        detail = Envelope(metadata=metadata, data=rfq).model_dump(mode="json", exclude_none=True)
        body = {"source": RfqRequested.source, "detail-type": RfqRequested.name, "detail": detail}
        first = sent if self._patient else received
        attributes = {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": f"{at.timestamp() * 1000:.0f}",
            "ApproximateFirstReceiveTimestamp": f"{(at.timestamp() + first - sent) * 1000:.0f}",
        }
        message = {"messageId": str(number), "receiptHandle": "", "body": json.dumps(body)}
        return {"Records": [{**message, "attributes": attributes, "eventSourceARN": ":queue"}]}

    # What the consumer works with.

    def quote(self, *_: object) -> Decline:
        """The partner's answer, for which it takes its time. As far as the queue is concerned, a quote."""
        self.clock += self._call_seconds
        return Decline(responder_id=self._partner.id, reason="too-far")

    def get(self, _: str) -> Credentials:
        return Credentials({})

    def exchange(self, *_: object, **__: object) -> None:
        return None

    def record(self, *_: object, **__: object) -> None:
        return None

    def add_metric(self, *_: object) -> None:
        return None

    def get_queue_url(self, **_: object) -> dict[str, str]:
        return {"QueueUrl": "replies"}

    def send_message_batch(self, *, Entries: list[dict[str, Any]], **_: object) -> dict[str, Any]:  # noqa: N803
        for entry in Entries:
            told = json.loads(entry["MessageBody"])
            [answer] = told["data"]["answers"]
            kind = "quote" if answer["reason"] == "too-far" else "decline"
            self._sent.setdefault(told["metadata"]["correlation_id"], (self.clock, kind))
        return {}
