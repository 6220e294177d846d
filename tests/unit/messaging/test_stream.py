import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools import Metrics
from botocore.exceptions import ClientError

from tests.unit.messaging.conftest import Log
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.stream import Poison

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

GOOD = {"eventID": "1", "dynamodb": {"NewImage": {"n": {"N": "1"}}}}
GARBAGE: list[dict[str, Any]] = [
    {"eventID": "2", "dynamodb": {}},
    {"eventID": "3", "dynamodb": None},
    {"dynamodb": {"NewImage": {"n": {"N": "one"}}}},
]


@pytest.fixture
def dead_letters(sqs: "SQSClient") -> str:
    return sqs.create_queue(QueueName="outbox-dlq")["QueueUrl"]


@pytest.fixture
def poison(sqs: "SQSClient", dead_letters: str, log: Log) -> Poison:
    metrics = Metrics(namespace="test", service="test")
    return Poison(ParkingLot(sqs, dead_letters), logger=log.logger, metrics=metrics)


def read(poison: Poison, *records: dict[str, Any]) -> list[int]:
    numbers = []
    for record in records:
        with poison.caught(record):
            numbers.append(int(record["dynamodb"]["NewImage"]["n"]["N"]))
    return numbers


def test_garbage_is_parked_as_it_was_and_the_rest_is_read(
    poison: Poison, dead_letters: str, drain: "Callable[[str], list[MessageTypeDef]]", log: Log
) -> None:
    assert read(poison, GARBAGE[0], GOOD, *GARBAGE[1:], GOOD) == [1, 1]
    assert drain(dead_letters) == []

    poison.park()

    parked = drain(dead_letters)
    assert [json.loads(message["Body"]) for message in parked] == GARBAGE
    told = [{k: v["StringValue"] for k, v in message["MessageAttributes"].items()} for message in parked]
    assert [(t["queue"], t["error"], t.get("event_id")) for t in told] == [
        ("stream", "KeyError", "2"),
        ("stream", "TypeError", "3"),
        ("stream", "ValueError", None),
    ]
    assert [line["error"] for line in log.lines] == ["KeyError", "TypeError", "ValueError"]


def test_what_is_no_fault_of_the_record_s_is_not_caught(poison: Poison) -> None:
    with pytest.raises(ConnectionError), poison.caught(GOOD):
        raise ConnectionError


def test_what_cannot_be_parked_is_an_error(poison: Poison, sqs: "SQSClient", dead_letters: str) -> None:
    read(poison, *GARBAGE)
    sqs.delete_queue(QueueUrl=dead_letters)
    with pytest.raises(ClientError):
        poison.park()
