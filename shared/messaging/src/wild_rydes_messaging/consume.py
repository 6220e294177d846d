"""Consume a batch of messages from an SQS queue, each on its own: a bad message does not stop the others."""

import json
import math
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from wild_rydes_contracts import Envelope, Event, Message, Metadata
from wild_rydes_contracts.invalid import InvalidMessage
from wild_rydes_contracts.reading import expected, read
from wild_rydes_messaging.attributes import history, of_record, replays, theirs
from wild_rydes_messaging.backoff import Backoff
from wild_rydes_messaging.deliver import MAX_ENTRIES
from wild_rydes_messaging.errors import RetryLater, Unprocessable, describe
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.peek import metadata_in
from wild_rydes_messaging.reply import ForbiddenReturnAddress
from wild_rydes_messaging.retry import DEFAULT_BACKOFF, PATIENCE, RetryPolicy
from wild_rydes_messaging.send import queue_url

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import ChangeMessageVisibilityBatchRequestEntryTypeDef

__all__ = ["Batch", "Consumer", "PartialBatchResponse", "Received", "RetryLater", "Unprocessable"]

D = TypeVar("D", bound=Message)

PartialBatchResponse = dict[str, list[dict[str, str]]]
"""`{"batchItemFailures": [{"itemIdentifier": message id}]}`: the queue deletes all other messages."""

SUSPECT_AFTER = 20
"""Receipts after which a message may be one that kills its worker, and with it the work on the rest of its batch."""

_LONGEST_POSTPONEMENT = 12 * 3600 - 60
"""Seconds. A message stays invisible for at most 12 hours from its receipt, and that was a moment ago."""


@dataclass(frozen=True, eq=False, slots=True)
class Received(Generic[D]):
    """A valid message. `attempt` counts its deliveries from 1.

    `waited` is how long it was in the queue before the first of them, in seconds, a delay that its sender wanted
    included. Both instants are the queue's, so that no clock of ours has a say, and a message that comes again has
    waited as long as before.
    """

    data: D
    metadata: Metadata
    message_id: str
    attempt: int
    waited: float = 0


class Consumer(Generic[D]):
    """Receives messages of the given contracts from one queue: any number of events, and one other message.

    A body with a detail-type is an event's. A message to a return address does not say what it is, so a queue
    can hold only one kind of these: ValueError otherwise. Older versions of a contract are read as the given one if its
    classes say how (`Message.upcast`).

    A message that is not handled returns after a backoff, or leaves the queue with the reason: `RetryPolicy` decides.
    A message past its deadline is dropped before any work, unless the consumer is `late`: then it keeps a record of what
    was said, to which nobody waits for an answer, and a deadline is nothing to it. A message whose worker dies returns by
    itself, until the queue's own redrive policy takes it away.

    With `requesters`, events that want an answer are taken from these sources, each with its own return address and no
    other. Whoever may ask for an answer could have it sent to another otherwise.
    """

    def __init__(
        self,
        *contracts: type[D],
        sqs: "SQSClient",
        parking_lot: ParkingLot,
        logger: Logger,
        metrics: Metrics,
        max_attempts: int,
        requesters: Mapping[str, str] | None = None,
        late: bool = False,
        patience: timedelta = PATIENCE,
        backoff: Backoff = DEFAULT_BACKOFF,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        expected(contracts)
        self.contracts = contracts
        self.requesters = requesters or {}
        self.late = late
        self.sqs = sqs
        self.parking_lot = parking_lot
        self.logger = logger
        self.metrics = metrics
        self.policy = RetryPolicy(max_attempts, patience, backoff)
        self.now = now
        self.uniform = uniform
        self._queue_urls: dict[str, str] = {}

    @classmethod
    def from_environment(
        cls,
        environment: Mapping[str, str],
        *contracts: type[D],
        sqs: "SQSClient",
        logger: Logger,
        metrics: Metrics,
        requesters: Mapping[str, str] | None = None,
        late: bool = False,
        patience: timedelta = PATIENCE,
        backoff: Backoff = DEFAULT_BACKOFF,
    ) -> Self:
        """Make the consumer of a function from its variables DEAD_LETTER_QUEUE_URL, MAX_ATTEMPTS and, where there is a
        replay, PARKING_QUEUE_URL.

        Raises KeyError, with the variable's name, if one is missing.
        """
        return cls(
            *contracts,
            sqs=sqs,
            parking_lot=ParkingLot(
                sqs,
                environment["DEAD_LETTER_QUEUE_URL"],
                environment.get("PARKING_QUEUE_URL", ""),
                logger=logger,
                metrics=metrics,
            ),
            logger=logger,
            metrics=metrics,
            max_attempts=int(environment["MAX_ATTEMPTS"]),
            requesters=requesters,
            late=late,
            patience=patience,
            backoff=backoff,
        )

    def receive(self, event: Mapping[str, Any]) -> "Batch[D]":
        """Open a Lambda SQS event. Handle its messages in `Batch.attempt`, then return `Batch.settle()`."""
        return Batch(self, event["Records"])

    def parse(self, body: str) -> Envelope[D]:
        """Read the message in a queue message's body, and raise an older version to the one that is wanted.

        Raises Unprocessable, which names each wrong field but no value: values may be personal data.
        """
        try:
            envelope = read(body, *self.contracts, sources=self.requesters)
        except InvalidMessage as error:
            raise Unprocessable(str(error)) from None
        if self.requesters and isinstance(envelope.data, Event) and envelope.data.answered_with:
            source = json.loads(body)["source"]
            if envelope.metadata.reply_to != self.requesters[source]:
                raise ForbiddenReturnAddress(f"return address is not that of {source}")
        return envelope

    def url(self, queue_arn: str) -> str:
        """Look up the URL of a queue. Raises botocore's errors."""
        if queue_arn not in self._queue_urls:
            self._queue_urls[queue_arn] = queue_url(self.sqs, queue_arn)
        return self._queue_urls[queue_arn]


class Batch(Generic[D]):
    """The messages of one invocation. Iterating yields the valid ones that have not come too late."""

    def __init__(self, consumer: Consumer[D], records: list[Mapping[str, Any]]) -> None:
        self._consumer = consumer
        self._records = {record["messageId"]: record for record in records}
        self._failures: dict[str, BaseException] = {}
        taken = self._in_other_company(records)
        self._left = [record["messageId"] for record in records if record not in taken]
        self._messages = [message for record in taken if (message := self._open(record))]
        self._deadlines = {
            message.message_id: message.metadata.deadline for message in self._messages if not consumer.late
        }

    def __iter__(self) -> Iterator[Received[D]]:
        return iter(self._messages)

    @contextmanager
    def attempt(self, *messages: Received[D]) -> Iterator[None]:
        """Handle messages of one conversation inside this context.

        Every log line has their correlation id. An exception fails these messages and no others.
        """
        with self._logging(messages[0].metadata.correlation_id):
            try:
                yield
            except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the batch goes on
                self.fail(error, *messages)

    def fail(self, error: BaseException, *messages: Received[D]) -> None:
        """Mark messages as not handled because of `error`."""
        for message in messages:
            self._failures[message.message_id] = error

    def settle(self) -> PartialBatchResponse:
        """Park the messages beyond hope. Let other failed ones return after a backoff, and name those."""
        returning: dict[str, float] = {}
        for message_id, error in self._failures.items():
            record = self._records[message_id]
            with self._logging(_correlation_id(record["body"])):
                if not self._parked(record, error):
                    returning[message_id] = self._delay(record, error)
                    self._consumer.logger.warning(
                        "will retry", message_id=message_id, attempt=_attempt(record), extra=describe(error)
                    )
        if returning:
            self._consumer.metrics.add_metric("MessagesRetried", MetricUnit.Count, len(returning))
            self._postpone(returning)
        return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in [*returning, *self._left]]}

    def _in_other_company(self, records: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Take half of the messages, by lot, if one among them may kill its worker; the others come again.

        A message that dies together with its batch comes back together with it. So its companions get away.
        """
        if len(records) == 1 or all(_attempt(record) <= SUSPECT_AFTER for record in records):
            return records
        draw = self._consumer.uniform
        by_lot = sorted((draw(0, 1), i) for i in range(len(records)))
        self._consumer.logger.warning("handles half a batch", messages=len(records))
        return [records[i] for i in sorted(i for _, i in by_lot[: len(records) // 2])]

    def _open(self, record: Mapping[str, Any]) -> Received[D] | None:
        consumer = self._consumer
        try:
            envelope = consumer.parse(record["body"])
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the batch goes on
            self._failures[record["messageId"]] = error
            return None
        metadata = envelope.metadata
        with self._logging(metadata.correlation_id):
            consumer.logger.info(
                "received",
                message_type=envelope.data.name,
                message_id=record["messageId"],
                queue=record["eventSourceARN"].rpartition(":")[2],
                sent_at=int(record["attributes"]["SentTimestamp"]),
                attempt=_attempt(record),
            )
            if not consumer.late and metadata.expired(consumer.now()):
                consumer.logger.info("dropped: past its deadline", deadline=str(metadata.deadline))
                consumer.metrics.add_metric("MessagesExpired", MetricUnit.Count, 1)
                return None
        return Received(envelope.data, metadata, record["messageId"], _attempt(record), _waited(record))

    def _parked(self, record: Mapping[str, Any], error: BaseException) -> bool:
        consumer = self._consumer
        tried_for = consumer.now() - _first_received(record)
        attributes = of_record(record)
        replayed = replays(attributes) > 0
        if not consumer.policy.gives_up(
            error, attempt=_attempt(record), tried_for=tried_for, replayed=replayed
        ):
            return False
        try:
            consumer.parking_lot.park(
                record["body"],
                error,
                theirs(attributes, dead=False),
                queue=record["eventSourceARN"].rpartition(":")[2],
                attempts=str(_attempt(record)),
                **({"message_id": record["messageId"]} | history(attributes)),
            )
        except Exception as parking_error:  # noqa: BLE001 - whatever it is, the message stays
            consumer.logger.error("cannot park", extra=describe(parking_error))
            return False
        return True

    def _delay(self, record: Mapping[str, Any], error: BaseException) -> float:
        consumer = self._consumer
        deadline = self._deadlines.get(record["messageId"])
        left = deadline - consumer.now() if deadline else None
        return consumer.policy.delay(error, attempt=_attempt(record), left=left, uniform=consumer.uniform)

    def _postpone(self, returning: Mapping[str, float]) -> None:
        entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
            {
                "Id": str(i),
                "ReceiptHandle": self._records[message_id]["receiptHandle"],
                "VisibilityTimeout": min(_LONGEST_POSTPONEMENT, max(0, math.ceil(delay))),
            }
            for i, (message_id, delay) in enumerate(returning.items())
        ]
        consumer = self._consumer
        # A message that cannot be postponed returns all the same, after the queue's visibility timeout.
        try:
            url = consumer.url(next(iter(self._records.values()))["eventSourceARN"])
            for start in range(0, len(entries), MAX_ENTRIES):
                response = consumer.sqs.change_message_visibility_batch(
                    QueueUrl=url, Entries=entries[start : start + MAX_ENTRIES]
                )
                for failed in response.get("Failed", []):
                    consumer.logger.warning("cannot postpone", reason=failed["Code"])
        except Exception as error:  # noqa: BLE001 - whatever it is, the queue brings the messages again
            consumer.logger.warning("cannot postpone", extra=describe(error))

    @contextmanager
    def _logging(self, correlation_id: str | None) -> Iterator[None]:
        logger = self._consumer.logger
        before = logger.get_correlation_id()
        logger.set_correlation_id(correlation_id or before)
        try:
            yield
        finally:
            logger.set_correlation_id(before)


def _attempt(record: Mapping[str, Any]) -> int:
    return int(record["attributes"]["ApproximateReceiveCount"])


def _first_received(record: Mapping[str, Any]) -> datetime:
    """Read when the message was first received: a timer waits in its queue before that, and nobody waits for it."""
    attributes = record["attributes"]
    milliseconds = attributes.get("ApproximateFirstReceiveTimestamp") or attributes["SentTimestamp"]
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def _waited(record: Mapping[str, Any]) -> float:
    """Tell how many seconds the message was in its queue before that, by the queue's own clock."""
    sent = datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, UTC)
    return max(0.0, (_first_received(record) - sent).total_seconds())


def _correlation_id(body: str) -> str | None:
    """Find the correlation id in a body that may be anything, if at least its metadata is in order."""
    metadata = metadata_in(body)
    return metadata.correlation_id if metadata else None
