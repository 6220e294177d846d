"""The API of machine clients: whom it lets in, what it stores, and what it answers by itself."""

import json
from itertools import pairwise
from typing import Any

import pytest

from infra.assembly import Assembly, Resource
from infra.stacks.ride_booking_machines import DEAR, RATE
from infra.tiers import TIERS

OWN_ANSWERS = {"THROTTLED": 429, "QUOTA_EXCEEDED": 429, "INVALID_API_KEY": 403, "ACCESS_DENIED": 403}
OWN_ANSWERS |= {
    "UNAUTHORIZED": 401,
    "WAF_FILTERED": 403,
    "REQUEST_TOO_LARGE": 413,
    "DEFAULT_4XX": 400,
    "DEFAULT_5XX": 500,
}


def _methods(aws: Assembly) -> dict[str, Resource]:
    paths = {
        r.logical_id: f"/{r.properties['PathPart']}" for r in aws.all("AWS::ApiGateway::Resource")
    }  # one level alone
    return {
        f"{m.properties['HttpMethod']} {paths[m.properties['ResourceId']['Ref']]}": m
        for m in aws.all("AWS::ApiGateway::Method")
    }


def test_nobody_gets_in_without_a_token_and_none_but_usage_is_free_of_the_key(aws: Assembly) -> None:
    methods = _methods(aws)
    assert set(methods) == {
        "ANY /{proxy+}",
        "GET /usage",
        "ANY /instant-ride-rfqs",
        "ANY /rfq-batches",
        *DEAR,
    }
    for name, method in methods.items():
        assert method.properties["AuthorizationType"] == "CUSTOM"
        assert method.properties["ApiKeyRequired"] == (name != "GET /usage")
    [authorizer] = aws.all("AWS::ApiGateway::Authorizer")
    assert authorizer.properties["Type"] == "REQUEST"
    assert authorizer.properties["AuthorizerResultTtlInSeconds"] == 0, "each batch has an id of its own"


def test_what_is_stored_meets_no_function_and_one_role_may_store_it_in_one_queue(aws: Assembly) -> None:
    integrations = {
        name: method.properties["Integration"]
        for name, method in _methods(aws).items()
        if method.properties["Integration"]["Type"] == "AWS"
    }
    assert set(integrations) == {"POST /rfq-batches"}
    role = integrations["POST /rfq-batches"]["Credentials"]["Fn::GetAtt"][0]
    [statement] = [
        statement
        for policy in aws.all("AWS::IAM::Policy")
        if policy.properties["Roles"] == [{"Ref": role}]
        for statement in policy.properties["PolicyDocument"]["Statement"]
    ]
    assert statement["Action"] == "sqs:SendMessage"
    assert aws.text("WildRydesRideBooking", statement["Resource"]) == "ride-booking-batches"


def test_dear_routes_have_lower_limits(aws: Assembly) -> None:
    [stage] = aws.all("AWS::ApiGateway::Stage")
    limits = {
        f"{s['HttpMethod']} {s['ResourcePath'].replace('/~1', '/')}": s["ThrottlingRateLimit"]
        for s in stage.properties["MethodSettings"]
    }
    assert limits.pop("* /*") == RATE
    assert limits == DEAR
    assert all(limit < RATE for limit in DEAR.values())


def test_each_tier_has_a_plan_with_its_limits(aws: Assembly) -> None:
    plans = aws.named("AWS::ApiGateway::UsagePlan", "UsagePlanName")
    for tier in TIERS:
        properties = plans[f"machine-api-{tier.name}"].properties
        assert properties["Throttle"] == {"RateLimit": tier.rate, "BurstLimit": tier.burst}
        assert properties["Quota"] == {"Limit": tier.daily, "Period": "DAY"}
    assert len(plans) == len(TIERS)
    for less, more in pairwise(TIERS):
        assert less.rate < more.rate <= RATE
        assert less.burst < more.burst
        assert less.daily < more.daily
        assert less.open_rfqs < more.open_rfqs


@pytest.mark.parametrize(("type_", "status"), OWN_ANSWERS.items())
def test_the_gateways_own_answers_are_problems(aws: Assembly, type_: str, status: int) -> None:
    responses = aws.named("AWS::ApiGateway::GatewayResponse", "ResponseType")
    properties = responses[type_].properties
    headers: dict[str, Any] = properties["ResponseParameters"]
    body = json.loads(properties["ResponseTemplates"]["application/json"])
    assert (properties["StatusCode"], body["status"]) == (str(status), status)
    assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
    assert ("gatewayresponse.header.Retry-After" in headers) == (status == 429)
    assert ("gatewayresponse.header.WWW-Authenticate" in headers) == (status == 401)
