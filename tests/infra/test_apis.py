"""The APIs: every request reaches the function, which verifies tokens and signatures."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.app import build_app
from infra.assembly import Assembly, Resource, load
from infra.naming import AWS_ENVIRONMENT
from infra.stage import stage_of
from tests.support.plain_names import plain

ROOT = Path(__file__).parents[2]

APIS = {"rfq-api": "ride-booking-api", "unicorn-api": "unicorn-mgmt-api", "support-api": "feedback-api"}
MACHINES = {"jobs-api": "unicorn-mgmt-jobs-api"}
"""APIs for programs, with their functions: no page calls them."""
DEAR = {"rfq-api": {"POST /instant-ride-rfqs"}, "jobs-api": {"POST /jobs"}}
"""Routes with a limit of their own, below that of all."""
SIGNED = {"partner-api": "unicorn-mgmt-partner-callbacks"}
"""APIs for partners, with the functions that check their signatures."""
RATES = {"partner-api": 100, "jobs-api": 50}
"""Requests a second, where they are not 500."""


def _of(aws: Assembly, api: str, type_: str) -> list[Resource]:
    """The resources of a type that belong to an API."""
    logical_id = aws.named("AWS::ApiGatewayV2::Api", "Name")[api].logical_id
    return [r for r in aws.all(type_) if r.properties.get("ApiId") == {"Ref": logical_id}]


@pytest.mark.parametrize(("api", "function"), {**APIS, **MACHINES, **SIGNED}.items())
def test_every_request_reaches_the_function(aws: Assembly, api: str, function: str) -> None:
    assert aws.named("AWS::ApiGatewayV2::Api", "Name")[api].properties["ProtocolType"] == "HTTP"
    routes = _of(aws, api, "AWS::ApiGatewayV2::Route")
    assert {route.properties["RouteKey"] for route in routes} == {"$default", *DEAR.get(api, ())}
    [integration] = _of(aws, api, "AWS::ApiGatewayV2::Integration")
    for route in routes:
        assert {"Ref": integration.logical_id} in route.properties["Target"]["Fn::Join"][1]
    assert integration.properties["PayloadFormatVersion"] == "2.0"
    entry = _entry(aws, function)
    assert integration.properties["IntegrationUri"] == entry


def test_a_dear_route_has_a_lower_limit_than_the_rest(aws: Assembly) -> None:
    for api, routes in DEAR.items():
        [stage] = _of(aws, api, "AWS::ApiGatewayV2::Stage")
        most = stage.properties["DefaultRouteSettings"]["ThrottlingRateLimit"]
        limits = stage.properties["RouteSettings"]
        assert limits.keys() == routes
        assert all(limit["ThrottlingRateLimit"] < most for limit in limits.values())


def _entry(aws: Assembly, function: str) -> dict[str, Any]:
    """What an API invokes: the snapshot of a function that has one."""
    resource = aws.named("AWS::Lambda::Function", "FunctionName")[function]
    if "SnapStart" not in resource.properties:
        return {"Fn::GetAtt": [resource.logical_id, "Arn"]}
    [alias] = [
        alias
        for alias in aws.all("AWS::Lambda::Alias")
        if alias.stack == resource.stack and alias.properties["FunctionName"] == {"Ref": resource.logical_id}
    ]
    assert alias.properties["Name"] == "live"
    return {"Ref": alias.logical_id}


@pytest.mark.parametrize(("api", "function"), {**APIS, **MACHINES}.items())
def test_the_function_of_a_users_api_verifies_tokens_of_the_pool(
    aws: Assembly, api: str, function: str
) -> None:
    resource = aws.named("AWS::Lambda::Function", "FunctionName")[function]
    told = {
        name: aws.text(resource.stack, value)
        for name, value in resource.properties["Environment"]["Variables"].items()
    }
    pool = "https://cognito-idp.<Region>.<URLSuffix>//wild-rydes/platform/user-pool-id"
    assert told["TOKEN_ISSUER"] == pool
    assert told["KEYS_URL"] == f"{pool}/.well-known/jwks.json"
    assert told["TOKEN_AUDIENCE"] == "/wild-rydes/platform/user-pool-client-id"
    [api_id] = [r.logical_id for n, r in aws.named("AWS::ApiGatewayV2::Api", "Name").items() if n == api]
    assert {"Ref": api_id} in resource.properties["Environment"]["Variables"]["PUBLIC_URL"]["Fn::Join"][1]


def test_calls_reach_the_snapshot_of_the_function_and_only_the_api_may_make_them(aws: Assembly) -> None:
    functions = aws.named("AWS::Lambda::Function", "FunctionName")
    snapshots = {
        n for n, f in functions.items() if f.properties.get("SnapStart") == {"ApplyOn": "PublishedVersions"}
    }
    assert snapshots == {*APIS.values(), *MACHINES.values(), "ride-booking-machine-api"}
    for api, function in {**APIS, **MACHINES}.items():
        permissions = [
            p
            for p in aws.all("AWS::Lambda::Permission")
            if p.stack == functions[function].stack and p.properties["FunctionName"] == _entry(aws, function)
        ]
        api_id = aws.named("AWS::ApiGatewayV2::Api", "Name")[api].logical_id
        assert len(permissions) == 1 + len(DEAR.get(api, ()))
        for permission in permissions:
            assert permission.properties["Principal"] == "apigateway.amazonaws.com"
            assert {"Ref": api_id} in permission.properties["SourceArn"]["Fn::Join"][1]


def _pages(assembly: Assembly) -> tuple[list[list[str]], list[list[str]]]:
    """The origins that the functions let in, and those that the bucket of status documents does."""
    functions = assembly.named("AWS::Lambda::Function", "FunctionName")
    listed = [
        assembly.text(
            functions[name].stack, functions[name].properties["Environment"]["Variables"]["ALLOWED_ORIGINS"]
        )
        for name in APIS.values()
    ]
    buckets = [bucket.properties.get("CorsConfiguration") for bucket in assembly.all("AWS::S3::Bucket")]
    rules = [rule["AllowedOrigins"] for found in buckets if found for rule in found["CorsRules"]]
    return [json.loads(origins) for origins in listed], rules


def test_no_page_but_an_apis_own_may_call_before_its_origin_is_configured(aws: Assembly) -> None:
    own = {
        "rfq-api": ["https://customerappDistribution"],
        "unicorn-api": ["https://unicornappDistribution"],
        "support-api": [],
    }
    assert _pages(aws) == ([own[api] for api in APIS], [])


def test_on_the_local_cloud_pages_of_this_machine_may_call(local: Assembly) -> None:
    origins = ["http://localhost:*", "http://127.0.0.1:*"]
    assert _pages(local) == ([origins] * len(APIS), [origins])


@pytest.mark.parametrize("api", [*APIS, *MACHINES, *SIGNED])
def test_the_gateway_leaves_pages_to_the_function(local: Assembly, api: str) -> None:
    """With a CORS configuration it would take preflights for itself, and the function's headers away."""
    found = local.named("AWS::ApiGatewayV2::Api", "Name")[api]
    assert "CorsConfiguration" not in found.properties


def test_the_pages_of_a_configured_origin_may_call(tmp_path: Path) -> None:
    (tmp_path / "artifact.zip").write_bytes(b"PK\5\6" + bytes(18))
    app = "https://app.example.com"
    context = {"service": "ride-booking", "origins": f" {app} "}
    build_app(context, str(tmp_path / "out"), lambda _: tmp_path / "artifact.zip").synth()
    alone = plain(load(tmp_path / "out"), AWS_ENVIRONMENT)
    function = alone.named("AWS::Lambda::Function", "FunctionName")["ride-booking-api"]
    origins = alone.text(function.stack, function.properties["Environment"]["Variables"]["ALLOWED_ORIGINS"])
    assert json.loads(origins) == [app, "https://customerappDistribution"]
    [bucket] = [each for each in alone.all("AWS::S3::Bucket") if "CorsConfiguration" in each.properties]
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


@pytest.mark.parametrize("api", [*APIS, *MACHINES, *SIGNED])
def test_a_stage_is_throttled_and_logged_without_personal_data(aws: Assembly, api: str) -> None:
    [stage] = _of(aws, api, "AWS::ApiGatewayV2::Stage")
    assert stage.properties["StageName"] == "v1"
    assert stage.properties["AutoDeploy"] is True
    settings = stage.properties["DefaultRouteSettings"]
    assert settings["ThrottlingRateLimit"] == RATES.get(api, 500)
    log = stage.properties["AccessLogSettings"]
    assert aws.text(stage.stack, log["DestinationArn"]) == f"/aws/apigateway/{api}"
    assert "$context.requestId" in log["Format"]  # API Gateway refuses a format without it
    assert not any(
        word in log["Format"]
        for word in ("identity", "claims", "principalId", "sourceIp", "userAgent", "authorizer")
    )


@pytest.mark.parametrize("api", [*APIS, *MACHINES, *SIGNED])
def test_server_errors_are_an_alarm(aws: Assembly, api: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html"""
    api_id = aws.named("AWS::ApiGatewayV2::Api", "Name")[api].logical_id
    [alarm] = [
        a.properties
        for a in aws.all("AWS::CloudWatch::Alarm")
        if a.properties.get("Dimensions") == [{"Name": "ApiId", "Value": {"Ref": api_id}}]
    ]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/ApiGateway", "5xx", "Sum")


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
        aws.invoked(p)
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
