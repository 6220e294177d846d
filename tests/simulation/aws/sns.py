"""SNS: topics that owe what is published to the queues that subscribe to them.

A topic delivers nothing by itself: `pending` has what it owes.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from infra.proof.resolver import REGION, Resolver
from tests.simulation.aws.client import Answer, refused

MAX_BYTES: Final = 256 * 1024
"""https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A queue that wants what a topic has, by their ARNs: as it is if `raw`, else in a notification."""

    topic_arn: str
    queue_arn: str
    dead_letter_arn: str
    raw: bool

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> "Subscription":
        """Read the resolved properties of a subscription."""
        return cls(
            properties["TopicArn"],
            properties["Endpoint"],
            properties.get("RedrivePolicy", {}).get("deadLetterTargetArn", ""),
            bool(properties.get("RawMessageDelivery", False)),
        )


def subscriptions(resolver: Resolver) -> list[Subscription]:
    """Collect the subscriptions of the templates that are queues'."""
    found = [
        resolver.resolve(each.stack, each.properties)
        for each in resolver.assembly.all("AWS::SNS::Subscription")
    ]
    return [Subscription.of(each) for each in found if each["Protocol"] == "sqs"]


@dataclass(eq=False, slots=True)
class Delivery:
    """What a topic owes to a queue: the text that it is to get."""

    subscription: Subscription
    message_id: str
    body: str

    def dead_letter_attributes(self, code: str, message: str) -> dict[str, dict[str, str]]:
        """Write the attributes that the message has in the dead-letter queue.

        https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
        """
        texts = {"RequestID": self.message_id, "ErrorCode": code, "ErrorMessage": message}
        return {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}


class Sns:
    """The topics of one world that have subscriptions, and `topics` that have none."""

    def __init__(
        self,
        subscriptions: Iterable[Subscription],
        now: Callable[[], float],
        new_id: Callable[[], str],
        topics: Iterable[str] = (),
    ) -> None:
        self.pending: list[Delivery] = []
        self._topics: dict[str, list[Subscription]] = {arn: [] for arn in topics}
        for each in subscriptions:
            self._topics.setdefault(each.topic_arn, []).append(each)
        self._now = now
        self._new_id = new_id

    def publish(self, arguments: Mapping[str, Any]) -> Answer:
        """Publish a text to all subscriptions of a topic."""
        topic, text = arguments["TopicArn"], arguments["Message"]
        if topic not in self._topics:
            raise refused("Publish", "NotFound", "Topic does not exist", status=404)
        if not text or len(text.encode()) > MAX_BYTES:
            raise refused("Publish", "InvalidParameter", "Invalid parameter: Message")
        id_ = self._new_id()
        told = _notification(topic, id_, text, self._now())
        self.pending += [Delivery(s, id_, text if s.raw else told) for s in self._topics[topic]]
        return {"MessageId": id_}


def _notification(topic: str, id_: str, text: str, now: float) -> str:
    """Write what a queue gets. https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html"""
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": id_,
            "TopicArn": topic,
            "Message": text,
            "Timestamp": at.replace("+00:00", "Z"),
            "SignatureVersion": "1",
            "Signature": "of nobody",
            "SigningCertURL": f"https://sns.{REGION}.amazonaws.com/SimpleNotificationService-0.pem",
            "UnsubscribeURL": f"https://sns.{REGION}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={topic}:0",
        }
    )
