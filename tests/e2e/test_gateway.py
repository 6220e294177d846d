"""What callers without a token get, what the gateway answers by itself, and what pages of other origins may do."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

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
    """Whether the API's document has this answer for any request."""
    document = json.loads(
        (Path(__file__).parents[2] / "services" / SERVICES[api] / "openapi.json").read_text()
    )
    described = document["components"]["responses"][str(answer.status_code)]
    content = described["content"][answer.headers["Content-Type"]]
    Draft202012Validator({**content["schema"], "components": document["components"]}).validate(answer.json())


@pytest.mark.parametrize("api", SERVICES)
@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, ""),
        ({"Authorization": "Bearer nonsense"}, ', error="invalid_token"'),
        ({"Authorization": "Basic eDp5"}, ""),
    ],
)
def test_without_a_token_a_page_learns_what_is_missing(
    cloud: Cloud, api: str, headers: dict[str, str], error: str
) -> None:
    answer = httpx.get(cloud.urls[api] + PATHS[api], headers={**headers, "Origin": PAGE}, timeout=PATIENCE)
    assert answer.status_code == 401
    is_documented(api, answer)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == f'Bearer realm="wild-rydes"{error}'
    allowed = access_control(answer)
    assert allowed["allow-origin"] == PAGE
    assert "WWW-Authenticate" in allowed["expose-headers"].split(",")
    assert "allow-credentials" not in allowed


def test_of_a_function_that_fails_the_gateway_tells_only_that(cloud: Cloud) -> None:
    functions, name = cloud.client("lambda"), "feedback-api"
    told = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**told, "ALLOWED_ORIGINS": "no JSON"}}
    )
    try:
        answer = Support(cloud).http.get("/callbacks")
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": told})
    assert answer.status_code == 500
    is_documented("support-api", answer)
    assert answer.json() == {"message": "Internal Server Error"}


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
