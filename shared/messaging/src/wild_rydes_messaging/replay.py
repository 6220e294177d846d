"""Send dead letters back to their queues, each after a backoff of its own, and park those that time does not help."""

import json
import math
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from wild_rydes_messaging.attributes import Attributes, replays
from wild_rydes_messaging.backoff import Backoff
from wild_rydes_messaging.consume import PartialBatchResponse
from wild_rydes_messaging.dead_letter import DeadLetter, ReplayPolicy, Verdict
from wild_rydes_messaging.deliver import DEFAULT_RETRIES, DeliveryError, Receipt, Retries
from wild_rydes_messaging.errors import describe
from wild_rydes_messaging.peek import metadata_in
from wild_rydes_messaging.send import Outgoing, Queue, queue_url

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class Route:
    """Where the dead letters of one queue go, by URL: back to `queue`, or to `parking`.

    `late`: its consumer takes messages after their deadlines, too.
    """

    queue: str
    parking: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class _Sent:
    """A dead letter on its way."""

    letter: DeadLetter
    route: Route
    verdict: Verdict
    why: str
    message: Outgoing


class Replay:
    """Handles the dead letters of some queues, which `routes` has by the dead-letter queue's name.

    A dead letter is deleted when it is in another queue, not before. One that cannot be sent stays, and holds up no
    other. If the worker dies in between, the letter is sent again: consumers bear what comes twice.

    A message of a FIFO queue keeps its group, and gets a deduplication id that is new in each hop, but the same when
    the hop is repeated. It cannot be delayed where it goes, so it waits where it is, and its group waits behind it: of
    a group there is one message at a time.
    """

    def __init__(
        self,
        routes: Mapping[str, Route],
        policy: ReplayPolicy,
        *,
        sqs: "SQSClient",
        logger: Logger,
        metrics: Metrics,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        uniform: Callable[[float, float], float] = random.uniform,
        retries: Retries = DEFAULT_RETRIES,
    ) -> None:
        self.routes = routes
        self.policy = policy
        self.sqs = sqs
        self.logger = logger
        self.metrics = metrics
        self.now = now
        self.uniform = uniform
        self.retries = retries

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], *, sqs: "SQSClient", logger: Logger, metrics: Metrics
    ) -> Self:
        """Make the replay of a function from its variables REPLAYED_QUEUES (JSON: name of the dead-letter queue → URLs of
        `queue` and `parking`, and perhaps `late`), MAX_REPLAYS, and in seconds REPLAY_BASE and REPLAY_CAP.

        Raises KeyError, with the variable's name, if one is missing.
        """
        backoff = Backoff(float(environment["REPLAY_BASE"]), float(environment["REPLAY_CAP"]))
        return cls(
            {name: Route(**route) for name, route in json.loads(environment["REPLAYED_QUEUES"]).items()},
            ReplayPolicy(int(environment["MAX_REPLAYS"]), backoff),
            sqs=sqs,
            logger=logger,
            metrics=metrics,
        )

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Handle a Lambda SQS event. Name the letters that stay where they are."""
        staying: list[str] = []
        going: list[_Sent] = []
        groups: set[str] = set()
        # SQS may hand over a message twice, even in one batch.
        for record in {record["messageId"]: record for record in event["Records"]}.values():
            with self._logging(record["body"]):
                try:
                    route = self.routes[record["eventSourceARN"].rpartition(":")[2]]
                    letter = DeadLetter.of(record, late=route.late)
                    first_of_group = not letter.group or letter.group not in groups
                    groups.add(letter.group)
                    sent = self._judged(letter, route) if first_of_group else None
                    if first_of_group and sent is None:
                        continue
                except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the batch goes on
                    self.logger.error("cannot replay", message_id=record["messageId"], extra=describe(error))
                    sent = None
                if sent is None or (letter.group and self._waits(sent, record)):
                    staying.append(record["messageId"])
                else:
                    going.append(sent)
        staying += self._send(going)
        return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in staying]}

    def _judged(self, letter: DeadLetter, route: Route) -> _Sent | None:
        """Decide what becomes of it. None: nothing, and it may be deleted."""
        verdict, why = self.policy.judge(letter, self.now())
        if verdict is Verdict.DROP:
            self.logger.info("dropped: past its deadline", deadline=str(letter.deadline))
            self.metrics.add_metric("MessagesExpired", MetricUnit.Count, 1)
            return None
        if verdict is Verdict.PARK:
            return _parked(letter, route, why)
        delay = 0 if letter.group else math.ceil(self.policy.delay(letter, self.now(), self.uniform))
        message = _message(letter, letter.sent_back(replays(letter.attributes) + 1) or {}, delay)
        return _Sent(letter, route, verdict, why, message)

    def _waits(self, sent: _Sent, record: Mapping[str, Any]) -> bool:
        """Let a message of a FIFO queue wait for its backoff, which its id decides: it is the same at each receipt."""
        if sent.verdict is not Verdict.REPLAY:
            return False
        milliseconds = int(record["attributes"]["ApproximateFirstReceiveTimestamp"])
        since = datetime.fromtimestamp(milliseconds / 1000, UTC)
        draw = random.Random(sent.letter.id).uniform  # noqa: S311 - no secret
        due = since + timedelta(seconds=self.policy.delay(sent.letter, since, draw))
        if (left := (due - self.now()).total_seconds()) <= 0:
            return False
        url = queue_url(self.sqs, record["eventSourceARN"])
        self.sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=math.ceil(left)
        )
        return True

    def _send(self, going: list[_Sent]) -> list[str]:
        """Send all, and return the ids of those that could not be sent."""
        failed: list[str] = []
        refused: list[_Sent] = []
        for url in dict.fromkeys(_url(sent) for sent in going):
            batch = [sent for sent in going if _url(sent) == url]
            for sent, receipt in zip(batch, self._receipts(url, batch), strict=True):
                with self._logging(sent.letter.body):
                    if not receipt.error:
                        self._tell(sent)
                    elif receipt.invalid and sent.verdict is Verdict.REPLAY:
                        refused.append(
                            _parked(sent.letter, sent.route, f"its queue refuses it: {receipt.error}")
                        )
                    else:
                        self.logger.warning("cannot replay", message_id=sent.letter.id, reason=receipt.error)
                        failed.append(sent.letter.id)
        return failed + (self._send(refused) if refused else [])

    def _receipts(self, url: str, batch: list[_Sent]) -> tuple[Receipt, ...]:
        try:
            return Queue(self.sqs, url, self.retries).send([sent.message for sent in batch])
        except DeliveryError as error:
            return error.receipts

    def _tell(self, sent: _Sent) -> None:
        about = {"message_id": sent.letter.id, "queue": sent.route.queue.rpartition("/")[2], "why": sent.why}
        if sent.verdict is Verdict.PARK:
            self.logger.error("parked", extra={**about, "reason": sent.letter.cause.reason})
            self.metrics.add_metric("MessagesParked", MetricUnit.Count, 1)
        else:
            self.logger.info("replayed", extra={**about, "delay": sent.message.delay})
            self.metrics.add_metric("MessagesReplayed", MetricUnit.Count, 1)

    @contextmanager
    def _logging(self, body: str) -> Iterator[None]:
        before, metadata = self.logger.get_correlation_id(), metadata_in(body)
        self.logger.set_correlation_id(metadata.correlation_id if metadata else before)
        try:
            yield
        finally:
            self.logger.set_correlation_id(before)


def _url(sent: _Sent) -> str:
    return sent.route.parking if sent.verdict is Verdict.PARK else sent.route.queue


def _parked(letter: DeadLetter, route: Route, why: str) -> _Sent:
    attributes = letter.parked(route.queue.rpartition("/")[2])
    return _Sent(letter, route, Verdict.PARK, why, _message(letter, attributes, 0))


def _message(letter: DeadLetter, attributes: Attributes, delay: int) -> Outgoing:
    deduplication_id = f"replay-{letter.id}" if letter.group else ""
    return Outgoing(letter.id, letter.body, delay, attributes, letter.group, deduplication_id)
