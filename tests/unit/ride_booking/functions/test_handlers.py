"""The functions as Lambda finds them: composed from the environment, called with events."""

import importlib
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from aws_lambda_powertools.metrics import Metrics

from tests.support.ride_booking.world import (
    BODY,
    BUS,
    CONTEXT,
    DOCUMENTS,
    REGION,
    REPLY_TO,
    TABLE,
    World,
    deadline_of,
    event,
    quote,
    record,
    response,
)

ROLES = ("api", "outbox", "aggregator", "closer")


@pytest.fixture
def environment(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """What the stack tells the functions; their modules are forgotten afterwards."""
    told = {
        "AWS_DEFAULT_REGION": REGION,
        "POWERTOOLS_SERVICE_NAME": f"ride-booking-{uuid.uuid4()}",  # a logger of its own
        "POWERTOOLS_METRICS_NAMESPACE": "WildRydes",
        "TABLE_NAME": TABLE,
        "DOCUMENT_BUCKET": DOCUMENTS,
        "BUS_NAME": BUS,
        "REPLY_QUEUE_ARN": REPLY_TO,
        "DEADLINE_QUEUE_URL": world.deadlines,
        "DEAD_LETTER_QUEUE_URL": world.dead,
        "MAX_ATTEMPTS": "5",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    yield world
    for role in ROLES:
        sys.modules.pop(f"ride_booking.functions.{role}", None)
    Metrics().clear_metrics()


def load(role: str) -> ModuleType:
    return importlib.import_module(f"ride_booking.functions.{role}")


def test_an_rfq_goes_its_way_through_all_functions(
    environment: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world = environment
    api, requester, aggregator, closer = (load(role).handler for role in ROLES)

    accepted = api(event("POST", "/instant-ride-rfqs", BODY), CONTEXT)
    assert accepted["statusCode"] == 202
    new = world.stored(json.loads(accepted["body"])["id"])

    assert requester({"Records": [record(new)]}, CONTEXT) is None
    [requested] = world.published()
    assert requested["detail"]["metadata"]["reply_to"] == REPLY_TO

    answers = world.taken(world.replies, response(new.id, quote("u-a"), asked=("u-a", "u-b")))
    assert aggregator(answers, CONTEXT) == {"batchItemFailures": []}
    assert [responder for responder, _ in world.stored(new.id).quotes()] == ["u-a"]

    early = world.taken(world.deadlines, deadline_of(new))
    assert len(closer(early, CONTEXT)["batchItemFailures"]) == 1

    cancelled = api(event("DELETE", f"/instant-ride-rfqs/{new.id}"), CONTEXT)
    assert cancelled["statusCode"] == 204

    lines: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = [line for line in lines if "message" in line]
    assert {line["correlation_id"] for line in told} == {new.id}
    assert [line["message"] for line in told] == [
        "answered",
        "scheduled",
        "published",
        "received",
        "gathered",
        "received",
        "will retry",
        "completed",
        "answered",
    ]


@pytest.mark.parametrize(
    ("role", "variable"),
    [
        ("api", "TABLE_NAME"),
        ("outbox", "REPLY_QUEUE_ARN"),
        ("aggregator", "DEAD_LETTER_QUEUE_URL"),
        ("closer", "MAX_ATTEMPTS"),
    ],
)
def test_a_function_that_is_told_too_little_says_what_it_lacks(
    environment: World, monkeypatch: pytest.MonkeyPatch, role: str, variable: str
) -> None:
    monkeypatch.delenv(variable)

    with pytest.raises(KeyError, match=variable):
        load(role)


@pytest.mark.usefixtures("environment")
def test_the_api_does_not_import_what_only_the_queues_need() -> None:
    """Each import is paid for at every cold start, while a customer waits."""
    script = "import sys, ride_booking.functions.api; print(*sys.modules)"
    loaded = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout.split()
    unwanted = (
        "boto3",
        "wild_rydes_contracts.envelope",
        "wild_rydes_messaging.consume",
        "aws_xray_sdk",
        "ride_booking.api.openapi",
    )
    assert not [name for name in unwanted if name in loaded]
