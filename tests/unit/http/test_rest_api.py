"""What a REST API hands over is answered as what an HTTP API hands over of the same request."""

import json
import uuid
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import pytest
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from tests.support.requests import BASE, believed, claims, request
from wild_rydes_http import rest_api
from wild_rydes_http.api import HttpApi
from wild_rydes_messaging.transient import is_transient

GROOM = claims("groom", "grooms")


@pytest.fixture
def api() -> HttpApi:
    """An API that tells what it was asked."""
    logger = Logger(service=f"rest-{uuid.uuid4()}")
    api = HttpApi(logger, BASE, verify=believed, origins=(), is_transient=is_transient)

    def told(id_: str = "") -> Response[str]:
        event = api.current_event
        asked = {
            "id": id_,
            "query": event.query_string_parameters,
            "body": event.decoded_body,
            "note": event.headers.get("x-note"),
        }
        return Response(HTTPStatus.OK, content_type="application/json", body=json.dumps(asked))

    api.post("/unicorns")(told)
    api.get("/unicorns/<id_>")(told)
    return api


def event_1_0(
    method: str,
    path: str,
    body: str | bytes | None = None,
    *,
    who: Mapping[str, Any] | None = None,
    headers: Mapping[str, str | Collection[str]] | None = None,
) -> dict[str, Any]:
    """The same request as a REST API has it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    same = request(method, path, body, who=who, headers=headers)
    lines = {name: [value] for name, value in same["headers"].items()}
    for name, value in (headers or {}).items():
        lines[name.lower()] = [value] if isinstance(value, str) else list(value)
    path, _, query = path.partition("?")
    return {
        "path": same["rawPath"].removeprefix("/v1"),
        "httpMethod": method,
        "headers": {name.title(): values[-1] for name, values in lines.items()},
        "multiValueHeaders": {name.title(): values for name, values in lines.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True) or None,
        "requestContext": {"stage": "v1", "httpMethod": method, "path": f"/v1{path}"},
        "body": same.get("body"),
        "isBase64Encoded": same["isBase64Encoded"],
    }


ASKED: dict[str, dict[str, Any]] = {
    "a body": {"method": "POST", "path": "/unicorns", "body": '{"horn": 1}', "who": GROOM},
    "bytes": {"method": "POST", "path": "/unicorns", "body": b'{"horn": "\xc3\xa9"}', "who": GROOM},
    "no body": {"method": "POST", "path": "/unicorns", "who": GROOM},
    "a query": {"method": "GET", "path": "/unicorns/u-1?size=2&next=a%2Bb&empty=", "who": GROOM},
    "an id that is called as the stage": {"method": "GET", "path": "/unicorns/v1", "who": GROOM},
    "a header of two lines": {
        "method": "GET",
        "path": "/unicorns/u-1",
        "who": GROOM,
        "headers": {"x-note": ["one", "two"]},
    },
    "no token": {"method": "GET", "path": "/unicorns/u-1"},
    "another method": {"method": "PUT", "path": "/unicorns/u-1", "who": GROOM},
    "no such path": {"method": "GET", "path": "/nowhere", "who": GROOM},
}


@pytest.mark.parametrize("asked", ASKED)
def test_both_are_answered_alike(api: HttpApi, asked: str) -> None:
    over_http_api = api.handle(request(**ASKED[asked]))
    assert over_http_api["statusCode"] < HTTPStatus.INTERNAL_SERVER_ERROR
    over_rest_api = rest_api.handle(api, event_1_0(**ASKED[asked]))
    assert "cookies" not in over_rest_api, "a REST API fails on what it does not know"
    assert over_rest_api == {key: value for key, value in over_http_api.items() if key != "cookies"}


def test_what_was_asked_arrives(api: HttpApi) -> None:
    answer = rest_api.handle(api, event_1_0(**ASKED["a query"]))
    told = json.loads(answer["body"])
    assert (told["id"], told["query"]) == ("u-1", {"size": "2", "next": "a+b", "empty": ""})
