"""Changes from a table's stream: what cannot be read is parked, what is read is handled, what fails comes again."""

import json
from collections.abc import Callable
from decimal import InvalidOperation
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools import Metrics
from botocore.exceptions import ClientError

from tests.support.messaging.samples import records
from tests.unit.messaging.conftest import Log, counted
from wild_rydes_messaging.errors import Unprocessable
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.stream import Record, StreamBatch, StreamConsumer

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef


def change(event_id: str, number: str, **images: Any) -> dict[str, Any]:
    """A record of the stream: a new item with a number, unless `images` say otherwise."""
    images = images or {"NewImage": {"n": {"N": number}}}
    return {"eventID": event_id, "dynamodb": {"Keys": {"id": {"S": f"item-{event_id}"}}, **images}}


GOOD = change("1", "1")
NO_NUMBER = change("2", "", NewImage={})
NO_CHANGE: dict[str, Any] = {"eventID": "3", "dynamodb": None}
NO_KEYS: dict[str, Any] = {"eventID": "4", "dynamodb": {}}
OTHER_KEY: dict[str, Any] = {"eventID": "5", "dynamodb": {"Keys": {"id": {"N": "1"}}}}
NOTHING: dict[str, Any] = {}
NO_ID = {"dynamodb": change("6", "one")["dynamodb"]}
GARBAGE = [NO_NUMBER, NO_CHANGE, NO_KEYS, OTHER_KEY, NOTHING, NO_ID]


@pytest.fixture
def dead_letters(sqs: "SQSClient") -> str:
    return sqs.create_queue(QueueName="outbox-dlq")["QueueUrl"]


@pytest.fixture
def consumer(sqs: "SQSClient", dead_letters: str, log: Log, metrics: Metrics) -> StreamConsumer:
    return StreamConsumer(ParkingLot(sqs, dead_letters, logger=log.logger, metrics=metrics))


def read(batch: StreamBatch) -> list[int]:
    numbers = []
    for record in batch:
        with batch.attempt(record):
            assert record.after is not None
            numbers.append(int(record.after["n"]["N"]))
    return numbers


def test_a_record_has_the_item_s_key_and_both_images(consumer: StreamConsumer) -> None:
    old, new = {"n": {"N": "1"}}, {"n": {"N": "2"}}
    made, changed, removed = (
        change("1", "", NewImage=new),
        change("2", "", OldImage=old, NewImage=new),
        change("3", "", OldImage=old),
    )
    batch = consumer.receive(records(made, changed, removed))
    assert len(batch) == 3
    assert list(batch) == [
        Record("item-1", None, new, made),
        Record("item-2", old, new, changed),
        Record("item-3", old, None, removed),
    ]


def test_garbage_is_parked_as_it_was_in_order_and_the_rest_is_read(
    consumer: StreamConsumer, dead_letters: str, drain: "Callable[[str], list[MessageTypeDef]]", log: Log, metrics: Metrics
) -> None:  # fmt: skip
    batch = consumer.receive(records(GARBAGE[0], GOOD, *GARBAGE[1:], GOOD))
    assert len(batch) == len(GARBAGE) + 2
    assert read(batch) == [1, 1]
    assert drain(dead_letters) == []
    assert log.lines == []

    batch.settle()

    parked = drain(dead_letters)
    assert [json.loads(message["Body"]) for message in parked] == GARBAGE
    told = [{k: v["StringValue"] for k, v in message["MessageAttributes"].items()} for message in parked]
    errors = ["KeyError", "TypeError", "KeyError", "KeyError", "KeyError", "ValueError"]
    assert [(t["queue"], t["error"], t.get("event_id")) for t in told] == [
        ("stream", error, record.get("eventID")) for error, record in zip(errors, GARBAGE, strict=True)
    ]
    assert [(line["level"], line["message"], line["error"]) for line in log.lines] == [
        ("ERROR", "parked", error) for error in errors
    ]
    assert [line["event_id"] for line in log.lines] == ["2", "3", "4", "5", "", ""]
    assert counted(metrics) == {"MessagesParked": [1.0] * len(GARBAGE)}


@pytest.mark.parametrize(
    "error",
    [
        KeyError("k"),
        OverflowError("o"),
        InvalidOperation("i"),
        RecursionError("r"),
        AssertionError("a"),
        Unprocessable("of no use"),
    ],
)
def test_a_record_may_turn_out_to_be_unreadable(
    consumer: StreamConsumer,
    dead_letters: str,
    drain: "Callable[[str], list[MessageTypeDef]]",
    error: Exception,
) -> None:
    batch = consumer.receive(records(GOOD, change("7", "7")))
    first, second = batch
    with batch.attempt(first):
        raise error
    with batch.attempt(second):
        pass
    batch.settle()
    [parked] = drain(dead_letters)
    assert json.loads(parked["Body"]) == GOOD
    assert parked["MessageAttributes"]["error"]["StringValue"] == type(error).__name__


def test_the_reason_of_a_parked_record_quotes_nothing_but_our_own_words(
    consumer: StreamConsumer, dead_letters: str, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    batch = consumer.receive(records(change("1", "206 555 0100"), change("2", "2")))
    first, second = batch
    with batch.attempt(first):
        int("206 555 0100")
    with batch.attempt(second):
        raise Unprocessable("of no use")
    batch.settle()
    reasons = [message["MessageAttributes"]["reason"]["StringValue"] for message in drain(dead_letters)]
    assert reasons[0].startswith("ValueError at ")
    assert "206" not in reasons[0]
    assert reasons[1] == "of no use"


def test_looking_at_a_batch_twice_parks_nothing_twice(
    consumer: StreamConsumer, dead_letters: str, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    batch = consumer.receive(records(*GARBAGE, GOOD))
    assert read(batch) == read(batch) == [1]
    batch.settle()
    assert [json.loads(message["Body"]) for message in drain(dead_letters)] == GARBAGE


def test_garbage_that_nobody_looked_at_is_parked_all_the_same(
    consumer: StreamConsumer, dead_letters: str, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    consumer.receive(records(NO_KEYS, GOOD)).settle()
    assert [json.loads(message["Body"]) for message in drain(dead_letters)] == [NO_KEYS]


def test_a_batch_without_garbage_parks_nothing(
    consumer: StreamConsumer, dead_letters: str, drain: "Callable[[str], list[MessageTypeDef]]", metrics: Metrics
) -> None:  # fmt: skip
    batch = consumer.receive(records(GOOD, GOOD))
    assert read(batch) == [1, 1]
    batch.settle()
    assert drain(dead_letters) == []
    assert counted(metrics) == {}


def test_what_cannot_be_parked_is_an_error(
    consumer: StreamConsumer, sqs: "SQSClient", dead_letters: str
) -> None:
    batch = consumer.receive(records(*GARBAGE))
    assert read(batch) == []
    sqs.delete_queue(QueueUrl=dead_letters)
    with pytest.raises(ClientError):
        batch.settle()
