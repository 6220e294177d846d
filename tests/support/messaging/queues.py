# ruff: noqa: N803 - SQS's names
"""SQS and Lambda's pollers in one process, under a clock that tests move: as fast as the code behind the queues."""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.epoch import milliseconds

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ARN = "arn:aws:sqs:us-east-1:123456789012:{}"


class Killed(Exception):
    """The worker is gone, and with it whatever it would have told Lambda."""


@dataclass
class Held:
    """A message in a queue."""

    id: str
    body: str
    attributes: dict[str, dict[str, Any]]
    sent: datetime
    visible: datetime
    system: dict[str, str] = field(default_factory=dict)
    receipts: int = 0
    first_received: datetime | None = None

    def record(self, queue: str) -> dict[str, Any]:
        """The message as Lambda hands it over."""
        first = self.first_received or self.sent
        return {
            "messageId": self.id,
            "receiptHandle": self.id,
            "body": self.body,
            "attributes": {
                "ApproximateReceiveCount": str(self.receipts),
                "SentTimestamp": str(milliseconds(self.sent)),
                "ApproximateFirstReceiveTimestamp": str(milliseconds(first)),
                **self.system,
            },
            "messageAttributes": {
                name: {key[0].lower() + key[1:]: value for key, value in attribute.items()}
                for name, attribute in self.attributes.items()
            },
            "eventSourceARN": ARN.format(queue),
        }


class Queues:
    """A client of SQS. The URL of a queue ends in its name.

    Of what is sent in a batch, a part may fail: `failing` is how large a part. `sent` has how often a message, known by
    `key` of its body, came to a queue.
    """

    def __init__(self, *names: str, chance: random.Random, key: Callable[[str], str]) -> None:
        self.now = START
        self.held: dict[str, dict[str, Held]] = {name: {} for name in names}
        self.failing = 0.0
        self.sent: Counter[tuple[str, str]] = Counter()
        self.delays: list[tuple[Mapping[str, Any], float]] = []
        """The attributes and the delay of each message that was sent with some."""
        self._chance = chance
        self._key = key
        self._ids = itertools.count()

    def send_message(self, *, QueueUrl: str, **message: Any) -> dict[str, str]:
        name = QueueUrl.rpartition("/")[2]
        attributes = message.get("MessageAttributes", {})
        assert len(attributes) <= 10
        delay = message.get("DelaySeconds", 0)
        assert 0 <= delay <= 900
        if delay:
            self.delays.append((attributes, delay))
        held = Held(
            f"{name}-{next(self._ids)}",
            message["MessageBody"],
            attributes,
            self.now,
            self.now + timedelta(seconds=delay),
        )
        self.held[name][held.id] = held
        self.sent[name, self._key(held.body)] += 1
        return {"MessageId": held.id}

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        assert 1 <= len(Entries) <= 10
        failed = [entry["Id"] for entry in Entries if self._chance.random() < self.failing]
        for entry in Entries:
            if entry["Id"] not in failed:
                self.send_message(QueueUrl=QueueUrl, **entry)
        return {"Failed": [{"Id": id_, "Code": "InternalError", "SenderFault": False} for id_ in failed]}

    def get_queue_url(self, *, QueueName: str, **_: str) -> dict[str, str]:
        return {"QueueUrl": f"https://sqs/{QueueName}"}

    def change_message_visibility_batch(
        self,
        *,
        QueueUrl: str,
        Entries: Sequence[Mapping[str, Any]],
    ) -> dict[str, Any]:
        for entry in Entries:
            held = self.held[QueueUrl.rpartition("/")[2]][entry["ReceiptHandle"]]
            held.visible = self.now + timedelta(seconds=entry["VisibilityTimeout"])
        return {}

    def poll(
        self, name: str, handler: Callable[[dict[str, Any]], Any], *, hidden: int, again: float = 0
    ) -> int:
        """Hand all that is visible to the handler, in any order and in tens. Return how many these were.

        Some that were handled come `again`, as if they had not been deleted.
        """
        ready = [held for held in self.held[name].values() if held.visible <= self.now]
        self._chance.shuffle(ready)
        for start in range(0, len(ready), 10):
            batch = ready[start : start + 10]
            for held in batch:
                held.receipts += 1
                held.first_received = held.first_received or self.now
                held.visible = self.now + timedelta(seconds=hidden)
            try:
                answer = handler({"Records": [held.record(name) for held in batch]})
            except Killed:
                continue
            staying = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            for held in batch:
                if held.id not in staying and self._chance.random() >= again:
                    del self.held[name][held.id]
        return len(ready)

    def wait(self, *names: str) -> bool:
        """Move the clock to where a message of these queues can be seen next. False: there is none."""
        times = [held.visible for name in names for held in self.held[name].values()]
        if times:
            self.now = max(self.now, min(times))
        return bool(times)
