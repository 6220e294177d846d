import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools import Metrics

from tests.support.messaging.samples import ACCOUNT, NOW, REGION, constructed, no_waiting, requested
from tests.unit.messaging.conftest import Log, counted
from wild_rydes_contracts import Envelope, Metadata, ResponderCounts, RfqCompleted, RfqRequested, rule_pattern
from wild_rydes_contracts.metadata import first_of
from wild_rydes_messaging.deliver import DeliveryError, Receipt
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

BUS = "wild-rydes"


@pytest.fixture
def dead_letters(sqs: "SQSClient") -> str:
    return sqs.create_queue(QueueName="outbox-dlq")["QueueUrl"]


@pytest.fixture
def publisher(sqs: "SQSClient", dead_letters: str, log: Log, metrics: Metrics) -> Callable[..., Publisher]:
    def make(events: Any) -> Publisher:
        lot = ParkingLot(sqs, dead_letters, logger=log.logger, metrics=metrics)
        return Publisher(
            events, BUS, parking_lot=lot, logger=log.logger, metrics=metrics, retries=no_waiting()
        )

    return make


@pytest.fixture
def subscribed(sqs: "SQSClient", events: "EventBridgeClient") -> str:
    """URL of a queue that a rule feeds from the bus."""
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    events.create_event_bus(Name=BUS)
    events.put_rule(Name="inbox", EventBusName=BUS, EventPattern=json.dumps(rule_pattern(RfqRequested)))
    events.put_targets(
        Rule="inbox",
        EventBusName=BUS,
        Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:inbox"}],
    )
    return url


def test_events_reach_the_subscribers_queue(
    publisher: Callable[..., Publisher],
    events: "EventBridgeClient",
    subscribed: str,
    drain: "Callable[[str], list[MessageTypeDef]]",
) -> None:
    sent = [requested(f"rfq-{i}") for i in range(23)]
    receipts = publisher(events).publish(sent)
    assert receipts == tuple(Receipt(str(envelope.metadata.event_id)) for envelope in sent)
    bodies = [json.loads(message["Body"]) for message in drain(subscribed)]
    assert {(body["source"], body["detail-type"]) for body in bodies} == {
        ("wildrydes.ride-booking", "RfqRequested")
    }
    arrived = [Envelope[RfqRequested].model_validate(body["detail"]) for body in bodies]
    assert sorted(e.data.rfq_id for e in arrived) == sorted(e.data.rfq_id for e in sent)
    assert {e.metadata.event_id for e in arrived} == {e.metadata.event_id for e in sent}


class PartlyFailing:
    """PutEvents that refuses entries as told: moto accepts everything."""

    def __init__(self, *codes: list[str | None]) -> None:
        self._codes = list(codes)
        self.calls: list[list[dict[str, Any]]] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.calls.append(Entries)
        codes = self._codes.pop(0)
        return {
            "FailedEntryCount": sum(code is not None for code in codes),
            "Entries": [{"ErrorCode": code} if code else {"EventId": "e"} for code in codes],
        }


def rfq_ids(call: list[dict[str, Any]]) -> list[str]:
    return [json.loads(entry["Detail"])["data"]["rfq_id"] for entry in call]


def test_only_the_entries_that_failed_for_now_are_put_again(publisher: Callable[..., Publisher]) -> None:
    bus: Any = PartlyFailing([None, "ThrottlingException", "InternalFailure", "NoPermission"], [None, None])
    sent = [requested(f"rfq-{i}") for i in range(4)]
    with pytest.raises(DeliveryError) as caught:
        publisher(bus).publish(sent)
    assert [rfq_ids(call) for call in bus.calls] == [
        ["rfq-0", "rfq-1", "rfq-2", "rfq-3"],
        ["rfq-1", "rfq-2"],
    ]
    assert [receipt.error for receipt in caught.value.receipts] == [None, None, None, "NoPermission"]
    assert [receipt.key for receipt in caught.value.receipts] == [str(e.metadata.event_id) for e in sent]


def test_an_event_that_the_bus_will_never_take_is_parked_and_holds_up_no_other(
    publisher: Callable[..., Publisher],
    dead_letters: str,
    drain: "Callable[[str], list[MessageTypeDef]]",
    log: Log,
    metrics: Metrics,
) -> None:
    good, bad = requested("rfq-1"), requested("rfq-2")
    receipts = publisher(PartlyFailing([None, "MalformedDetail"])).publish([good, bad])
    assert [receipt.error for receipt in receipts] == [None, "MalformedDetail"]
    [parked] = drain(dead_letters)
    assert parked["Body"] == bad.to_json()
    assert {name: value["StringValue"] for name, value in parked["MessageAttributes"].items()} == {
        "reason": "event refused: MalformedDetail",
        "error": "Unprocessable",
        "kind": "invalid",
        "queue": "bus",
        "correlation_id": "rfq-2",
        "message_type": "RfqRequested",
        "event_id": str(bad.metadata.event_id),
    }
    assert [line["correlation_id"] for line in log.told("published")] == ["rfq-1"]
    assert [line["correlation_id"] for line in log.told("parked")] == ["rfq-2"]
    assert counted(metrics) == {"RfqRequested": [1.0], "MessagesParked": [1.0]}


def test_an_event_that_no_reader_takes_never_reaches_the_bus_and_holds_up_no_other(
    publisher: Callable[..., Publisher],
    dead_letters: str,
    drain: "Callable[[str], list[MessageTypeDef]]",
    log: Log,
) -> None:
    good, other = requested("rfq-1"), requested("rfq-3")
    lost = constructed(RfqRequested, rfq_id="Jane Doe", start=good.data.start)
    bad = [
        requested("rfq-2").model_copy(update={"data": lost}),
        requested("rfq-2").model_copy(update={"metadata": constructed(Metadata, correlation_id="Jane Doe")}),
        requested("rfq-2").model_copy(update={"metadata": None, "data": good.data}),
    ]
    bus: Any = PartlyFailing([None, None])
    receipts = publisher(bus).publish([good, *bad, other])
    assert [rfq_ids(call) for call in bus.calls] == [["rfq-1", "rfq-3"]]
    assert [receipt.error for receipt in receipts] == [None, *["InvalidMessage"] * 3, None]
    parked = drain(dead_letters)
    assert [message["Body"] for message in parked] == [envelope.unchecked_json() for envelope in bad]
    told = [{k: v["StringValue"] for k, v in message["MessageAttributes"].items()} for message in parked]
    reasons = [attributes.pop("reason") for attributes in told]
    assert reasons[0].startswith("no valid RfqRequested.v1: data.rfq_id: String should match pattern")
    assert reasons[0].endswith("; data.destination: is missing")
    assert "metadata.event_id: is missing" in reasons[1]
    assert reasons[2] == "no valid RfqRequested.v1: metadata: is missing"
    assert told[0]["event_id"] == str(bad[0].metadata.event_id)
    assert told[2] == {
        "error": "InvalidMessage",
        "kind": "bug",
        "queue": "bus",
        "message_type": "RfqRequested",
    }
    assert "Jane" not in json.dumps([reasons, told]) + log.text


def test_while_one_event_waits_for_better_times_none_is_parked(
    publisher: Callable[..., Publisher], dead_letters: str, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    bus = PartlyFailing(["MalformedDetail", "NoPermission"])
    with pytest.raises(DeliveryError):
        publisher(bus).publish([requested("rfq-1"), requested("rfq-2")])
    assert drain(dead_letters) == []


def test_an_entry_says_what_its_contract_says(publisher: Callable[..., Publisher]) -> None:
    bus: Any = PartlyFailing([None])
    envelope = requested()
    publisher(bus).publish([envelope])
    assert bus.calls == [
        [
            {
                "EventBusName": BUS,
                "Source": "wildrydes.ride-booking",
                "DetailType": "RfqRequested",
                "Detail": envelope.to_json(),
                "Time": NOW,
            }
        ]
    ]


@pytest.mark.parametrize(("over", "accepted"), [(0, True), (1, False)])
def test_size_is_counted_as_eventbridge_counts_it(
    publisher: Callable[..., Publisher], over: int, accepted: bool
) -> None:
    bus: Any = PartlyFailing([None])
    envelope = requested()
    detail = len(envelope.to_json())
    # Time counts 14 bytes; source, detail-type and detail their UTF-8 length; the sum is less than 256 KiB.
    filling = 262_143 - 14 - len("wildrydes.ride-booking") - len("RfqRequested") - detail + over
    large = Padded(metadata=envelope.metadata, data=envelope.data)
    object.__setattr__(large, "_padding", filling)
    [receipt] = publisher(bus).publish([large])
    if accepted:
        assert len(bus.calls[0][0]["Detail"]) == detail + filling
    else:
        assert receipt.error == "EntryTooLarge"
        assert bus.calls == []


class Padded(Envelope[RfqRequested]):
    """An envelope with white space around its JSON."""

    _padding: int = 0

    def to_json(self) -> str:
        return super().to_json() + " " * self._padding


def test_each_published_event_is_logged_in_its_conversation_and_counted_under_its_name(
    publisher: Callable[..., Publisher], log: Log, metrics: Metrics
) -> None:
    first, second = requested("rfq-1"), requested("rfq-2")
    completed = Envelope[RfqCompleted](
        metadata=first_of(RfqCompleted, correlation_id="rfq-1", occurred_at=NOW),
        data=RfqCompleted(
            rfq_id="rfq-1",
            completed_by="deadline",
            completed_at=NOW,
            responders=ResponderCounts(asked=0, quoted=0, declined=0, silent=0, late=0),
        ),
    )
    log.logger.set_correlation_id("the request's own")

    publisher(PartlyFailing([None, None, None])).publish([first, second, completed])

    told = [
        (line["correlation_id"], line["message_type"], line["event_id"]) for line in log.told("published")
    ]
    assert told == [
        (e.data.rfq_id, e.data.name, str(e.metadata.event_id)) for e in (first, second, completed)
    ]
    assert counted(metrics) == {"RfqRequested": [1.0, 1.0], "RfqCompleted": [1.0]}
    log.logger.info("afterwards")
    assert log.lines[-1]["correlation_id"] == "the request's own"


def test_an_event_that_needed_a_second_call_is_logged_and_counted_once(
    publisher: Callable[..., Publisher], log: Log, metrics: Metrics
) -> None:
    publisher(PartlyFailing(["ThrottlingException"], [None])).publish([requested()])
    assert len(log.told("published")) == 1
    assert counted(metrics) == {"RfqRequested": [1.0]}


def test_when_an_event_is_not_accepted_none_is_logged_or_counted(
    publisher: Callable[..., Publisher], log: Log, metrics: Metrics
) -> None:
    with pytest.raises(DeliveryError):
        publisher(PartlyFailing([None, "NoPermission"])).publish([requested("rfq-1"), requested("rfq-2")])
    assert log.lines == []
    assert counted(metrics) == {}


def test_nothing_to_publish_makes_no_call(
    publisher: Callable[..., Publisher], log: Log, metrics: Metrics
) -> None:
    bus = PartlyFailing()
    assert publisher(bus).publish([]) == ()
    assert bus.calls == []
    assert log.lines == []
    assert counted(metrics) == {}
