"""Event source mappings with AWS's batching, which the emulator lacks: it ignores the batching window.

The mappings' own settings decide: batch size, window, filters. Semantics as documented in
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html and …/with-ddb.html (a shard is polled
four times a second). The queues, the stream and the functions are the deployed ones.
"""

import base64
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Self

from infra.proof.ruler import EventPattern
from tests.bench.cost.meter import Units, batch, invocation

STREAM_POLL_SECONDS = 0.25

ClientFactory = Callable[[str], Any]


class EventSources:
    """Takes the place of the emulator's event source mappings while in context.

    `dilation` stretches windows and polling intervals: at a rate slowed down by the same factor batches come out the
    same, and a laptop keeps up.
    """

    def __init__(self, client: ClientFactory, leave_out: str = "feedback") -> None:
        """`leave_out` is the service whose functions get nothing: what comes after the ride has a cost of its own."""
        self._left_out = f":function:{leave_out}-"
        self.dilation = 1.0
        self._client = client
        self._lambda = client("lambda")
        self._pool = ThreadPoolExecutor(32)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.units = Units()
        self.batch_sizes: dict[str, list[int]] = {}
        self.stream_records: dict[str, Mapping[str, Any]] = {}
        """What was written, by event id: a stream may have several readers."""
        self.reached: set[tuple[str, str]] = set()
        """Ids of RFQs, each with the statuses that have passed through the stream."""
        self.retried = 0
        """Batches whose function failed, and that came again."""
        self.failures: list[str] = []

    def __enter__(self) -> Self:
        mappings = self._lambda.list_event_source_mappings()["EventSourceMappings"]
        self._mappings = [m for m in mappings if m["State"] in {"Enabled", "Creating", "Enabling"}]
        for mapping in self._mappings:
            self._lambda.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        time.sleep(1.5)  # batches that the emulator has taken end
        for mapping in self._mappings:
            if self._left_out in mapping["FunctionArn"]:
                continue
            poll = self._poll_queue if ":sqs:" in mapping["EventSourceArn"] else self._stream_poller(mapping)
            self._pool.submit(self._guarded, poll, mapping)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._pool.shutdown()
        for mapping in self._mappings:
            self._lambda.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    def reset(self) -> None:
        """Forget what was counted so far."""
        with self._lock:
            self.units = Units()
            self.batch_sizes = {}
            self.stream_records = {}

    def _guarded(self, poll: Callable[[Mapping[str, Any]], None], mapping: Mapping[str, Any]) -> None:
        try:
            poll(mapping)
        except Exception as error:
            self.failures.append(f"{mapping['EventSourceArn']}: {error!r}")
            raise

    def _poll_queue(self, mapping: Mapping[str, Any]) -> None:
        sqs, arn = self._client("sqs"), mapping["EventSourceArn"]
        url = sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
        size, window = mapping["BatchSize"], mapping.get("MaximumBatchingWindowInSeconds") or 0
        slots = threading.BoundedSemaphore(mapping.get("ScalingConfig", {}).get("MaximumConcurrency", 5))
        while not self._stopping.is_set():
            messages: list[dict[str, Any]] = []
            closes = None
            while len(messages) < size and (closes is None or time.monotonic() < closes):
                wait = 0 if closes else 1
                messages += sqs.receive_message(
                    QueueUrl=url,
                    MaxNumberOfMessages=min(10, size - len(messages)),
                    WaitTimeSeconds=wait,
                    AttributeNames=["All"],
                    MessageAttributeNames=["All"],
                ).get("Messages", [])
                if not messages:
                    break
                closes = closes or time.monotonic() + window * self.dilation
                if window and len(messages) < size:
                    time.sleep(0.1)
            if messages:
                slots.acquire()
                self._pool.submit(self._guarded, partial(self._deliver, slots, url, messages), mapping)

    def _deliver(
        self,
        slots: threading.BoundedSemaphore,
        url: str,
        messages: Sequence[Mapping[str, Any]],
        mapping: Mapping[str, Any],
    ) -> None:
        records = [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": mapping["EventSourceArn"],
                "awsRegion": "us-east-1",
            }
            for message in messages
        ]
        try:
            answer = self._invoke(mapping, records)
        finally:
            slots.release()
        kept = {failure["itemIdentifier"] for failure in (answer or {}).get("batchItemFailures", [])}
        done = [message for message in messages if answer is not None and message["MessageId"] not in kept]
        if done:
            self._client("sqs").delete_message_batch(
                QueueUrl=url,
                Entries=[{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(done)],
            )
        with self._lock:
            self.units.add(batch([message["Body"] for message in messages]))

    def _stream_poller(self, mapping: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], None]:
        """A poller that starts after the newest record as of now."""
        streams, arn = self._client("dynamodbstreams"), mapping["EventSourceArn"]
        shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="LATEST")[
            "ShardIterator"
        ]

        def poll(mapping: Mapping[str, Any]) -> None:
            iterator, opened = start, 0.0
            pending: list[dict[str, Any]] = []
            size, window = mapping["BatchSize"], mapping.get("MaximumBatchingWindowInSeconds") or 0
            patterns = [
                EventPattern.of(json.loads(f["Pattern"]))
                for f in mapping.get("FilterCriteria", {}).get("Filters", [])
            ]
            while not self._stopping.is_set():
                answer = streams.get_records(ShardIterator=iterator)
                iterator = answer["NextShardIterator"]
                records = [_lambda_record(record, arn) for record in answer["Records"]]
                with self._lock:
                    self.stream_records |= {record["eventID"]: record for record in records}
                    self.reached |= {
                        (record["dynamodb"]["Keys"]["id"]["S"], image["status"]["S"])
                        for record in records
                        if "status" in (image := record["dynamodb"].get("NewImage", {}))
                    }
                matching = [r for r in records if not patterns or any(p.matches(r) for p in patterns)]
                if matching and not pending:
                    opened = time.monotonic()
                pending += matching
                if pending and (len(pending) >= size or time.monotonic() >= opened + window * self.dilation):
                    if self._invoke(mapping, pending[:size]) is not None:
                        del pending[:size]
                    with self._lock:
                        self.units.add(invocation())
                time.sleep(STREAM_POLL_SECONDS * self.dilation)

        return poll

    def _invoke(self, mapping: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> Any:
        """What the function returned, `{}` for nothing; None if it failed, as it does on a machine too busy."""
        name = mapping["FunctionArn"].split(":function:")[1].split(":")[0]
        answer = self._lambda.invoke(
            FunctionName=name, Payload=json.dumps({"Records": records}, default=_base64)
        )
        payload = answer["Payload"].read()
        with self._lock:
            self.batch_sizes.setdefault(name, []).append(len(records))
            if "FunctionError" in answer:
                self.retried += 1
                return None
        return json.loads(payload) or {}


def _lambda_record(record: Mapping[str, Any], arn: str) -> dict[str, Any]:
    """A GetRecords record as Lambda hands it to a function."""
    created = record["dynamodb"]["ApproximateCreationDateTime"].timestamp()
    return {
        **record,
        "eventSourceARN": arn,
        "dynamodb": {**record["dynamodb"], "ApproximateCreationDateTime": created},
    }


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
