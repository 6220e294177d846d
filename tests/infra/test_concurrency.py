"""Each function has a bound on how many of it run at once, or a reason to have none."""

from infra.assembly import Assembly
from tests.support.pages import PUT_BY

WITHOUT = {
    "feedback-timers": "EventBridge Scheduler invokes it once for each conversation that is due, and retries what is throttled",
    **dict.fromkeys(
        ("unicorn-mgmt-import-validate", "unicorn-mgmt-import-chunk", "unicorn-mgmt-import-end"),
        "a state machine invokes it: five chunks of an import at once at most, and a partner has one import",
    ),
    **dict.fromkeys(PUT_BY, "CloudFormation invokes it once as its stack is deployed"),
}


def test_each_function_has_a_bound_or_a_reason(aws: Assembly) -> None:
    bounds: dict[str, set[str]] = {name: set() for name in aws.named("AWS::Lambda::Function", "FunctionName")}
    for mapping in aws.all("AWS::Lambda::EventSourceMapping"):
        properties = mapping.properties
        if "ScalingConfig" in properties:
            bounds[aws.invoked(mapping)].add("maximum concurrency of its queue")
        elif "StartingPosition" in properties:
            bounds[aws.invoked(mapping)].add("the shards of its stream")
    for permission in aws.all("AWS::Lambda::Permission"):
        if permission.properties["Principal"] == "apigateway.amazonaws.com":
            bounds[aws.text(permission.stack, permission.properties["FunctionName"])].add(
                "its API's throttle"
            )
    assert {name for name, found in bounds.items() if not found} == set(WITHOUT)


def test_each_api_has_a_throttle(aws: Assembly) -> None:
    for stage in aws.all("AWS::ApiGatewayV2::Stage"):
        assert stage.properties["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    for stage in aws.all("AWS::ApiGateway::Stage"):
        assert any("ThrottlingRateLimit" in setting for setting in stage.properties["MethodSettings"])
