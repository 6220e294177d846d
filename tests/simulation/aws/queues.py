"""Standard queues of SQS and the messages in them: what is visible, in flight, expired or redriven, and when.

Nothing happens by itself: what time has brought is seen when somebody looks.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any, Final

from infra.proof.resolver import ACCOUNT, REGION

MAX_BYTES: Final = 1024 * 1024
LONGEST_INVISIBLE: Final = 43_200
SENDER: Final = f"{ACCOUNT}:simulation"
"""On AWS the id of the role that has sent the message."""

Attributes = Mapping[str, Mapping[str, Any]]
"""Those of a message, as the SDK has them."""


class Message:
    """A message. `received` counts all its receipts, `received_here` those in its present queue."""

    __slots__ = (
        "attributes", "body", "dead_letter_source", "expires_at", "first_received_at", "handle", "id", "md5",
        "received", "received_at", "received_here", "sent_at", "visible_at",
    )  # fmt: skip

    def __init__(
        self, id_: str, body: str, md5: str, attributes: Attributes, *, sent_at: float, visible_at: float
    ) -> None:
        self.id = id_
        self.body = body
        self.md5 = md5
        self.attributes = attributes
        self.sent_at = sent_at
        self.visible_at = visible_at
        self.expires_at = inf
        self.received = self.received_here = 0
        self.received_at = self.first_received_at = 0.0
        self.handle = ""
        self.dead_letter_source = ""

    def system_attributes(self) -> dict[str, str]:
        """What SQS tells of a message that was received."""
        told = {
            "ApproximateReceiveCount": str(self.received),
            "SentTimestamp": str(int(self.sent_at * 1000)),
            "SenderId": SENDER,
            "ApproximateFirstReceiveTimestamp": str(int(self.first_received_at * 1000)),
        }
        if self.dead_letter_source:
            told["DeadLetterQueueSourceArn"] = self.dead_letter_source
        return told

    def __repr__(self) -> str:
        return f"<{self.id}, received {self.received} times: {self.body[:80]}>"


class Queue:
    """A queue, made from the resolved properties of its template. `now` is the world's clock."""

    def __init__(
        self, properties: Mapping[str, Any], now: Callable[[], float], account: str = ACCOUNT
    ) -> None:
        self.name: str = properties["QueueName"]
        self.arn = f"arn:aws:sqs:{REGION}:{account}:{self.name}"
        self.url = f"https://sqs.{REGION}.amazonaws.com/{account}/{self.name}"
        self.visibility_timeout = int(properties.get("VisibilityTimeout", 30))
        self.delay = int(properties.get("DelaySeconds", 0))
        self.retention = int(properties.get("MessageRetentionPeriod", 345_600))
        self.max_bytes = int(properties.get("MaximumMessageSize", MAX_BYTES))
        self.redrive_policy: Mapping[str, Any] = properties.get("RedrivePolicy", {})
        self.max_receives = float(self.redrive_policy.get("maxReceiveCount", inf))
        self.dead_letters: Queue | None = None
        """Where messages go that were received too often; whoever makes the queues ties them together."""
        self.messages: dict[str, Message] = {}
        self.heard: Callable[[], None] = lambda: None
        """Called when a message comes in."""
        self._now = now

    def add(self, message: Message) -> None:
        """Take a message in. It is of use from when it was sent, into whichever queue that was."""
        message.expires_at = message.sent_at + self.retention
        self.messages[message.id] = message
        self.heard()

    def visible(self) -> list[Message]:
        """List what a receiver may be given now. Look through the queue as AWS does then: what was received too often
        goes to the dead-letter queue, and what is too old is gone.
        """
        if not self.messages:
            return []
        now = self._now()
        found: list[Message] = []
        leaving: list[Message] = []
        for message in self.messages.values():
            if message.expires_at <= now:
                leaving.append(message)
            elif message.visible_at <= now:
                (leaving if message.received_here >= self.max_receives else found).append(message)
        for message in leaving:
            del self.messages[message.id]
            if message.expires_at > now:
                self._redrive(message)
        return found

    def take(self, messages: Iterable[Message], timeout: float | None = None) -> list[Message]:
        """Hand out messages: visible ones become invisible. One that is in flight comes a second time and stays in flight
        as it is, one that was deleted is back and in flight: queues deliver at least once.
        """
        now, taken = self._now(), list(messages)
        for message in taken:
            if message.visible_at <= now or message.id not in self.messages:
                message.visible_at = now + (self.visibility_timeout if timeout is None else timeout)
                message.received_at = now
            message.received += 1
            message.received_here += 1
            message.first_received_at = message.first_received_at or now
            message.handle = f"{self.name}/{message.id}/{message.received}"
            self.messages[message.id] = message
        return taken

    def records(self, messages: Iterable[Message]) -> list[dict[str, Any]]:
        """Write messages that were taken as Lambda's SQS event has them."""
        return [
            {
                "messageId": message.id,
                "receiptHandle": message.handle,
                "body": message.body,
                "attributes": message.system_attributes(),
                "messageAttributes": {k: _of_record(v) for k, v in message.attributes.items()},
                "md5OfBody": message.md5,
                "eventSource": "aws:sqs",
                "eventSourceARN": self.arn,
                "awsRegion": REGION,
            }
            for message in messages
        ]

    def next_visible(self) -> float:
        """When a message is visible at the earliest; that may be in the past. Infinity if there is none."""
        return min((message.visible_at for message in self.messages.values()), default=inf)

    def next_change(self, now: float) -> float:
        """When the next message becomes visible, or too old; infinity if none does."""
        soonest = inf
        for message in self.messages.values():
            at = message.visible_at if message.visible_at > now else message.expires_at
            soonest = min(at, soonest)
        return soonest

    def _redrive(self, message: Message) -> None:
        # The receive count goes on in the dead-letter queue, but what that allows is counted anew:
        # https://github.com/localstack/localstack/issues/5225
        if self.dead_letters:
            message.received_here = 0
            message.dead_letter_source = message.dead_letter_source or self.arn
            self.dead_letters.add(message)


def _of_record(attribute: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": attribute["DataType"]}
    if "BinaryValue" in attribute:
        return {"binaryValue": b64encode(attribute["BinaryValue"]).decode(), **told}
    return {"stringValue": attribute["StringValue"], **told}
