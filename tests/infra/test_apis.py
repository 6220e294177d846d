"""The APIs: users need a token, partners sign their requests, and every error of a REST API is problem+json."""

import json

import pytest

from tests.support.synth import Assembly, Resource

APIS = {"rfq-api": "ride-booking-api", "unicorn-api": "unicorn-mgmt-api", "support-api": "feedback-api"}
SIGNED = {"partner-api": "unicorn-mgmt-partner-callbacks"}
"""APIs for partners, with the functions that check their signatures."""


def _of(aws: Assembly, api: str, type_: str) -> list[Resource]:
    """The resources of a type that belong to an API."""
    logical_id = aws.named("AWS::ApiGateway::RestApi", "Name")[api].logical_id
    return [r for r in aws.all(type_) if r.properties.get("RestApiId") == {"Ref": logical_id}]


def test_every_method_of_every_path_needs_a_token(aws: Assembly) -> None:
    methods = [method for api in APIS for method in _of(aws, api, "AWS::ApiGateway::Method")]
    assert len(methods) == 2 * len(APIS)  # the root, and everything below it
    for method in methods:
        assert method.properties["HttpMethod"] == "ANY"
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


@pytest.mark.parametrize("api", [*APIS, *SIGNED])
def test_what_the_gateway_answers_by_itself_is_problem_json(aws: Assembly, api: str) -> None:
    answers = [a.properties for a in _of(aws, api, "AWS::ApiGateway::GatewayResponse")]
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "UNAUTHORIZED", "THROTTLED"} <= {a["ResponseType"] for a in answers}
    for answer in answers:
        headers = answer["ResponseParameters"]
        assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        problem = json.loads(answer["ResponseTemplates"]["application/json"])
        assert problem["type"] == "about:blank"
        assert problem["title"]
        assert str(problem.get("status")) == str(answer.get("StatusCode"))


@pytest.mark.parametrize("api", [*APIS, *SIGNED])
def test_a_stage_is_traced_throttled_and_logged_without_personal_data(aws: Assembly, api: str) -> None:
    rest_api = aws.named("AWS::ApiGateway::RestApi", "Name")[api]
    [stage] = [s.properties for s in _of(aws, api, "AWS::ApiGateway::Stage")]
    assert stage["StageName"] == "v1"
    assert stage["TracingEnabled"] is True
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
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 500
    log = stage["AccessLogSettings"]
    assert aws.text(api.stack, log["DestinationArn"]) == f"/aws/apigateway/{name}"
    assert not any(word in log["Format"] for word in ("identity", "principalId", "sourceIp", "querystring"))
