"""The functions as Lambda finds them: composed from the environment, called with events."""

import importlib
import json
import os
import sys
import uuid
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from aws_lambda_powertools.metrics import Metrics

from tests.support.cold_start import modules_after
from tests.support.requests import BASE, believe_tokens
from tests.support.ride_booking.world import (
    BODY,
    BUS,
    CONTEXT,
    DOCUMENTS,
    NOW,
    REGION,
    REPLY_TO,
    TABLE,
    World,
    deadline_of,
    event,
    news,
    quote,
    record,
    response,
)
from wild_rydes_contracts import RideCompleted
from wild_rydes_runtime.wide_line import narrowed

pytestmark = pytest.mark.moto

ROLES = ("api", "outbox", "aggregator", "closer", "rides", "socket", "notifier", "authorizer")


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
        "CONNECTIONS_URL": "http://localhost/v1",
        "TOKEN_ISSUER": "http://localhost/pool",
        "TOKEN_AUDIENCE": "client",
        "KEYS_URL": "http://localhost/pool/.well-known/jwks.json",
        "PUBLIC_URL": BASE,
        "OPEN_RFQS": "10",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    believe_tokens(monkeypatch)
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
    api, outbox, aggregator, closer = (load(role).handler for role in ROLES[:4])

    accepted = api(event("POST", "/instant-ride-rfqs", BODY), CONTEXT)
    assert accepted["statusCode"] == 202
    new = world.stored(json.loads(accepted["body"])["id"])

    assert outbox({"Records": [record(new)]}, CONTEXT) is None
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
    steps = [step for line in lines if "level" in line for step in narrowed(line)]
    told = [step for step in steps if step["message"] != "counted"]
    assert {line["correlation_id"] for line in told} == {new.id}
    assert [line["message"] for line in told] == [
        "answered",
        "scheduled",
        "published",
        "received",
        "gathered",
        "will retry",
        "received",
        "completed",
        "answered",
    ]


def test_each_other_function_answers_an_event(environment: World) -> None:
    world = environment
    kept = world.put()
    world.gather(response(kept.id, quote("u-a"), asked=("u-a",)))
    world.rfqs.change(kept.id, lambda found: found.book("u-a", NOW), consistent=True)

    completed = news(RideCompleted, kept.id, customer_id="cust-1", completed_at=NOW)
    batch = world.taken(world.replies, completed)
    assert load("rides").handler(batch, CONTEXT) == {"batchItemFailures": []}
    assert world.stored(kept.id).phase == "driven"

    coming = {"requestContext": {"connectionId": "c-1", "eventType": "CONNECT"}}
    assert load("socket").handler(coming, CONTEXT) == {"statusCode": 200}
    unwatched = {"Records": [record(world.stored(kept.id), kept)]}
    assert load("notifier").handler(unwatched, CONTEXT) is None
    stranger = {"methodArn": "arn:aws:execute-api:us-east-1:123456789012:abc/v1/$connect"}
    decision = load("authorizer").handler(stranger, CONTEXT)
    assert [s["Effect"] for s in decision["policyDocument"]["Statement"]] == ["Deny"]


@pytest.mark.parametrize(
    ("role", "variable"),
    [
        ("api", "TABLE_NAME"),
        ("outbox", "REPLY_QUEUE_ARN"),
        ("aggregator", "DEAD_LETTER_QUEUE_URL"),
        ("closer", "MAX_ATTEMPTS"),
        ("rides", "TABLE_NAME"),
        ("socket", "CONNECTIONS_URL"),
        ("notifier", "CONNECTIONS_URL"),
        ("authorizer", "KEYS_URL"),
    ],
)
def test_a_function_that_is_told_too_little_says_what_it_lacks(
    environment: World, monkeypatch: pytest.MonkeyPatch, role: str, variable: str
) -> None:
    monkeypatch.delenv(variable)

    with pytest.raises(KeyError, match=variable):
        load(role)


@pytest.mark.slow
@pytest.mark.usefixtures("environment")
def test_the_api_does_not_import_what_only_the_queues_need() -> None:
    """Each import is paid for at every cold start, while a customer waits."""
    loaded = modules_after("import ride_booking.functions.api", os.environ)
    unwanted = (
        "boto3",
        "wild_rydes_contracts.envelope",
        "wild_rydes_messaging.consume",
        "aws_xray_sdk",
        "ride_booking.api.openapi",
    )
    assert not [name for name in unwanted if name in loaded]


@pytest.mark.usefixtures("environment")
def test_live_updates_are_tried_once_and_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(
        "wild_rydes_http.sockets.Sockets.__init__", lambda _, make_client, **__: made.append(make_client)
    )
    load("notifier")
    config = made[0]().meta.config
    assert (config.retries["total_max_attempts"], config.connect_timeout, config.read_timeout) == (
        1,
        0.5,
        0.5,
    )
