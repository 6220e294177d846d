"""What machine clients see of their batches and of their usage, and others do not."""

import json
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

import ride_booking
from ride_booking.adapters.batch_table import BatchOutcome, BatchTable, Outcome
from ride_booking.adapters.usage import UsageReader
from ride_booking.api.batch_routes import BatchRoutes
from ride_booking.api.machine_openapi import openapi
from ride_booking.domain.rfq_batch import batch_id
from tests.support.requests import BASE, believed, claims, request
from tests.support.ride_booking.world import NOW, TABLE, World
from wild_rydes_http import rest_api
from wild_rydes_http.api import HttpApi
from wild_rydes_http.machine_key import MachineKey

CHECKED_IN = Path(ride_booking.__file__).parents[2] / "machine_openapi.json"
DOCUMENT = openapi()
ID = batch_id("m-1", uuid.UUID(int=1), None)
KEY = MachineKey.of("silver", "plan-1", "key-1", "v" * 40)


class Gateway:
    """API Gateway, which knows the usage of one key."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.days = [[3, 7]]

    def get_usage(self, **asked: Any) -> Any:
        self.asked = asked
        return {"items": {"key-1": self.days} if self.days else {}}


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def call(world: World, gateway: Gateway) -> Any:
    api = HttpApi(world.logger, BASE, verify=believed)
    batches = BatchTable(world.dynamodb, TABLE)
    usage = UsageReader(lambda: gateway)  # type: ignore[arg-type, return-value]
    BatchRoutes(api, batches, usage, world.logger, now=lambda: NOW, open_rfqs={"silver": 50})

    def answered(
        path: str,
        sub: str = "m-1",
        group: str = "machines",
        key: str | None = str(KEY),
        method: str = "GET",
    ) -> Any:
        who = claims(sub, group) | ({"custom:machine_key": key} if key else {})
        raw = api.handle(request(method, path, who=who))
        return SimpleNamespace(status=raw["statusCode"], headers=raw["headers"], body=json.loads(raw["body"]))

    return answered


def conforms(path: str, answer: Any) -> None:
    described = DOCUMENT["paths"][path]["get"]["responses"][str(answer.status)]
    [content] = described["content"].values()
    Draft202012Validator({**content["schema"], "components": DOCUMENT["components"]}).validate(answer.body)


def test_a_batch_is_pending_until_it_is_processed(call: Any, world: World) -> None:
    waiting = call(f"/rfq-batches/{ID}")
    assert (waiting.status, waiting.body["status"], waiting.headers["Retry-After"]) == (202, "pending", "1")
    conforms("/rfq-batches/{id}", waiting)

    problem = json.dumps({"type": "about:blank", "title": "t", "status": 400, "detail": "d"})
    BatchTable(world.dynamodb, TABLE).settle(
        BatchOutcome(ID, b"f", [Outcome("rfq-1"), Outcome(problem=problem)]), NOW
    )
    done = call(f"/rfq-batches/{ID}")
    assert (done.status, done.body["accepted"], done.body["rejected"]) == (200, 1, 1)
    assert [rfq["status"] for rfq in done.body["rfqs"]] == ["accepted", "rejected"]
    assert done.body["rfqs"][0]["links"]["self"] == f"{BASE}/instant-ride-rfqs/rfq-1"
    assert "problem" not in done.body
    conforms("/rfq-batches/{id}", done)


@pytest.mark.parametrize("id_", [batch_id("m-2", uuid.UUID(int=1), None), "nonsense", "0" * 48, ID.upper()])
def test_anothers_batch_and_one_that_never_was_are_alike(call: Any, id_: str) -> None:
    answer = call(f"/rfq-batches/{id_}")
    assert (answer.status, answer.body["detail"]) == (404, "You have no such batch.")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_batches_may_be_sent_and_nothing_else(call: Any, method: str) -> None:
    answer = call("/rfq-batches", method=method)
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")


def test_a_reused_key_is_told(call: Any, world: World) -> None:
    batches = BatchTable(world.dynamodb, TABLE)
    batches.settle(BatchOutcome(ID, b"f", [Outcome("rfq-1")]), NOW)
    batches.mark_reused(ID)
    assert call(f"/rfq-batches/{ID}").body["problem"]["status"] == 422


def test_usage_is_that_of_the_callers_own_key(call: Any, gateway: Gateway) -> None:
    answer = call("/usage")
    assert answer.body == {"tier": "silver", "day": "2026-11-21", "used": 3, "left": 7, "open-rfqs": 50}
    assert gateway.asked == {
        "usagePlanId": "plan-1",
        "keyId": "key-1",
        "startDate": "2026-11-21",
        "endDate": "2026-11-21",
    }
    conforms("/usage", answer)
    gateway.days = []
    assert "left" not in call("/usage").body


@pytest.mark.parametrize("path", ["/usage", f"/rfq-batches/{ID}"])
def test_only_machine_clients(call: Any, path: str) -> None:
    assert call(path, group="customers").status == 403


def test_without_a_key_there_is_no_usage(call: Any) -> None:
    assert call("/usage", key=None).status == 403


def test_the_document_that_is_checked_in_is_what_the_code_says() -> None:
    assert json.loads(CHECKED_IN.read_text()) == DOCUMENT, "run: make generate"
    validate(DOCUMENT)


def test_a_rest_api_is_answered_as_an_http_api(world: World) -> None:
    api = HttpApi(world.logger, BASE, verify=believed)
    seen: list[Any] = []

    @api.get("/things/<id_>")
    def thing(id_: str) -> dict[str, str]:
        seen.append((id_, api.current_event.query_string_parameters, api.header("x-twice")))
        return {}

    event = {
        "path": "/things/a b",
        "httpMethod": "GET",
        "multiValueHeaders": {
            "Authorization": [json.dumps(claims("m-1"), separators=(",", ":"))],
            "X-Twice": ["1", "2"],
        },
        "multiValueQueryStringParameters": {"cursor": ["x"]},
        "requestContext": {"stage": "v1"},
        "body": None,
        "isBase64Encoded": False,
    }
    answer = rest_api.handle(api, event)
    assert seen == [("a b", {"cursor": "x"}, "1,2")]
    assert answer["statusCode"] == 200
    assert answer.keys() <= {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
