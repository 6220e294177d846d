"""The event bus, as whoever has credentials for it listens to it."""

import json
import uuid
from typing import Any

from infra.naming import BUS_NAME
from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import Json


class Listener:
    """A queue of its own that hears every event of some sources, from now on until it is closed."""

    def __init__(self, cloud: Cloud, *sources: str) -> None:
        self._events, self._sqs = cloud.client("events"), cloud.client("sqs")
        self._name = f"listener-{uuid.uuid4().hex[:12]}"
        self._url = self._sqs.create_queue(QueueName=self._name)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]
        self._rule = {"Name": self._name, "EventBusName": cloud.names.of(BUS_NAME)}
        self._events.put_rule(**self._rule, EventPattern=json.dumps({"source": sources}))
        target = {"Id": "listener", "Arn": arn["QueueArn"]}
        self._events.put_targets(Rule=self._name, EventBusName=self._rule["EventBusName"], Targets=[target])
        self._heard: list[Json] = []

    def close(self) -> None:
        """Listen no longer."""
        self._events.remove_targets(
            Rule=self._name, EventBusName=self._rule["EventBusName"], Ids=["listener"]
        )
        self._events.delete_rule(**self._rule)
        self._sqs.delete_queue(QueueUrl=self._url)

    def about(self, ride: str) -> list[Json]:
        """The events about a ride so far, each as often as it came."""
        return [event for event in self.heard() if event["detail"]["data"].get("ride_id") == ride]

    def of_conversation(self, correlation_id: str) -> list[Json]:
        """The events of a conversation so far, such as those of an RFQ by its id, each as often as it came."""
        return [
            event for event in self.heard() if event["detail"]["metadata"]["correlation_id"] == correlation_id
        ]

    def heard(self) -> list[Json]:
        """All events so far, each as often as it came."""
        take: Any = self._sqs.receive_message
        while found := take(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            self._heard += [json.loads(message["Body"]) for message in found]
            taken = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(found)]
            self._sqs.delete_message_batch(QueueUrl=self._url, Entries=taken)
        return self._heard
