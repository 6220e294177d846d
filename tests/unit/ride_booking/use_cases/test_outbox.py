import json
import threading
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoRegionError, ReadTimeoutError

from ride_booking.adapters.status_documents import StatusDocuments
from ride_booking.domain.rfq import Completion, Quote, Responder, Rfq
from tests.support.ride_booking.faults import throttle
from tests.support.ride_booking.world import DEADLINE, DOCUMENTS, NOW, REPLY_TO, SECRETS, World, record, rfq
from wild_rydes_messaging.deliver import DeliveryError
from wild_rydes_runtime.documents import AT_ONCE, WRITE_CONFIG, WRITING_FOR, Documents


def completed(before: Rfq) -> Rfq:
    answers = {
        "u-a": Responder(asked=True, answer=Quote(1250, 240, name="Shadowfax")),
        "u-b": Responder(asked=True),
    }
    return Rfq(
        **{
            **{name: getattr(before, name) for name in Rfq.__dataclass_fields__},
            "responders": answers,
            "completion": Completion("deadline", DEADLINE),
        }
    )


def test_a_new_rfq_is_announced_and_timed(world: World) -> None:
    new = rfq()
    world.outbox().handle({"Records": [record(new)]})

    [event] = world.published()
    assert (event["source"], event["detail-type"]) == ("wildrydes.ride-booking", "RfqRequested")
    metadata = event["detail"]["metadata"]
    assert metadata["correlation_id"] == new.id
    assert metadata["reply_to"] == REPLY_TO
    assert metadata["deadline"] == "2026-11-21T09:05:00.123000Z"
    assert event["detail"]["data"] == {
        "rfq_id": new.id,
        "start": {"lat": 47.6205, "lon": -122.3493},
        "destination": {"lat": 47.4502, "lon": -122.3088},
    }
    assert world.delayed() == 1


@pytest.mark.parametrize(
    ("into", "delay"),
    [
        (timedelta(0), 300),
        (timedelta(seconds=0.4), 300),
        (timedelta(seconds=299.9), 1),
        (timedelta(seconds=300), 0),
        (timedelta(hours=5), 0),
        (timedelta(hours=-1), 900),
    ],
    ids=["at once", "never early", "nearly over", "over", "long over", "clock behind"],
)
def test_the_timer_is_set_to_the_deadline(world: World, into: timedelta, delay: int) -> None:
    world.now = NOW + into
    world.outbox().handle({"Records": [record(rfq())]})

    [line] = world.logged("scheduled")
    assert line["delay"] == delay
    assert world.delayed() == (delay > 0)


def test_a_completed_rfq_is_announced(world: World) -> None:
    old = rfq()
    new = completed(old)
    world.outbox().handle({"Records": [record(new, old)]})

    [event] = world.published()
    assert event["detail-type"] == "RfqCompleted"
    assert event["detail"]["metadata"]["occurred_at"] == "2026-11-21T09:05:00.123000Z"
    assert event["detail"]["data"] == {
        "rfq_id": new.id,
        "completed_by": "deadline",
        "completed_at": "2026-11-21T09:05:00.123000Z",
        "responders": {"asked": 2, "quoted": 1, "declined": 0, "silent": 1, "late": 0},
    }
    assert world.delayed() == 0


def test_other_changes_are_nobodys_business(world: World) -> None:
    running, closed = rfq(), completed(rfq())
    removal = {
        "eventID": "1",
        "eventName": "REMOVE",
        "dynamodb": {"Keys": {"id": {"S": "1"}}, "OldImage": {}},
    }
    world.outbox().handle({"Records": [record(running, running), record(closed, closed), removal]})

    assert world.published() == []
    assert world.parked() == []


def test_nobody_on_the_bus_or_in_the_logs_learns_who_asks_or_what_they_call_their_places(
    world: World,
) -> None:
    new = rfq(customer="c-secret")
    world.outbox().handle({"Records": [record(new), record(completed(new), new)]})

    heard = json.dumps(world.published())
    assert not [secret for secret in ("c-secret", "Grandma", "Hangar", "Shadowfax") if secret in heard]
    assert not [secret for secret in (*SECRETS, "c-secret") if secret in world.stream.getvalue()]


def test_the_same_batch_again_says_the_same_again(world: World) -> None:
    """As after a crash between the calls, or before the stream took note."""
    new = rfq()
    batch = {"Records": [record(new), record(completed(new), new)]}
    world.outbox().handle(batch)
    first = world.published()
    world.outbox().handle(batch)

    ids = [event["detail"]["metadata"]["event_id"] for event in first]
    assert [event["detail"]["metadata"]["event_id"] for event in world.published()] == ids
    assert len(set(ids)) == 2


def test_each_message_is_logged_under_its_rfq(world: World) -> None:
    new = rfq()
    world.outbox().handle({"Records": [record(new)]})

    assert [(line["message"], line["correlation_id"]) for line in world.logs] == [
        ("scheduled", new.id),
        ("published", new.id),
    ]


def test_a_record_that_makes_no_sense_is_parked_with_its_reason_and_the_rest_goes_on(world: World) -> None:
    good = rfq()
    poison = record(rfq())
    del poison["dynamodb"]["NewImage"]["deadline"]
    off_the_map = record(rfq())
    off_the_map["dynamodb"]["NewImage"]["start"]["L"][0] = {"N": "91"}
    world.outbox().handle({"Records": [poison, off_the_map, record(good)]})

    assert [event["detail"]["data"]["rfq_id"] for event in world.published()] == [good.id]
    parked = world.parked()
    assert [json.loads(message["body"]) for message in parked] == [poison, off_the_map]
    assert parked[0]["error"] == "KeyError"
    assert parked[1]["reason"] == "no valid Coordinates: lat: should be less than or equal to 90"
    assert "Grandma" not in json.dumps([message["reason"] for message in parked])


def test_a_bus_that_refuses_brings_the_batch_back_but_the_timer_is_set(world: World) -> None:
    with throttle(world.events, "PutEvents"), pytest.raises(DeliveryError):
        world.outbox().handle({"Records": [record(rfq())]})
    assert world.delayed() == 1


def test_a_document_that_cannot_be_written_holds_up_no_announcement(world: World) -> None:
    first, second = rfq(document=True), rfq(document=True)
    with throttle(world.s3, "PutObject", only=first.id):
        world.outbox().handle({"Records": [record(first), record(second)]})

    assert [event["detail"]["data"]["rfq_id"] for event in world.published()] == [first.id, second.id]
    assert world.delayed() == 2
    written = world.s3.list_objects_v2(Bucket=DOCUMENTS)["Contents"]
    assert [item["Key"] for item in written] == [f"rfqs/{second.id}.json"]
    [line] = world.logged("no status document")
    assert (line["level"], line["correlation_id"], line["error"]) == ("ERROR", first.id, "ClientError")
    assert world.metrics.metric_set["StatusDocumentsFailed"]["Value"] == [1.0]


def test_documents_hold_up_the_shard_for_a_bounded_time(world: World) -> None:
    """However long S3 takes, and whatever it says: here a second for each, on the world's clock."""
    rfqs = [rfq(document=True) for _ in range(5 * AT_ONCE)]
    asked = []
    lock = threading.Lock()

    def hang(**_: Any) -> Any:
        with lock:
            asked.append(1)
            world.now += timedelta(seconds=1)
        raise ReadTimeoutError(endpoint_url="https://s3")

    world.s3.meta.events.register("before-call.s3.PutObject", hang)
    world.outbox().handle({"Records": [record(each) for each in rfqs]})

    assert len(asked) <= WRITING_FOR / timedelta(seconds=1) + AT_ONCE
    errors = [line["error"] for line in world.logged("no status document")]
    assert (errors.count("ReadTimeoutError"), errors.count("Late")) == (len(asked), len(rfqs) - len(asked))
    assert world.metrics.metric_set["StatusDocumentsFailed"]["Value"] == [1.0] * len(rfqs)


def test_a_document_is_tried_once_and_quickly() -> None:
    config: Any = WRITE_CONFIG
    assert config.retries["total_max_attempts"] == 1
    assert WRITING_FOR.total_seconds() + config.connect_timeout + config.read_timeout < 5


def test_a_client_that_cannot_be_made_is_an_error_of_each_document(world: World) -> None:
    def fail() -> Any:
        raise NoRegionError

    world.documents = StatusDocuments(Documents(fail, DOCUMENTS))
    world.outbox().handle({"Records": [record(rfq(document=True)) for _ in range(2)]})
    assert [line["error"] for line in world.logged("no status document")] == ["NoRegionError"] * 2


def test_an_event_that_the_bus_will_never_take_is_parked_by_itself(world: World) -> None:
    bad, good = rfq(), rfq()
    entry = {"ErrorCode": "MalformedDetail"}

    def answer(params: Any, **_: Any) -> Any:
        entries = json.loads(params["body"])["Entries"]
        results = [entry if bad.id in each["Detail"] else {"EventId": "e"} for each in entries]
        return SimpleNamespace(status_code=200, headers={}), {"FailedEntryCount": 1, "Entries": results}

    world.events.meta.events.register("before-call.eventbridge.PutEvents", answer)
    world.outbox().handle({"Records": [record(bad), record(good)]})

    [parked] = world.parked()
    assert parked["reason"] == "event refused: MalformedDetail"
    assert json.loads(parked["body"])["data"]["rfq_id"] == bad.id
    assert [line["correlation_id"] for line in world.logged("published")] == [good.id]


def test_a_queue_that_refuses_brings_the_batch_back(world: World) -> None:
    with throttle(world.sqs, "SendMessageBatch"), pytest.raises(DeliveryError):
        world.outbox().handle({"Records": [record(rfq())]})
    assert world.published() == []


def test_a_record_that_cannot_even_be_parked_brings_the_batch_back(world: World) -> None:
    with throttle(world.sqs, "SendMessage"), pytest.raises(ClientError):
        world.outbox().handle({"Records": [{"eventID": "1", "eventName": "INSERT", "dynamodb": {}}]})


def test_each_kind_of_event_is_counted(world: World) -> None:
    new = rfq()
    world.outbox().handle({"Records": [record(new), record(rfq()), record(completed(new), new)]})

    counted: Any = world.metrics.serialize_metric_set()
    assert (counted["RfqRequested"], counted["RfqCompletedByDeadline"]) == ([1.0, 1.0], [1.0])


@pytest.mark.parametrize(
    ("now", "counted"),
    [
        (DEADLINE, {"RfqCompletedByDeadline", "FirstQuotesDue", "FirstQuotesMissed"}),
        (
            DEADLINE + timedelta(minutes=1),
            {"RfqCompletedByDeadline", "FirstQuotesDue", "FirstQuotesMissed", "RfqsCompletedLate"},
        ),
    ],
    ids=["in time", "late"],
)
def test_how_an_rfq_went_is_logged_and_counted_when_it_is_over_and_never_again(
    world: World, now: datetime, counted: set[str]
) -> None:
    old, world.now = rfq(), now
    new = completed(old)
    world.outbox().handle({"Records": [record(new, old)]})

    [line] = world.logged("rfq over")
    assert line["correlation_id"] == new.id
    told = {key: line.get(key) for key in ("completed_by", "asked", "quoted", "declined", "silent")}
    assert told == {"completed_by": "deadline", "asked": 2, "quoted": 1, "declined": 0, "silent": 1}
    assert set(world.metrics.metric_set) == {"RfqCompleted", *counted}

    world.metrics.clear_metrics()
    world.outbox().handle({"Records": [record(new, new)]})
    assert len(world.logged("rfq over")) == 1
    assert world.metrics.metric_set == {}
