"""The conventions both APIs share, on an API that is nobody's."""

import base64
import io
import json
import re
import uuid
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from pydantic import Field

from tests.support.boundary import boundary
from tests.support.requests import BASE, believed, claims, request
from wild_rydes_http import openapi
from wild_rydes_http.api import HttpApi
from wild_rydes_http.body import MAX_BYTES, Representation, json_response, read_body
from wild_rydes_http.problem import Problem
from wild_rydes_http.tokens import Claims, InvalidToken, KeysUnavailable
from wild_rydes_messaging.transient import is_transient

GROOM = claims("groom", "grooms")


class Horn(Representation):
    """A horn."""

    long_cm: float = Field(ge=0)


class Unicorn(Representation):
    """A unicorn."""

    full_name: str
    horns: tuple[Horn, ...] = ()
    from_: str | None = None


class Stable:
    """An API with one route that echoes its body, and one that does whatever the test wants."""

    def __init__(
        self, origins: tuple[str, ...] = (), verify: Callable[[str], Claims] | None = believed
    ) -> None:
        self.stream = io.StringIO()
        logger = Logger(service=f"stable-{uuid.uuid4()}", stream=self.stream)
        self.api = HttpApi(logger, BASE, verify=verify, origins=origins, is_transient=is_transient)
        self.does: Callable[[], Response[str]] = lambda: json_response(HTTPStatus.NO_CONTENT)
        self.api.post("/unicorns")(self.echo)
        self.api.get("/unicorns/<id_>")(self.show)
        self.api.delete("/unicorns/<id_>")(self.remove)

    def echo(self) -> Response[str]:
        """Says the unicorn again."""
        body = read_body(self.api.current_event, Unicorn)
        return json_response(HTTPStatus.CREATED, body, {"Location": self.api.url("/unicorns/1")})

    def show(self, id_: str) -> Response[str]:  # noqa: ARG002 - the route's
        """Does it."""
        return self.does()

    def remove(self, id_: str) -> Response[str]:
        """Removes it."""
        raise NotImplementedError(id_)

    def __call__(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        who: dict[str, Any] | None = GROOM,
        headers: Mapping[str, str] | None = None,
        **event: Any,
    ) -> dict[str, Any]:
        answer = self.api.handle(request(method, path, body, who=who, headers=headers) | event)
        assert isinstance(answer["body"], str)
        return {
            "status": answer["statusCode"],
            "headers": answer["headers"],
            "body": json.loads(answer["body"] or "null"),
        }

    def post(self, body: str | bytes | None, **more: Any) -> dict[str, Any]:
        return self("POST", "/unicorns", body, **more)


@pytest.fixture
def stable() -> Stable:
    return Stable()


def test_a_body_that_is_compressed_is_refused(stable: Stable) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = stable.post('{"full-name": "Shadowfax"}', headers=headers)
    assert (answer["status"], answer["headers"]["Accept-Encoding"]) == (415, "identity")
    headers["Content-Encoding"] = "identity"
    assert stable.post('{"full-name": "Shadowfax"}', headers=headers)["status"] == 201


@pytest.mark.parametrize(("id_", "status"), [("x" * 128, 204), ("x" * 129, 404), ("ё" * 2038, 404)])
def test_no_id_is_longer_than_a_table_takes(stable: Stable, id_: str, status: int) -> None:
    assert stable("GET", f"/unicorns/{id_}")["status"] == status


def test_bodies_have_kebab_case_keys_and_leave_out_what_is_absent(stable: Stable) -> None:
    body = '{"full-name": "Shadowfax", "horns": [{"long-cm": 30}], "from": "Rohan"}'
    assert stable.post(body)["body"] == json.loads(body)
    assert stable.post('{"full-name": "Shadowfax"}')["body"] == {"full-name": "Shadowfax", "horns": []}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (None, ["body"]),
        ("", ["body"]),
        ("{", ["body"]),
        ("[]", ["body"]),
        ('"\\ud800"', ["body"]),
        ("[" * 16_000 + "]" * 16_000, ["body"]),
        ('{"full_name": "x"}', ["full-name", "full_name"]),
        ('{"full-name": 7, "horns": [{"long-cm": 1}, {"long-cm": "1"}]}', ["full-name", "horns.1.long-cm"]),
        ('{"full-name": "x", "horns": [{"long-cm": NaN}]}', ["horns.0.long-cm"]),
        ('{"full-name": "x", "horns": [{"long-cm": -1}], "colour": 1}', ["horns.0.long-cm", "colour"]),
    ],
)
def test_every_wrong_field_is_named(stable: Stable, body: str | None, fields: list[str]) -> None:
    answer = stable.post(body)
    assert (answer["status"], answer["headers"]["Content-Type"]) == (400, "application/problem+json")
    assert [error["field"] for error in answer["body"]["errors"]] == fields


@boundary
@given(st.text() | st.binary().map(lambda raw: base64.b64encode(raw).decode()), st.booleans())
def test_no_body_is_too_strange(body: str, encoded: bool) -> None:
    assert Stable().post(body, isBase64Encoded=encoded)["status"] == 400


def test_a_body_may_come_in_base64(stable: Stable) -> None:
    assert stable.post('{"full-name": "Ÿ"}'.encode())["body"]["full-name"] == "Ÿ"


def test_a_body_has_a_largest_size_in_bytes(stable: Stable) -> None:
    frame = len('{"full-name": ""}')
    assert stable.post('{"full-name": "%s"}' % ("x" * (MAX_BYTES - frame)))["status"] == 201
    assert stable.post('{"full-name": "%s"}' % ("x" * (MAX_BYTES - frame + 1)))["status"] == 413
    assert stable.post('{"full-name": "%s"}' % ("€" * (MAX_BYTES // 3)))["status"] == 413


@pytest.mark.parametrize(
    "headers", [{"Content-Type": ""}, {"Content-Type": "text/plain"}, {"content-type": "application/jsonp"}]
)
def test_a_body_is_declared_to_be_json(stable: Stable, headers: dict[str, str]) -> None:
    answer = stable.post('{"full-name": "x"}', headers=headers)
    assert (answer["status"], answer["headers"]["Accept"]) == (415, "application/json")


def test_an_answer_without_a_body_has_an_empty_one(stable: Stable) -> None:
    stable.does = lambda: Response(HTTPStatus.ACCEPTED.value)
    assert stable("GET", "/unicorns/1")["status"] == 202


def test_unknown_paths_and_other_methods(stable: Stable) -> None:
    assert stable("GET", "/elsewhere")["status"] == 404
    answer = stable("PUT", "/unicorns/1")
    assert (answer["status"], answer["headers"]["Allow"]) == (405, "DELETE, GET, HEAD")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "Query"), 503),
        (ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "Query"), 503),
        (ConnectTimeoutError(endpoint_url="https://dynamodb"), 503),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "Query"), 500),
        (ZeroDivisionError("47.6"), 500),
        (Problem(HTTPStatus.GONE, "Too late."), 410),
    ],
)
def test_errors_become_problems_and_leak_nothing(stable: Stable, error: Exception, status: int) -> None:
    def fail() -> Response[str]:
        raise error

    stable.does = fail
    answer = stable("GET", "/unicorns/1")
    assert answer["status"] == answer["body"]["status"] == status
    assert ("Retry-After" in answer["headers"]) == (status == 503)
    assert "47.6" not in json.dumps(answer) + stable.stream.getvalue()
    if status == 500:
        [line] = [x for x in map(json.loads, stable.stream.getvalue().splitlines()) if x["level"] == "ERROR"]
        assert line["error"] == type(error).__name__
        assert any("fail" in place for place in line["stack"])


def test_each_request_is_logged_with_its_outcome(stable: Stable) -> None:
    stable("GET", "/unicorns/1")
    stable("GET", "/elsewhere")
    lines = [json.loads(line) for line in stable.stream.getvalue().splitlines()]
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("GET", "/unicorns/1", 204),
        ("GET", "/elsewhere", 404),
    ]


@pytest.mark.parametrize(
    ("groups", "status"),
    [(["unicorns"], 200), (["support", "unicorns"], 200), (["unicorns-to-be"], 403), ([], 403)],
)
def test_who_may_call(stable: Stable, groups: list[str], status: int) -> None:
    subs: list[str] = []

    def show() -> Response[str]:
        subs.append(stable.api.caller("unicorns").sub)
        return json_response(HTTPStatus.OK)

    stable.does = show
    assert stable("GET", "/unicorns/1", who=claims("1", *groups))["status"] == status
    assert subs == (["1"] if status == 200 else [])


@pytest.mark.parametrize("path", ["/unicorns/1", f"/unicorns/{'x' * 129}", "/elsewhere"])
@pytest.mark.parametrize(
    ("authorization", "error"),
    [
        (None, ""),
        ("", ""),
        ("Basic eDp5", ""),
        ("Bearer", ', error="invalid_token"'),
        ("Bearer rubbish", ', error="invalid_token"'),
        ("rubbish", ', error="invalid_token"'),
    ],
)
def test_without_a_valid_token_a_caller_learns_how_to_authenticate(
    path: str, authorization: str | None, error: str
) -> None:
    def refuse(_: str) -> Claims:
        raise InvalidToken("The token has expired.")

    stable = Stable(ORIGINS, refuse)
    page = {"Origin": "https://app.example.com"}
    headers = page if authorization is None else {**page, "Authorization": authorization}
    answer = stable("GET", path, who=None, headers=headers)
    assert (answer["status"], answer["headers"]["Content-Type"]) == (401, "application/problem+json")
    assert answer["headers"]["WWW-Authenticate"] == f'Bearer realm="wild-rydes"{error}'
    assert access_control(answer)["Allow-Origin"] == "https://app.example.com"
    assert answer["body"]["detail"] == ("The token has expired." if error else "Sign in first.")
    assert "rubbish" not in stable.stream.getvalue()


@pytest.mark.parametrize("scheme", ["", "Bearer ", "bearer ", "BEARER  "])
def test_a_token_may_lack_the_word_bearer(scheme: str) -> None:
    seen: list[str] = []

    def note(token: str) -> Claims:
        seen.append(token)
        return claims("1")

    answer = Stable(verify=note)("GET", "/unicorns/1", who=None, headers={"Authorization": f"{scheme}a.b.c"})
    assert (answer["status"], seen) == (204, ["a.b.c"])


def test_without_keys_a_caller_is_asked_to_try_again() -> None:
    def fail(_: str) -> Claims:
        raise KeysUnavailable("URLError")

    answer = Stable(verify=fail)("GET", "/unicorns/1")
    assert (answer["status"], answer["headers"]["Retry-After"]) == (503, "1")


def test_an_api_that_verifies_no_tokens_needs_none() -> None:
    assert Stable(verify=None)("GET", "/unicorns/1", who=None)["status"] == 204


def test_on_a_domain_of_ones_own_paths_come_without_the_stage(stable: Stable) -> None:
    assert stable("GET", "", rawPath="/unicorns/1")["status"] == 204


def test_links_begin_with_the_url_of_the_api(stable: Stable) -> None:
    assert stable.post('{"full-name": "x"}')["headers"]["Location"] == f"{BASE}/unicorns/1"


OPERATIONS = {
    "echo": openapi.Operation(
        body=Unicorn, responses={HTTPStatus.CREATED: openapi.Response("Said.", Unicorn, {"Location": "URL."})}
    ),
    "show": openapi.Operation(
        responses={HTTPStatus.OK: openapi.Response("Done.", Horn)}, problems={HTTPStatus.GONE: "Gone."}
    ),
    "remove": openapi.Operation(responses={HTTPStatus.NO_CONTENT: openapi.Response("Removed.")}),
}


def describe(stable: Stable, operations: dict[str, openapi.Operation]) -> dict[str, Any]:
    return openapi.document(
        stable.api,
        operations,
        title="Stable",
        version="1",
        description="Unicorns.",
        group="grooms",
        deployed_as="stable-api",
    )


def test_the_document_tells_all_routes_models_and_problems(stable: Stable) -> None:
    made = describe(stable, OPERATIONS)
    validate(made)
    assert {path: set(methods) for path, methods in made["paths"].items()} == {
        "/unicorns": {"post"},
        "/unicorns/{id}": {"get", "delete"},
    }
    assert made["components"]["schemas"].keys() == {"Unicorn", "Horn", "Problem", "GatewayMessage"}
    assert {"201", "400", "401", "403", "413", "415"} <= made["paths"]["/unicorns"]["post"][
        "responses"
    ].keys()
    get = made["paths"]["/unicorns/{id}"]["get"]
    assert {"200", "401", "410"} <= get["responses"].keys()
    assert "415" not in get["responses"]
    assert get["summary"] == "Does it."


def test_the_document_tells_what_the_gateway_answers_to_any_request(stable: Stable) -> None:
    made = describe(stable, OPERATIONS)
    for operation in (operation for path in made["paths"].values() for operation in path.values()):
        assert {"400", "401", "403", "405", "413", "429", "500", "503"} <= operation["responses"].keys()
    answers = made["components"]["responses"]
    assert {name: [*answers[name]["headers"]] for name in ("401", "405", "503")} == {
        "401": ["WWW-Authenticate"],
        "405": ["Allow"],
        "503": ["Retry-After"],
    }


@pytest.mark.parametrize("status", ["413", "429", "500", "503"])
def test_what_the_gateway_says_by_itself_is_documented(stable: Stable, status: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html"""
    made = describe(stable, OPERATIONS)
    content = made["components"]["responses"][status]["content"]["application/json"]
    schema = {**content["schema"], "components": made["components"]}
    Draft202012Validator(schema).validate({"message": "Service Unavailable"})


def test_the_document_tells_where_the_api_is_and_how_to_get_a_token(stable: Stable) -> None:
    made = describe(stable, OPERATIONS)
    aws, local = made["servers"]
    assert aws["variables"].keys() == set(re.findall(r"{(.+?)}", aws["url"]))
    values = {name: variable["default"] for name, variable in local["variables"].items()}
    assert local["url"].format(**values) == "http://localhost:4566/_aws/execute-api/stable-api/v1"
    [scheme] = made["components"]["securitySchemes"].values()
    assert "uv run rydes token --user ann --group grooms" in scheme["description"]
    assert "/wild-rydes/platform/user-pool-client-id" in scheme["description"]


def test_a_client_that_follows_a_redirect_finds_its_body_in_the_document(stable: Stable) -> None:
    success = openapi.Response("Either.", Horn, followed=Unicorn)
    made = describe(stable, OPERATIONS | {"show": openapi.Operation(responses={HTTPStatus.OK: success})})
    validate(made)
    content = made["paths"]["/unicorns/{id}"]["get"]["responses"]["200"]["content"]["application/json"]
    assert [schema["$ref"] for schema in content["schema"]["oneOf"]] == [
        "#/components/schemas/Horn",
        "#/components/schemas/Unicorn",
    ]


def test_a_route_without_its_operation_or_the_other_way_round_is_an_error(stable: Stable) -> None:
    with pytest.raises(KeyError, match="remove"):
        describe(stable, {name: OPERATIONS[name] for name in ("echo", "show")})
    with pytest.raises(ValueError, match="no route for fly"):
        describe(stable, {**OPERATIONS, "fly": OPERATIONS["remove"]})


def test_problems_are_as_the_document_says(stable: Stable) -> None:
    schema = describe(stable, OPERATIONS)["components"]["schemas"]["Problem"]
    for answer in (stable.post("{}"), stable("GET", "/elsewhere"), stable("PATCH", "/unicorns")):
        Draft202012Validator(schema).validate(answer["body"])


ORIGINS = ("https://app.example.com", "https://*.rydes.example", "http://localhost:*")


def access_control(answer: dict[str, Any]) -> dict[str, str]:
    prefix = "Access-Control-"
    return {n.removeprefix(prefix): v for n, v in answer["headers"].items() if n.startswith(prefix)}


def asked_from(origin: str, method: str = "GET", path: str = "/unicorns/1") -> dict[str, Any]:
    stable = Stable(ORIGINS)
    who = None if method == "OPTIONS" else GROOM  # browsers ask without a token
    return stable(method, path, who=who, headers={"origin": origin})


@pytest.mark.parametrize(
    "origin",
    ["https://app.example.com", "https://a.rydes.example", "http://localhost:5173", "http://localhost:80"],
)
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/unicorns/1", 204),
        ("GET", "/elsewhere", 404),
        ("PATCH", "/unicorns", 405),
        ("POST", "/unicorns", 400),
        ("DELETE", "/unicorns/1", 500),
    ],
)
def test_pages_of_configured_origins_may_read_every_answer(
    origin: str, method: str, path: str, status: int
) -> None:
    answer = asked_from(origin, method, path)
    assert answer["status"] == status
    assert answer["headers"]["Vary"] == "Origin"
    allowed = access_control(answer)
    assert allowed["Allow-Origin"] == origin
    exposed = {*allowed["Expose-Headers"].split(",")}
    assert {"Apigw-Requestid", "Location", "Retry-After", "ETag", "WWW-Authenticate"} <= exposed
    assert "Allow-Credentials" not in allowed


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com.evil.example",
        "https://appXexample.com",
        "https://rydes.example",
        "https://evil.example/.rydes.example",
        "http://localhost",
        "http://localhost:80@evil.example",  # pragma: allowlist secret
        "null",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_other_page_may(origin: str, method: str) -> None:
    answer = asked_from(origin, method)
    assert access_control(answer).keys() <= {"Allow-Methods"}  # a browser needs the origin to be named
    assert answer["headers"]["Vary"] == "Origin"


def test_a_browser_may_ask_what_a_page_may_send() -> None:
    answer = asked_from("https://app.example.com", "OPTIONS", "/unicorns")
    assert (answer["status"], answer["body"]) == (204, None)
    allowed = access_control(answer)
    assert {*allowed["Allow-Methods"].split(",")} == {"DELETE", "GET", "OPTIONS", "POST"}
    assert {"Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Prefer"} <= {
        *allowed["Allow-Headers"].split(",")
    }
    assert allowed["Max-Age"] == "7200"


def test_an_api_without_origins_is_not_for_pages(stable: Stable) -> None:
    page = {"origin": "https://app.example.com"}
    answers = [stable(method, "/unicorns/1", headers=page) for method in ("GET", "OPTIONS")]
    assert [answer["status"] for answer in answers] == [204, 405]
    assert [access_control(answer) for answer in answers] == [{}, {}]
    assert "Vary" not in answers[0]["headers"]
