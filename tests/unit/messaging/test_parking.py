from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from aws_lambda_powertools import Metrics
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unit.messaging.conftest import Log, counted
from wild_rydes_messaging.errors import Unprocessable, reason, stack
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.send import MAX_BYTES

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef


@pytest.fixture
def dead_letters(sqs: "SQSClient") -> str:
    return sqs.create_queue(QueueName="inbox-dlq")["QueueUrl"]


@pytest.fixture
def lot(sqs: "SQSClient", dead_letters: str, log: Log, metrics: Metrics) -> ParkingLot:
    return ParkingLot(sqs, dead_letters, logger=log.logger, metrics=metrics)


def attributes(message: "MessageTypeDef") -> dict[str, str]:
    return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


def test_parked_message_keeps_its_body_and_says_why(
    lot: ParkingLot,
    dead_letters: str,
    drain: "Callable[[str], list[MessageTypeDef]]",
    log: Log,
    metrics: Metrics,
) -> None:
    lot.park("the body", Unprocessable("not JSON"), queue="inbox", attempts="3")
    (parked,) = drain(dead_letters)
    assert parked["Body"] == "the body"
    assert attributes(parked) == {
        "reason": "not JSON",
        "error": "Unprocessable",
        "kind": "invalid",
        "queue": "inbox",
        "attempts": "3",
    }
    [line] = log.told("parked")
    assert (line["level"], line["queue"], line["attempts"]) == ("ERROR", "inbox", "3")
    assert (line["error"], line["reason"], line["stack"]) == ("Unprocessable", "not JSON", [])
    assert counted(metrics) == {"MessagesParked": [1.0]}


def test_what_is_too_large_for_a_message_is_parked_with_its_beginning(
    lot: ParkingLot, dead_letters: str, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    lot.park("é" * MAX_BYTES, Unprocessable("not JSON"), queue="stream")
    (parked,) = drain(dead_letters)
    assert len(parked["Body"].encode()) < MAX_BYTES
    assert set(parked["Body"]) == {"é"}
    assert attributes(parked)["size"] == str(2 * MAX_BYTES)


@settings(
    suppress_health_check=[*settings().suppress_health_check, HealthCheck.function_scoped_fixture],
    max_examples=settings().max_examples * 2 // 5,
)
@given(text=st.text())
@example(text="why " * 400)
@example(text="\x00\ud800\uffff")
def test_any_reason_can_be_parked(
    lot: ParkingLot, dead_letters: str, drain: "Callable[[str], list[MessageTypeDef]]", text: str
) -> None:
    lot.park("body", Unprocessable(text), queue="")
    (parked,) = drain(dead_letters)
    told = attributes(parked)["reason"]
    assert told == reason(Unprocessable(text))
    assert 0 < len(told) <= 1024
    assert told.isprintable()
    assert "queue" not in attributes(parked)


def test_a_lot_that_is_gone_is_an_error(
    lot: ParkingLot, sqs: "SQSClient", dead_letters: str, log: Log, metrics: Metrics
) -> None:
    sqs.delete_queue(QueueUrl=dead_letters)
    with pytest.raises(ClientError):
        lot.park("body", Unprocessable("why"))
    assert log.lines == []
    assert counted(metrics) == {}


def fail_with(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as caught:
        return caught


@pytest.mark.parametrize("error", [KeyError("secret"), ValueError("secret"), RuntimeError("a secret")])
def test_pythons_own_errors_are_told_by_type_and_place(error: Exception) -> None:
    caught = fail_with(error)
    assert "secret" not in reason(caught)
    assert reason(caught).startswith(type(error).__name__)
    assert "fail_with" in reason(caught)
    assert any("fail_with" in frame for frame in stack(caught))
    assert "secret" not in "".join(stack(caught))


def test_an_error_that_was_never_raised_is_told_by_its_type() -> None:
    assert reason(KeyError("secret")) == "KeyError"


class NoUnicornsLeft(Exception):
    """An error of a service."""


def test_the_text_of_our_own_errors_is_told() -> None:
    assert reason(NoUnicornsLeft("all asleep")) == "all asleep"
    assert reason(NoUnicornsLeft()) == "NoUnicornsLeft"
