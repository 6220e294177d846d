"""The Lambda functions, as composed from their environment in a worker of their own."""

import importlib
import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from feedback.adapters.sms_service import NO_RETRIES
from tests.support import aws
from tests.support.cold_start import modules_after
from tests.support.feedback.world import (
    BUS,
    OURS,
    REGION,
    SEATTLE,
    SECRET,
    Account,
    World,
    an_account,
    chosen,
    told,
    waiting,
)
from tests.support.http_server import serving
from tests.support.requests import BASE, believe_tokens, claims, request
from wild_rydes_runtime import clock
from wild_rydes_runtime.wide_line import narrowed

CONTEXT = SimpleNamespace(
    function_name="f", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="1"
)
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": REGION,
    "POWERTOOLS_SERVICE_NAME": "feedback",
    "POWERTOOLS_METRICS_NAMESPACE": "WildRydes",
    "TABLE_NAME": "feedback",
    "DEAD_LETTER_QUEUE_URL": "https://sqs/dead",
    "MAX_ATTEMPTS": "5",
    "BUS_NAME": BUS,
    "USER_POOL_ID": "us-east-1_pool",
    "NUMBER_PARAMETER": "/number",
    "CONFIGURATION_SET": "feedback",
    "SUPPORT_CONTACT": "wildrydes.example/help",
    "WAKING_HOURS": "0-24",
    "PUBLIC_URL": BASE,
    "TOKEN_ISSUER": "https://users",
    "TOKEN_AUDIENCE": "app",
    "KEYS_URL": "https://users/.well-known/jwks.json",
}


@pytest.fixture
def world() -> Iterator[World]:
    with an_account(aws.account) as account:
        world = World(Account(**account))
        yield world
        world.close()


@pytest.fixture
def worker(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    secrets = aws.client("secretsmanager")
    name = world.aws.table
    arn = secrets.create_secret(Name=name, SecretString=SECRET.decode())["ARN"]
    aws.client("ssm").put_parameter(Name=f"/{name}", Type="String", Value=OURS)
    environment = {
        **ENVIRONMENT,
        # Powertools keeps one logger per service name, and with it the stream of the test that made it.
        "POWERTOOLS_SERVICE_NAME": name,
        "TABLE_NAME": world.aws.table,
        "DEAD_LETTER_QUEUE_URL": world.aws.dead,
        "USER_POOL_ID": world.aws.pool,
        "NUMBER_SECRET_ARN": arn,
        "NUMBER_KEY_ARN": world.aws.key,
        "NUMBER_PARAMETER": f"/{name}",
    }
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    believe_tokens(monkeypatch)

    def start(module: str, **more: str) -> Any:
        for variable, value in more.items():
            monkeypatch.setenv(variable, value)
        monkeypatch.delitem(sys.modules, f"feedback.functions.{module}", raising=False)
        return importlib.import_module(f"feedback.functions.{module}").handler

    return start


def sqs(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": str(i),
                "receiptHandle": "r",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1763715600000"},
                "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:feedback-dead",
            }
            for i, body in enumerate(bodies)
        ]
    }


@pytest.fixture
def sms_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """Start a server that speaks the SMS service's protocol; return what it was asked to send."""
    asked: list[dict[str, Any]] = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            body = json.dumps({"MessageId": f"sms-{len(asked)}"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Service) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", url)
        yield asked


@pytest.mark.slow
def test_the_functions_together(
    world: World, worker: Any, sms_service: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    world.now = clock.now()
    ride = world.completed("r", world.customer())
    assert worker("rides")(sqs(ride, "poison"), CONTEXT) == {"batchItemFailures": []}
    assert len(world.aws.parked()) == 1
    outreach, publisher = worker("outreach"), worker("outbox")

    def pump() -> None:
        while records := world.aws.records():
            publisher({"Records": chosen(records, told)}, CONTEXT)
            outreach({"Records": chosen(records, waiting)}, CONTEXT)

    pump()
    for text in ("3", "yes"):
        worker("replies")(sqs(world.reply(text, f"sms-{len(sms_service)}")), CONTEXT)
        pump()
    event = {"eventType": "TEXT_DELIVERED", "messageId": "sms-1", "context": {"ride": "r", "sms": "0"}}
    worker("receipts")(sqs(world.notification(event)), CONTEXT)
    worker("timers")({}, CONTEXT)
    assert [asked["DestinationPhoneNumber"] for asked in sms_service] == [SEATTLE] * 3
    assert world.states("r") == ["delivered", "sent", "sent"]
    assert world.names_told() == ["FeedbackRequested", "FeedbackReceived", "CallbackRequested"]
    answer = worker("api")(request("GET", "/callbacks", who=claims("s", "support")), CONTEXT)
    [callback] = json.loads(answer["body"])["callbacks"]
    assert callback["links"]["self"] == f"{BASE}/callbacks/r"
    lines: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    logged = {step["message"]: step for line in lines if "level" in line for step in narrowed(line)}
    assert logged.keys() == {
        *("received", "parked", "opened", "outreach", "told", "published", "tallied", "reply", "receipt"),
        *("sms sent", "woken", "answered", "counted"),
    }
    for line in logged.values():
        assert line["function_request_id"] == CONTEXT.aws_request_id
        assert "correlation_id" in line, line


@pytest.mark.slow
def test_limits_can_be_changed_for_a_stage_in_a_hurry(world: World, worker: Any) -> None:
    world.now = clock.now()
    ride = world.completed("r", world.customer())
    worker("rides", LIMITS='{"look-again-after": 20}')(sqs(ride), CONTEXT)
    assert world.next_due() == world.conversation("r").created_at + timedelta(seconds=20)
    with pytest.raises(ValidationError):
        worker("rides", LIMITS='{"look-again": 20}')


def test_the_sms_client_never_retries_by_itself() -> None:
    once: Any = NO_RETRIES
    assert once.retries["total_max_attempts"] == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "needless"),
    [
        ("api", {"phonenumbers.geodata", "wild_rydes_contracts.catalogue", "wild_rydes_messaging.consume"}),
        ("rides", {"phonenumbers", "wild_rydes_http"}),
        ("replies", {"phonenumbers", "wild_rydes_http"}),
        ("receipts", {"phonenumbers", "wild_rydes_http"}),
        ("timers", {"phonenumbers", "wild_rydes_http"}),
        ("outbox", {"phonenumbers", "wild_rydes_http"}),
        ("outreach", {"phonenumbers.geodata", "wild_rydes_http"}),
    ],
)
def test_a_cold_start_imports_nothing_needless(module: str, needless: set[str]) -> None:
    needless = needless | {"boto3", "aws_xray_sdk", "feedback.api.openapi"}
    code = (
        "from unittest.mock import patch\n"
        "with patch('feedback.adapters.pseudonyms.Pseudonyms.with_secret'):\n"
        f"    import feedback.functions.{module}\n"
    )
    assert not needless & modules_after(
        code, {**ENVIRONMENT, "NUMBER_SECRET_ARN": "arn", "NUMBER_KEY_ARN": "arn"}
    )
