"""A wire tap on the bus: a rule and a queue that live as long as somebody listens."""

import json
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from infra.naming import BUS_NAME
from infra.rydes.cloud.cloud import Cloud
from wild_rydes_contracts import Event, PartnerCircuitClosed, PartnerCircuitOpened, rule_pattern


class Wiretap:
    """The events that reach one listener."""

    def __init__(self, cloud: Cloud, queue_url: str) -> None:
        self._sqs, self._url = cloud.client("sqs"), queue_url

    def heard(self) -> list[dict[str, Any]]:
        """Return the events since the last call, as the bus has them."""
        found = []
        while batch := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found


@contextmanager
def listening(cloud: Cloud, *events: type[Event]) -> Generator[Wiretap, None, None]:
    """Listen to these events, or to those of circuits if none are named, while this context lasts."""
    bus, sqs, name = cloud.client("events"), cloud.client("sqs"), f"wiretap-{uuid.uuid4().hex[:12]}"
    rule = {"Name": name, "EventBusName": cloud.names.of(BUS_NAME)}
    target = {"Rule": name, "EventBusName": cloud.names.of(BUS_NAME)}
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    try:
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = rule_pattern(*(events or (PartnerCircuitOpened, PartnerCircuitClosed)))
        bus.put_rule(**rule, EventPattern=json.dumps(pattern))
        bus.put_targets(**target, Targets=[{"Id": "queue", "Arn": arn}])
        yield Wiretap(cloud, url)
    finally:
        bus.remove_targets(**target, Ids=["queue"])
        bus.delete_rule(**rule)
        sqs.delete_queue(QueueUrl=url)
