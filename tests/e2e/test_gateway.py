"""What the gateway answers by itself, and what it lets pages of other origins do."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from infra.naming import API_STAGE
from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import Customer, Place
from tests.support.patience import PATIENCE, eventually
from tests.support.riders import Support

PAGE, STRANGER = "http://localhost:5173", "https://evil.example"
SERVICES = {"rfq-api": "ride-booking", "unicorn-api": "unicorn-mgmt", "support-api": "feedback"}
PATHS = {"rfq-api": "/instant-ride-rfqs", "unicorn-api": "/unicorns/u-1", "support-api": "/callbacks"}


def access_control(answer: httpx.Response) -> dict[str, str]:
    prefix = "access-control-"
    return {n.removeprefix(prefix): v for n, v in answer.headers.items() if n.startswith(prefix)}


def is_documented(api: str, answer: httpx.Response) -> None:
    """Whether an answer is the problem that the API's document has for any request."""
    document = json.loads(
        (Path(__file__).parents[2] / "services" / SERVICES[api] / "openapi.json").read_text()
    )
    described = document["components"]["responses"][str(answer.status_code)]
    assert set(described["content"]) == {answer.headers["Content-Type"]}
    assert all(name in answer.headers for name in described.get("headers", {}))
    [content] = described["content"].values()
    Draft202012Validator({**content["schema"], "components": document["components"]}).validate(answer.json())
    assert answer.json()["status"] == answer.status_code


@pytest.mark.parametrize("api", SERVICES)
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}]
)
def test_without_a_token_a_page_learns_what_is_missing(
    cloud: Cloud, api: str, headers: dict[str, str]
) -> None:
    answer = httpx.get(cloud.urls[api] + PATHS[api], headers={**headers, "Origin": PAGE}, timeout=PATIENCE)
    assert answer.status_code == 401
    is_documented(api, answer)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="wild-rydes"'
    allowed = access_control(answer)
    assert allowed["allow-origin"] in {PAGE, "*"}
    assert "WWW-Authenticate" in allowed["expose-headers"].split(",")
    assert "allow-credentials" not in allowed


@pytest.fixture
def throttled(cloud: Cloud) -> Iterator[str]:
    """An API that lets nobody through any more."""
    gateway, api = cloud.client("apigateway"), "support-api"
    [limits] = gateway.get_stage(restApiId=api, stageName=API_STAGE)["methodSettings"].values()

    def limit(rate: float, burst: int) -> None:
        operations = [
            {"op": "replace", "path": f"/*/*/throttling/{name}", "value": str(value)}
            for name, value in {"rateLimit": rate, "burstLimit": burst}.items()
        ]
        gateway.update_stage(restApiId=api, stageName=API_STAGE, patchOperations=operations)

    limit(0, 0)
    yield api
    limit(limits["throttlingRateLimit"], limits["throttlingBurstLimit"])


def test_a_page_that_asks_too_often_learns_when_to_ask_again(cloud: Cloud, throttled: str) -> None:
    answer = Support(cloud).http.get("/callbacks", headers={"Origin": PAGE})
    assert answer.status_code == 429
    is_documented(throttled, answer)
    assert int(answer.headers["Retry-After"]) > 0
    assert "Retry-After" in access_control(answer)["expose-headers"].split(",")


@pytest.mark.parametrize("api", SERVICES)
def test_a_browser_asks_without_a_token_whether_a_page_may_call(cloud: Cloud, api: str) -> None:
    def preflight(origin: str) -> httpx.Response:
        asks = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
        }
        return httpx.options(cloud.urls[api] + PATHS[api], headers=asks, timeout=PATIENCE)

    answer = preflight(PAGE)
    assert answer.is_success
    allowed = access_control(answer)
    assert allowed["allow-origin"] == PAGE
    assert {"authorization", "content-type", "idempotency-key"} <= {
        *allowed["allow-headers"].lower().split(",")
    }
    assert "GET" in allowed["allow-methods"].split(",")
    assert "allow-credentials" not in allowed
    assert "allow-origin" not in access_control(preflight(STRANGER))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/instant-ride-rfqs", 200), ("GET", "/elsewhere", 404), ("PUT", "/instant-ride-rfqs", 405)],
)
def test_a_page_may_read_what_the_function_answers(
    customer: Customer, method: str, path: str, status: int
) -> None:
    answer = customer.http.request(method, path, headers={"Origin": PAGE})
    assert answer.status_code == status
    allowed = access_control(answer)
    assert (allowed["allow-origin"], answer.headers["Vary"]) == (PAGE, "Origin")
    assert {"Location", "Retry-After", "ETag", "WWW-Authenticate"} <= {*allowed["expose-headers"].split(",")}
    assert "allow-credentials" not in allowed
    assert access_control(customer.http.request(method, path, headers={"Origin": STRANGER})) == {}


def test_a_page_may_read_a_status_document(customer: Customer, place: Place) -> None:
    wish = {"Prefer": "status-document", "Origin": PAGE}
    links: dict[str, Any] = customer.http.post("/instant-ride-rfqs", json=place.ride(), headers=wish).json()[
        "links"
    ]

    def read(origin: str) -> httpx.Response:
        return httpx.get(links["status-document"], headers={"Origin": origin}, timeout=PATIENCE)

    document = eventually(lambda: read(PAGE), "a status document", lambda answer: answer.is_success)
    allowed = access_control(document)
    assert (allowed["allow-origin"], allowed["expose-headers"]) == (PAGE, "ETag")
    assert access_control(read(STRANGER)) == {}

    asks = {"Origin": PAGE, "Access-Control-Request-Method": "GET"}
    asks["Access-Control-Request-Headers"] = "if-none-match"
    assert httpx.options(links["status-document"], headers=asks, timeout=PATIENCE).is_success
