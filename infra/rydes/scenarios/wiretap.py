"""A wire tap on the bus: a rule and a queue that live as long as somebody listens."""

import json
import uuid
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from infra.naming import BUS_NAME, EVENT_SOURCE_PREFIX
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


def listening(cloud: Cloud, *events: type[Event]) -> AbstractContextManager[Wiretap]:
    """Listen to these events, or to those of circuits if none are named, while this context lasts."""
    return matching(cloud, rule_pattern(*(events or (PartnerCircuitOpened, PartnerCircuitClosed))))


def everything(cloud: Cloud) -> AbstractContextManager[Wiretap]:
    """Listen to all that services and other teams publish, while this context lasts."""
    return matching(cloud, {"source": [{"prefix": EVENT_SOURCE_PREFIX}]})


@contextmanager
def matching(cloud: Cloud, pattern: Mapping[str, Any]) -> Generator[Wiretap, None, None]:
    """Listen to events that match a rule pattern, while this context lasts."""
    bus, sqs, name = cloud.client("events"), cloud.client("sqs"), f"wiretap-{uuid.uuid4().hex[:12]}"
    rule = {"Name": name, "EventBusName": cloud.names.of(BUS_NAME)}
    target = {"Rule": name, "EventBusName": cloud.names.of(BUS_NAME)}
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    try:
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        bus.put_rule(**rule, EventPattern=json.dumps(pattern))
        bus.put_targets(**target, Targets=[{"Id": "queue", "Arn": arn}])
        yield Wiretap(cloud, url)
    finally:
        bus.remove_targets(**target, Ids=["queue"])
        bus.delete_rule(**rule)
        sqs.delete_queue(QueueUrl=url)
