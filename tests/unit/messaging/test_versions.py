"""Two versions of an event side by side: a producer tells both for a while, and each consumer hears the one it wants."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Metrics

from tests.support.messaging.samples import ACCOUNT, NOW, REGION, failed_ids, no_waiting, record, records
from tests.support.messaging.versions import RideCompletedV2
from tests.unit.messaging.conftest import Log
from wild_rydes_contracts import Envelope, Event, RideCompleted, rule_pattern
from wild_rydes_contracts.fakes import on_the_bus
from wild_rydes_contracts.metadata import first_of
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

BUS = "wild-rydes"


def in_both_versions(ride: str = "r-1") -> tuple[Envelope[RideCompleted], Envelope[RideCompletedV2]]:
    old = RideCompleted(
        ride_id=ride, rfq_id="rfq-1", responder_id="u-1", customer_id="c-1", completed_at=NOW, time_zone=None
    )
    told = {"correlation_id": ride, "occurred_at": NOW}
    return (
        Envelope(metadata=first_of(RideCompleted, **told), data=old),  # type: ignore[arg-type]
        Envelope(metadata=first_of(RideCompletedV2, **told), data=RideCompletedV2.upcast(old)),  # type: ignore[arg-type]
    )


def test_a_producer_tells_both_versions_and_each_consumer_hears_its_own(
    sqs: "SQSClient",
    events: "EventBridgeClient",
    drain: "Callable[[str], list[MessageTypeDef]]",
    log: Log,
    metrics: Metrics,
) -> None:
    events.create_event_bus(Name=BUS)
    contracts: Sequence[type[Event]] = (RideCompleted, RideCompletedV2)
    urls = {}
    for contract in contracts:
        queue = f"v{contract.version}"
        urls[contract] = sqs.create_queue(QueueName=queue)["QueueUrl"]
        events.put_rule(Name=queue, EventBusName=BUS, EventPattern=json.dumps(rule_pattern(contract)))
        target = {"Id": "1", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"}
        events.put_targets(Rule=queue, EventBusName=BUS, Targets=[target])  # type: ignore[list-item]
    lot = ParkingLot(sqs, "none", logger=log.logger, metrics=metrics)
    publisher = Publisher(
        events, BUS, parking_lot=lot, logger=log.logger, metrics=metrics, retries=no_waiting()
    )

    old, new = in_both_versions()
    assert publisher.publish([old, new]) == publisher.publish([old, new])

    for contract, sent in ((RideCompleted, old), (RideCompletedV2, new)):
        batch = consumer(sqs, log, metrics, contract).receive(
            records(*[record(message["Body"]) for message in drain(urls[contract])])
        )
        heard = list(batch)
        assert [(message.data, message.metadata) for message in heard] == [(sent.data, sent.metadata)] * 2
    assert old.metadata.event_id == new.metadata.event_id, "whoever moves on has seen this ride"


def consumer(
    sqs: Any, log: Log, metrics: Metrics, *contracts: type[Event], dlq: str = "none"
) -> Consumer[Event]:
    return Consumer(
        *contracts,
        sqs=sqs,
        parking_lot=ParkingLot(sqs, dlq, logger=log.logger, metrics=metrics),
        logger=log.logger,
        metrics=metrics,
        max_attempts=3,
        now=lambda: NOW,
    )


def test_what_an_archive_kept_is_read_in_the_new_version_and_garbage_is_parked_by_its_fields(
    sqs: "SQSClient", drain: "Callable[[str], list[MessageTypeDef]]", log: Log, metrics: Metrics
) -> None:
    dlq = sqs.create_queue(QueueName="inbox-dlq")["QueueUrl"]
    old, new = in_both_versions()
    replayed = on_the_bus(old) | {"replay-name": "last-year"}
    poison, later = json.loads(json.dumps(replayed)), on_the_bus(new)
    del poison["detail"]["data"]["customer_id"]
    later["detail"]["metadata"]["event_version"] = 3
    bodies = {"old": replayed, "poison": poison, "new": on_the_bus(new), "later": later}

    batch = consumer(sqs, log, metrics, RideCompletedV2, dlq=dlq).receive(
        records(*[record(json.dumps(body), name) for name, body in bodies.items()])
    )
    assert [(m.message_id, m.data, m.metadata) for m in batch] == [
        (name, new.data, new.metadata) for name in ("old", "new")
    ]
    assert failed_ids(batch.settle()) == []
    assert [message["MessageAttributes"]["reason"]["StringValue"] for message in drain(dlq)] == [
        "no valid RideCompleted.v1: data.customer_id: is missing",
        "RideCompleted has version 3; known here: 1 and 2",
    ]
