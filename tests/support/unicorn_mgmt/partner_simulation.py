"""One partner, its queue and the workers that consume it, in virtual time.

The workers run the real use case, with breaker, consumer and all. The queue hands out what became visible first, to as
many workers as the partner's row allows. The partner answers each call after the same time, or takes note of it and calls
back.
"""

import heapq
import itertools
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any

from aws_lambda_powertools import Logger

from tests.support.unicorn_mgmt.partner_samples import AIRPORT, REPLY_TO, SPACE_NEEDLE
from unicorn_mgmt.adapters.callback_table import CallbackTable
from unicorn_mgmt.adapters.partner_queues import CallbackChecks
from unicorn_mgmt.adapters.partners.client import Question
from unicorn_mgmt.adapters.partners.credentials import Credentials
from unicorn_mgmt.adapters.partners.faults import fault_of
from unicorn_mgmt.adapters.partners.line import PartnerLine
from unicorn_mgmt.adapters.partners.roster import Partner
from unicorn_mgmt.domain.callback_due import CallbackDue
from unicorn_mgmt.use_cases.owed_callbacks import Expectations, OwedCallbacks
from unicorn_mgmt.use_cases.partner_quotes import PartnerQuotes
from wild_rydes_circuit_breaker import CircuitBreaker, LogAndCount, MemoryStore, Record, Settings
from wild_rydes_contracts import Decline, Envelope, RfqRequested
from wild_rydes_contracts.metadata import first_of
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.reply import Replies

BEGIN = datetime(2026, 11, 21, 9, tzinfo=UTC)
INVOKED = 0.015
"""Seconds that an invocation takes which calls nobody: to start, and to send its reply."""

QUOTED = "quoted"
"""What stands for a quote in the partner's answers."""

CallsBack = Callable[[float], float | None]
"""How many seconds after a call at this instant the partner calls back; None: never."""


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


@dataclass(frozen=True)
class Answered:
    """An RFQ that came at `at`: the seconds until the partner's answer, if it came in time, and what it was."""

    at: float
    took: float | None
    what: str


@dataclass(frozen=True)
class Seen:
    """What became of the RFQs of a load, from `since` on."""

    load: Load
    since: float
    rfqs: list[Answered]

    @property
    def quotes(self) -> int:
        """How many quotes came in time."""
        return sum(rfq.what == QUOTED for rfq in self.rfqs)

    @property
    def all_answered(self) -> float:
        """The share of the RFQs that ended because everybody had answered."""
        return sum(rfq.took is not None for rfq in self.rfqs) / len(self.rfqs)

    @property
    def goodput(self) -> float:
        """The partner's quotes in time, a second."""
        return self.quotes / (self.load.seconds - self.since)

    def last_answer(self, percent: int) -> float:
        """A percentile of the seconds until an RFQ was over."""
        ended = [self.load.respond_within if rfq.took is None else rfq.took for rfq in self.rfqs]
        return quantiles(ended, n=100, method="inclusive")[percent - 1]


@dataclass(order=True)
class _Message:
    visible: float
    number: int
    sent: float = field(compare=False)
    body: str = field(compare=False)
    attempt: int = field(default=0, compare=False)
    received: float | None = field(default=None, compare=False)


class Simulation:
    """The partner and all that we have of it. `patient`: as if no message had waited. `calls` are when it was called.

    `outcomes` counts the records of calls by operation and outcome.
    """

    def __init__(
        self,
        partner: Partner,
        *,
        call_seconds: float,
        calls_back: CallsBack | None = None,
        patient: bool = False,
    ) -> None:
        self.clock = 0.0
        self.calls: list[float] = []
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self._partner = partner
        self._call_seconds = call_seconds
        self._calls_back = calls_back
        self._patient = patient
        self._store = MemoryStore()
        self._queue: list[_Message] = []
        self._numbers = itertools.count()
        self._answers: dict[str, tuple[float, str]] = {}
        self._called_back: dict[str, float] = {}
        self._logger = Logger(service="simulation", level="CRITICAL")

    @property
    def circuit(self) -> Record:
        """The partner's circuit."""
        return self._store.read(self._partner.id)

    def run(self, load: Load, *, since: float = 0) -> Seen:
        """Let RFQs come in, and go on until the queue is empty. Tell of those that came from `since` on."""
        arrivals = list(load.arrivals())
        for number, at in enumerate(arrivals):
            self._put(_rfq(number, at, load), at, 0)
        workers = [(0.0, number, self._worker()) for number in range(self._partner.concurrency)]
        while self._queue:
            message = heapq.heappop(self._queue)
            free, number, worker = heapq.heappop(workers)
            received = max(free, message.visible)
            message.attempt += 1
            message.received = message.received or received
            self.clock = received + INVOKED
            failures = worker.handle(self._event(message))["batchItemFailures"]
            if failures:
                heapq.heappush(self._queue, message)  # visible when its consumer has wished
            heapq.heappush(workers, (self.clock, number, worker))
        return Seen(load, since, [self._told(n, at, load) for n, at in enumerate(arrivals) if at >= since])

    def _told(self, number: int, at: float, load: Load) -> Answered:
        answered, what = self._answers.get(f"rfq-{number}", (float("inf"), ""))
        took = answered - at
        return Answered(at, took, what) if took < load.respond_within else Answered(at, None, "")

    def _put(self, body: str, at: float, delay: float) -> None:
        heapq.heappush(self._queue, _Message(at + delay, next(self._numbers), at, body))

    def _event(self, message: _Message) -> dict[str, Any]:
        assert message.received is not None
        first = message.sent if self._patient else message.received
        instants = {"SentTimestamp": message.sent, "ApproximateFirstReceiveTimestamp": first}
        attributes = {name: f"{(BEGIN.timestamp() + at) * 1000:.0f}" for name, at in instants.items()}
        self._underway = message
        return {
            "Records": [
                {
                    "messageId": str(message.number),
                    "receiptHandle": "",
                    "body": message.body,
                    "attributes": {"ApproximateReceiveCount": str(message.attempt), **attributes},
                    "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
                }
            ]
        }

    def _worker(self) -> PartnerQuotes:
        partner = self._partner
        us: Any = _Us(self)
        breaker = CircuitBreaker(
            partner.id,
            Settings(**partner.breaker),
            self._store,
            classify=fault_of,
            listener=LogAndCount(self._logger),
            now=lambda: BEGIN.timestamp() + self.clock,
        )
        line = PartnerLine(partner, breaker, transport=us, secrets=us, secret_id="", call_log=us, now=us.now)
        replies = Replies(us, [REPLY_TO])
        return PartnerQuotes(
            us,
            line,
            consumer=Consumer(
                RfqRequested,
                CallbackDue,
                sqs=us,
                parking_lot=ParkingLot(us, "", logger=self._logger, metrics=us),
                logger=self._logger,
                metrics=us,
                max_attempts=5,
                now=us.now,
            ),
            replies=replies,
            expectations=Expectations(line, CallbackChecks(us, "queue"), us.now),
            owed_callbacks=OwedCallbacks(line, CallbackTable(us, ""), replies, us.now),
            callback_url="",
            now=us.now,
        )

    # What happens.

    def _call(self, rfq_id: str) -> Decline | None:
        self.calls.append(self.clock)
        self.clock += self._call_seconds
        if self._calls_back is None:
            return Decline(responder_id=self._partner.id, reason=QUOTED)
        after = self._calls_back(self.calls[-1])
        if after is not None:
            self._called_back[rfq_id] = self.clock + after
            self._answer(rfq_id, self.clock + after, QUOTED)
        return None

    def _answer(self, rfq_id: str, at: float, what: str) -> None:
        self._answers[rfq_id] = min((at, what), self._answers.get(rfq_id, (float("inf"), "")))


class _Us:
    """The partner's client and all that is behind our adapters."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self._simulation.clock)

    def quote(self, question: Question, *_: object) -> Decline | None:
        return self._simulation._call(question.rfq.rfq_id)

    def get(self, _: str) -> Credentials:
        return Credentials({})

    def exchange(self, *_: object, **__: object) -> None:
        return None

    def record(self, operation: str, outcome: str, **_: object) -> None:
        self._simulation.outcomes[operation, outcome] += 1

    def add_metric(self, *_: object) -> None:
        return None

    def get_item(self, Key: dict[str, Any], **_: object) -> dict[str, Any]:  # noqa: N803
        rfq_id = Key["id"]["S"].rpartition("#")[2]
        came = self._simulation._called_back.get(rfq_id, float("inf"))
        return {"Item": {}} if came <= self._simulation.clock else {}

    def get_queue_url(self, QueueName: str, **_: object) -> dict[str, str]:  # noqa: N803
        return {"QueueUrl": QueueName}

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        simulation = self._simulation
        for entry in Entries:
            if QueueUrl == "queue":
                simulation._put(entry["MessageBody"], simulation.clock, entry["DelaySeconds"])
                continue
            told = json.loads(entry["MessageBody"])
            [answer] = told["data"]["answers"]
            simulation._answer(told["metadata"]["correlation_id"], simulation.clock, answer["reason"])
        return {}

    def change_message_visibility_batch(self, Entries: list[dict[str, Any]], **_: object) -> dict[str, Any]:  # noqa: N803
        [entry] = Entries
        self._simulation._underway.visible = self._simulation.clock + entry["VisibilityTimeout"]
        return {}


def _rfq(number: int, seconds: float, load: Load) -> str:
    at = BEGIN + timedelta(seconds=seconds)
    metadata = first_of(
        RfqRequested,
        correlation_id=f"rfq-{number}",
        occurred_at=at,
        reply_to=REPLY_TO,
        deadline=at + timedelta(seconds=load.respond_within),
    )
    rfq = RfqRequested(rfq_id=f"rfq-{number}", start=SPACE_NEEDLE, destination=AIRPORT)
    detail = Envelope(metadata=metadata, data=rfq).model_dump(mode="json", exclude_none=True)
    return json.dumps({"source": RfqRequested.source, "detail-type": RfqRequested.name, "detail": detail})
