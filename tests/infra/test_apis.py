"""The APIs: users need a token, partners sign their requests, and every error of a REST API is problem+json."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import botocore.session
import pytest
from jsonschema import Draft202012Validator

from infra.app import build_app
from infra.assembly import Assembly, Resource, load
from infra.naming import AWS_ENVIRONMENT
from infra.stage import stage_of
from tests.support.plain_names import plain
from wild_rydes_http.caller import BEARER
from wild_rydes_http.cors import EXPOSED

ROOT = Path(__file__).parents[2]

APIS = {"rfq-api": "ride-booking-api", "unicorn-api": "unicorn-mgmt-api", "support-api": "feedback-api"}
SIGNED = {"partner-api": "unicorn-mgmt-partner-callbacks"}
"""APIs for partners, with the functions that check their signatures."""


def _of(aws: Assembly, api: str, type_: str) -> list[Resource]:
    """The resources of a type that belong to an API."""
    logical_id = aws.named("AWS::ApiGateway::RestApi", "Name")[api].logical_id
    return [r for r in aws.all(type_) if r.properties.get("RestApiId") == {"Ref": logical_id}]


def _methods(assembly: Assembly, api: str, name: str) -> list[Resource]:
    """The methods of this name: one of the root, and one of everything below it."""
    of_api = _of(assembly, api, "AWS::ApiGateway::Method")
    methods = [method for method in of_api if method.properties["HttpMethod"] == name]
    assert len(methods) == 2
    return methods


def test_every_method_of_every_path_needs_a_token_but_a_browsers_question(aws: Assembly) -> None:
    names = [m.properties["HttpMethod"] for api in APIS for m in _of(aws, api, "AWS::ApiGateway::Method")]
    assert sorted(names) == sorted(2 * ["ANY", "OPTIONS"] * len(APIS))
    for method in (method for api in APIS for method in _methods(aws, api, "OPTIONS")):
        assert method.properties["AuthorizationType"] == "NONE"
    for method in (method for api in APIS for method in _methods(aws, api, "ANY")):
        assert method.properties["AuthorizationType"] == "COGNITO_USER_POOLS"
        authorizer = aws.templates[method.stack]["Resources"][method.properties["AuthorizerId"]["Ref"]]
        [pool] = authorizer["Properties"]["ProviderARNs"]
        assert aws.text(method.stack, pool) == "/wild-rydes/platform/user-pool-arn"
    paths = [resource.properties["PathPart"] for resource in aws.all("AWS::ApiGateway::Resource")]
    assert paths == ["{proxy+}"] * len({**APIS, **SIGNED})


@pytest.mark.parametrize(("api", "function"), SIGNED.items())
def test_a_signed_api_leads_to_the_function_that_checks(aws: Assembly, api: str, function: str) -> None:
    methods = _of(aws, api, "AWS::ApiGateway::Method")
    assert [m.properties["AuthorizationType"] for m in methods] == ["NONE", "NONE"]
    logical_id = aws.named("AWS::Lambda::Function", "FunctionName")[function].logical_id
    for method in methods:
        uri = method.properties["Integration"]["Uri"]["Fn::Join"][1]
        assert {"Fn::GetAtt": [logical_id, "Arn"]} in uri


def test_calls_reach_the_snapshot_of_the_function_and_only_the_api_may_make_them(aws: Assembly) -> None:
    functions = aws.named("AWS::Lambda::Function", "FunctionName")
    snapshots = {
        n for n, f in functions.items() if f.properties.get("SnapStart") == {"ApplyOn": "PublishedVersions"}
    }
    assert snapshots == set(APIS.values())
    for method in (method for api in APIS for method in _of(aws, api, "AWS::ApiGateway::Method")):
        [alias] = [alias for alias in aws.all("AWS::Lambda::Alias") if alias.stack == method.stack]
        assert alias.properties["Name"] == "live"
        assert {"Ref": alias.logical_id} in method.properties["Integration"]["Uri"]["Fn::Join"][1]
        [permission] = [
            p
            for p in aws.all("AWS::Lambda::Permission")
            if p.stack == method.stack and p.properties["FunctionName"] == {"Ref": alias.logical_id}
        ]
        assert method.properties["RestApiId"] in permission.properties["SourceArn"]["Fn::Join"][1]


# What the gateway answers to requests that no document describes: other paths, or a body where none is read.
UNDOCUMENTED = {"MISSING_AUTHENTICATION_TOKEN", "RESOURCE_NOT_FOUND", "UNSUPPORTED_MEDIA_TYPE"}


def _answers(assembly: Assembly, api: str) -> dict[str, dict[str, Any]]:
    """What the gateway answers by itself, by its kind."""
    answers = [answer.properties for answer in _of(assembly, api, "AWS::ApiGateway::GatewayResponse")]
    return {answer["ResponseType"]: answer for answer in answers}


def _headers(answer: dict[str, Any]) -> dict[str, str]:
    prefix = "gatewayresponse.header."
    return {name.removeprefix(prefix): value for name, value in answer["ResponseParameters"].items()}


@pytest.mark.parametrize("api", [*APIS, *SIGNED])
def test_everything_that_the_gateway_answers_by_itself_is_ours(aws: Assembly, api: str) -> None:
    model: Any = botocore.session.get_session().get_service_model("apigateway")
    assert set(_answers(aws, api)) == set(model.shape_for("GatewayResponseType").enum)


@pytest.mark.parametrize(("api", "function"), APIS.items())
def test_what_the_gateway_answers_by_itself_is_what_the_document_says(
    aws: Assembly, api: str, function: str
) -> None:
    service = function.removesuffix("-api")
    document = json.loads((ROOT / "services" / service / "openapi.json").read_text())
    schema = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    for kind, answer in _answers(aws, api).items():
        problem = json.loads(answer["ResponseTemplates"]["application/json"])
        Draft202012Validator(schema).validate(problem)
        assert str(problem["status"]) == answer["StatusCode"]
        headers = _headers(answer)
        assert headers["Content-Type"] == "'application/problem+json'"
        if kind in UNDOCUMENTED:
            continue
        for operation in (operation for path in document["paths"].values() for operation in path.values()):
            assert answer["StatusCode"] in operation["responses"]
        promised = document["components"]["responses"][answer["StatusCode"]].get("headers", {})
        assert headers.keys() >= promised.keys()


@pytest.mark.parametrize("api", APIS)
def test_a_caller_without_a_valid_token_learns_how_to_authenticate(aws: Assembly, api: str) -> None:
    refused = {kind: a for kind, a in _answers(aws, api).items() if a["StatusCode"] == "401"}
    assert refused.keys() == {"UNAUTHORIZED", "EXPIRED_TOKEN"}
    for answer in refused.values():
        assert _headers(answer)["WWW-Authenticate"] == f"'{BEARER}'"


def _shown_to(assembly: Assembly, api: str) -> set[str | None]:
    """The origins whose pages may read what the gateway answers by itself."""
    headers = [_headers(answer) for answer in _answers(assembly, api).values()]
    for found in headers:
        assert "Access-Control-Allow-Credentials" not in found
        if "Access-Control-Allow-Origin" in found:
            assert found["Access-Control-Expose-Headers"] == f"'{','.join(EXPOSED)}'"
    return {found.get("Access-Control-Allow-Origin") for found in headers}


def _pages(assembly: Assembly) -> tuple[list[list[str]], list[list[str]]]:
    """The origins that the functions let in, and those that the bucket of status documents does."""
    functions = assembly.named("AWS::Lambda::Function", "FunctionName")
    listed = [
        functions[name].properties["Environment"]["Variables"]["ALLOWED_ORIGINS"] for name in APIS.values()
    ]
    buckets = [bucket.properties.get("CorsConfiguration") for bucket in assembly.all("AWS::S3::Bucket")]
    rules = [rule["AllowedOrigins"] for found in buckets if found for rule in found["CorsRules"]]
    return [json.loads(origins) for origins in listed], rules


def test_no_page_may_call_before_its_origin_is_configured(aws: Assembly) -> None:
    assert [_shown_to(aws, api) for api in APIS] == [{None}] * len(APIS)
    assert _pages(aws) == ([[]] * len(APIS), [])


def test_on_the_local_cloud_pages_of_this_machine_may_call(local: Assembly) -> None:
    origins = ["http://localhost:*", "http://127.0.0.1:*"]
    assert [_shown_to(local, api) for api in APIS] == [{"'*'"}] * len(APIS)  # one header cannot name both
    assert _pages(local) == ([origins] * len(APIS), [origins])
    assert _shown_to(local, "partner-api") == {None}  # partners are no browsers


def test_the_pages_of_a_configured_origin_may_call(tmp_path: Path) -> None:
    (tmp_path / "artifact.zip").write_bytes(b"PK\5\6" + bytes(18))
    app = "https://app.example.com"
    context = {"service": "ride-booking", "origins": f" {app} "}
    build_app(context, str(tmp_path / "out"), lambda _: tmp_path / "artifact.zip").synth()
    alone = plain(load(tmp_path / "out"), AWS_ENVIRONMENT)
    assert _shown_to(alone, "rfq-api") == {f"'{app}'"}
    function = alone.named("AWS::Lambda::Function", "FunctionName")["ride-booking-api"]
    assert function.properties["Environment"]["Variables"]["ALLOWED_ORIGINS"] == f'["{app}"]'
    [bucket] = alone.all("AWS::S3::Bucket")
    [rule] = bucket.properties["CorsConfiguration"]["CorsRules"]
    assert (rule["AllowedOrigins"], rule["AllowedMethods"]) == ([app], ["GET", "HEAD"])


@pytest.mark.parametrize(
    "text", ["*", "app.example.com", "https://app.example.com/", "https://*.*.com", "https://*", "http://a:b"]
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no origin: write"):
        stage_of(cdk.App(context={"origins": text}))


def test_origins_are_read_from_the_context() -> None:
    text = "https://app.example.com, https://*.rydes.example,http://localhost:*"
    assert stage_of(cdk.App(context={"origins": text})).origins == (
        "https://app.example.com",
        "https://*.rydes.example",
        "http://localhost:*",
    )
    assert stage_of(cdk.App(context={"stage": "local", "origins": "https://a.example"})).origins == (
        "http://localhost:*",
        "http://127.0.0.1:*",
        "https://a.example",
    )


@pytest.mark.parametrize("api", [*APIS, *SIGNED])
def test_a_stage_is_throttled_and_logged_without_personal_data(aws: Assembly, api: str) -> None:
    rest_api = aws.named("AWS::ApiGateway::RestApi", "Name")[api]
    [stage] = [s.properties for s in _of(aws, api, "AWS::ApiGateway::Stage")]
    assert stage["StageName"] == "v1"
    assert "TracingEnabled" not in stage
    [settings] = stage["MethodSettings"]
    assert settings["ThrottlingRateLimit"] == (100 if api in SIGNED else 500)
    assert settings["DataTraceEnabled"] is False
    log = stage["AccessLogSetting"]
    assert aws.text(rest_api.stack, log["DestinationArn"]) == f"/aws/apigateway/{api}"
    assert "$context.requestId" in log["Format"]  # API Gateway refuses a format without it
    assert not any(
        word in log["Format"] for word in ("identity", "claims", "principalId", "sourceIp", "userAgent")
    )


def test_the_account_lets_apis_log_and_one_stack_sees_to_it(aws: Assembly) -> None:
    [account] = aws.all("AWS::ApiGateway::Account")
    assert account.stack == "WildRydesPlatform"
    assert account.body["DeletionPolicy"] == "Retain"


SOCKETS = {"rfq-socket": ("ride-booking-socket", "ride-booking-authorizer")}
"""Each WebSocket API with its function and its authorizer."""


@pytest.mark.parametrize("name", SOCKETS)
def test_connecting_needs_a_token_and_every_route_leads_to_the_function(aws: Assembly, name: str) -> None:
    function, authorizer = SOCKETS[name]
    api = aws.named("AWS::ApiGatewayV2::Api", "Name")[name]
    assert api.properties["ProtocolType"] == "WEBSOCKET"
    routes = {
        route.properties["RouteKey"]: route
        for route in aws.all("AWS::ApiGatewayV2::Route")
        if route.properties["ApiId"] == {"Ref": api.logical_id}
    }
    assert set(routes) == {"$connect", "$disconnect", "$default"}
    assert routes["$connect"].properties["AuthorizationType"] == "CUSTOM"
    resources = aws.templates[api.stack]["Resources"]
    check = resources[routes["$connect"].properties["AuthorizerId"]["Ref"]]["Properties"]
    assert (check["AuthorizerType"], check["IdentitySource"]) == ("REQUEST", [])
    assert authorizer in aws.text(api.stack, check["AuthorizerUri"])
    for route in routes.values():
        target = route.properties["Target"]["Fn::Join"][1][1]["Ref"]
        assert function in aws.text(api.stack, resources[target]["Properties"]["IntegrationUri"])
    permissions = [
        aws.text(p.stack, p.properties["FunctionName"])
        for p in aws.all("AWS::Lambda::Permission")
        if {"Ref": api.logical_id} in p.properties["SourceArn"].get("Fn::Join", ["", []])[1]
    ]
    assert sorted(permissions) == sorted([authorizer, *[function] * len(routes)])


@pytest.mark.parametrize("name", SOCKETS)
def test_a_sockets_stage_is_throttled_and_logged_without_personal_data(aws: Assembly, name: str) -> None:
    api = aws.named("AWS::ApiGatewayV2::Api", "Name")[name]
    [stage] = [
        s.properties
        for s in aws.all("AWS::ApiGatewayV2::Stage")
        if s.properties["ApiId"] == {"Ref": api.logical_id}
    ]
    assert stage["StageName"] == "v1"
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] <= 500, (
        "one client could use up the account's concurrency, and stop the other services"
    )
    log = stage["AccessLogSettings"]
    assert aws.text(api.stack, log["DestinationArn"]) == f"/aws/apigateway/{name}"
    assert not any(word in log["Format"] for word in ("identity", "principalId", "sourceIp", "querystring"))
