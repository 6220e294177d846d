"""The Lambda functions, as composed from their environment in a worker of their own."""

import importlib
import json
import sys
import uuid
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import aws
from tests.support.cold_start import modules_after
from tests.support.requests import BASE, believe_tokens, claims, request
from tests.support.unicorn_mgmt.messages import accepted, over, scored
from tests.support.unicorn_mgmt.world import REGION, REQUESTERS, TABLE, VEHICLE_TABLE, World
from unicorn_mgmt.domain.unicorn import Rating

pytestmark = pytest.mark.moto

ENVIRONMENT = {
    "AWS_DEFAULT_REGION": REGION,
    "POWERTOOLS_SERVICE_NAME": "unicorn-mgmt",
    "POWERTOOLS_METRICS_NAMESPACE": "WildRydes",
    "TABLE_NAME": TABLE,
    "VEHICLE_TABLE_NAME": VEHICLE_TABLE,
    "RETURN_ADDRESSES": json.dumps(REQUESTERS),
    "DEAD_LETTER_QUEUE_URL": "https://sqs/dead",
    "MAX_ATTEMPTS": "5",
    "CONNECTIONS_URL": "https://socket/v1",
    "UNICORN_API_URL": "https://unicorns/v1",
    "BUS_NAME": "wild-rydes",
    "TOKEN_ISSUER": "https://users",
    "TOKEN_AUDIENCE": "app",
    "KEYS_URL": "https://users/.well-known/jwks.json",
    "PUBLIC_URL": BASE,
    "PARTNER_QUEUES": "{}",
    "PARTNER_RIDE_QUEUES": "{}",
    "PARTNER_ID": "p-comet",
    "SECRET_ID": "comet",
    "CALLBACK_URL": "https://partners/v1",
    "CHECKS_URL": "https://sqs/checks",
    "SECRET_IDS": '{"p-comet": "comet"}',
}
LONG_FROM_NOW = datetime(2099, 11, 21, 9, tzinfo=UTC)
CONTEXT = SimpleNamespace(
    function_name="f", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="1"
)


def worker(module: str, monkeypatch: pytest.MonkeyPatch, **environment: str) -> Any:
    for name, value in {**ENVIRONMENT, **environment}.items():
        monkeypatch.setenv(name, value)
    believe_tokens(monkeypatch)
    monkeypatch.delitem(sys.modules, f"unicorn_mgmt.functions.{module}", raising=False)
    return importlib.import_module(f"unicorn_mgmt.functions.{module}").handler


def test_the_responder_answers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    near = world.add("near")
    handler = worker("responder", monkeypatch, DEAD_LETTER_QUEUE_URL=world.dead)
    body = json.loads(world.request())
    body["detail"]["metadata"]["deadline"] = "2099-11-21T09:00:00Z"
    event = world.deliver(json.dumps(body), "poison")
    assert handler(event, CONTEXT) == {"batchItemFailures": []}
    assert [answer["data"]["asked"] for answer in world.answers()] == [[near]]
    assert len(world.parked()) == 1


@pytest.mark.parametrize("module", ["responder", "closings", "outbox"])
def test_pushes_are_tried_once_and_quickly(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(
        "wild_rydes_http.sockets.Sockets.__init__", lambda _, make_client, **__: made.append(make_client)
    )
    worker(module, monkeypatch)
    config = made[0]().meta.config
    assert (config.retries["total_max_attempts"], config.connect_timeout, config.read_timeout) == (
        1,
        0.5,
        0.5,
    )


def test_a_rating_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = world.add("gandalf")
    handler = worker("ratings", monkeypatch, DEAD_LETTER_QUEUE_URL=world.dead)
    assert handler(world.deliver(scored(id_, 2, 17), "poison"), CONTEXT) == {"batchItemFailures": []}
    unicorn = world.unicorns.find(id_, "gandalf")
    assert unicorn
    assert unicorn.rating == Rating(2, 17)
    assert len(world.parked()) == 1


def test_an_invitation_is_closed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = worker("closings", monkeypatch, DEAD_LETTER_QUEUE_URL=world.dead)
    told = over("rfq-1", at=datetime.now(UTC))  # by the function's own clock, it is not of long ago
    assert handler(world.deliver(told, "poison"), CONTEXT) == {"batchItemFailures": []}
    assert "closed_at" in world.item("invitation#rfq-1")
    assert len(world.parked()) == 1


def test_an_app_connects_and_asks_what_there_is_to_do(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = world.add("gandalf", auto_quote=False)
    handler = worker("socket", monkeypatch)
    for type_ in ("CONNECT", "MESSAGE"):
        context = {"eventType": type_, "connectionId": "c-1", "authorizer": {"sub": "gandalf"}}
        assert handler({"requestContext": context}, CONTEXT) == {"statusCode": 200}
    assert world.item(id_)["connection"] == {"S": "c-1"}


def test_the_api_answers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    registration = {
        "name": "Shadowfax",
        "rate-card": {name: {"amount": "1.00", "currency": "USD"} for name in ("base", "per-km", "minimum")},
        "auto-quote": True,
    }
    event = request("POST", "/unicorns", json.dumps(registration), who=claims("gandalf", "unicorns"))
    answer = worker("api", monkeypatch)(event, CONTEXT)
    assert answer["statusCode"] == 201
    assert answer["headers"]["Location"].startswith(f"{BASE}/unicorns/u-")


def test_a_partners_consumer_declines_for_a_partner_without_credentials(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.client("secretsmanager").create_secret(Name="comet", SecretString="{}")
    handler = worker("partner_quotes", monkeypatch, DEAD_LETTER_QUEUE_URL=world.dead)
    event = world.deliver(world.request(deadline=LONG_FROM_NOW), "poison")
    assert handler(event, CONTEXT) == {"batchItemFailures": []}
    [response] = world.answers()
    assert response["data"]["answers"] == [
        {"kind": "decline", "responder_id": "p-comet", "reason": "partner-unavailable"}
    ]
    assert len(world.parked()) == 1


def test_a_partners_consumer_for_rides_tries_again_what_got_no_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.client("secretsmanager").create_secret(Name="comet", SecretString="{}")
    handler = worker("partner_rides", monkeypatch, DEAD_LETTER_QUEUE_URL=world.dead)
    order = {
        "metadata": {
            "event_id": str(uuid.uuid4()),
            "event_version": 1,
            "occurred_at": "2026-11-21T09:00:00Z",
            "correlation_id": "rfq-1",
            "deadline": LONG_FROM_NOW.isoformat(),
        },
        "data": {
            "what": "book",
            "partner_id": "p-comet",
            "ride_id": "rfq-1.1",
            "rfq_id": "rfq-1",
            "price": {"amount": "12.50", "currency": "USD"},
        },
    }
    event = world.deliver(json.dumps(order))
    assert handler(event, CONTEXT) == {
        "batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]
    }


def test_the_api_of_callbacks_refuses_who_is_no_partner(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = json.dumps({"webhook_token": "comet-token"})
    aws.client("secretsmanager").create_secret(Name="comet", SecretString=secret)
    handler = worker("partner_callbacks", monkeypatch)
    event = request(
        "POST",
        "/partners/p-comet/answers",
        '{"ride": "rfq-1.1", "status": "COMPLETED"}',
        headers={"X-Webhook-Token": "guessed"},
    )
    assert handler(event, CONTEXT)["statusCode"] == 401
    event["headers"]["x-webhook-token"] = "comet-token"
    assert handler(event, CONTEXT)["statusCode"] == 404  # it is the partner, but there is no such ride


def test_bookings_of_partners_are_noted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = worker("bookings", monkeypatch, DEAD_LETTER_QUEUE_URL=world.dead)
    event = world.deliver(accepted("p-comet", deadline=LONG_FROM_NOW))
    assert handler(event, CONTEXT) == {"batchItemFailures": []}
    assert world.item("ride#p-comet#rfq-1.1")["state"] == {"S": "asked"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "needless"),
    [
        (
            "api",
            {
                "boto3",
                "wild_rydes_messaging.consume",
                "wild_rydes_contracts.envelope",
                "unicorn_mgmt.use_cases.responder",
            },
        ),
        *(
            (module, {"boto3", "wild_rydes_http", "aws_lambda_powertools.event_handler"})
            for module in ("bookings", "ratings", "partner_quotes", "partner_rides")
        ),
        *(
            (module, {"boto3", "wild_rydes_http.api", "aws_lambda_powertools.event_handler"})
            for module in ("responder", "outbox", "socket", "closings")
        ),
        *(
            (module, {"defusedxml", "unicorn_mgmt.adapters.partners.pegasus"})
            for module in ("partner_quotes", "partner_rides")
        ),
        ("authorizer", {"boto3", "wild_rydes_contracts.envelope", "aws_lambda_powertools.event_handler"}),
    ],
)
def test_a_cold_start_imports_nothing_needless(module: str, needless: set[str]) -> None:
    needless = needless | {"aws_xray_sdk", "unicorn_mgmt.api.openapi", "wild_rydes_http.openapi"}
    assert not needless & modules_after(f"import unicorn_mgmt.functions.{module}", ENVIRONMENT)
