from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from infra.naming import Names
from infra.rydes.verify.inspection import Inspection
from infra.rydes.verify.promise import State
from tests.support.fake_account import FakeAccount, refused

ROLE = "arn:aws:iam::1:role/role"
RUNNING = {"State": "Active", "Role": ROLE, "Handler": "h"}


def inspection(get_function: Any = RUNNING, status: str = "UPDATE_COMPLETE") -> Inspection:
    """Of an environment with one stack, which has one function and a resource that nobody looks at."""
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Role": ROLE, "Handler": "h"}}
    template = {"Resources": {"Function": function, "Other": {"Type": "AWS::CDK::Metadata"}}}
    summaries = [
        {"LogicalResourceId": "Function", "PhysicalResourceId": "dev-ride-booking-api"},
        {"LogicalResourceId": "Other", "PhysicalResourceId": "x"},
    ]

    def describe(StackName: str) -> Any:  # noqa: N803
        if StackName != "dev-WildRydesRideBooking":
            return refused("ValidationError", f"Stack with id {StackName} does not exist")
        return {"Stacks": [{"StackStatus": status, "Tags": [{"Key": "service", "Value": "ride-booking"}]}]}

    account = FakeAccount(
        {
            "sts.get_caller_identity": {"Arn": "arn:aws:sts::1:user/me"},
            "cloudformation.describe_stacks": describe,
            "cloudformation.get_template": {"TemplateBody": template},
            "cloudformation.list_stack_resources": {"StackResourceSummaries": summaries},
            "lambda.get_function_configuration": get_function,
            "lambda.get_function_concurrency": {},
        },
        Names("dev"),
    )
    return Inspection(account)


def test_stacks_that_are_not_deployed_are_named() -> None:
    stacks = {promise.says: promise.state for promise in inspection().run() if promise.subject == "stacks"}
    assert stacks == {
        "dev-WildRydesPlatform is not deployed": State.BROKEN,
        "dev-WildRydesRideBooking is deployed: UPDATE_COMPLETE, 2 resources": State.KEPT,
        "dev-WildRydesUnicornMgmt is not deployed": State.BROKEN,
        "dev-WildRydesFeedback is not deployed": State.BROKEN,
        "dev-WildRydesSettlement is not deployed": State.BROKEN,
    }


def test_a_deployment_that_failed_is_no_deployment() -> None:
    (broken,) = [
        promise
        for promise in inspection(status="UPDATE_ROLLBACK_COMPLETE").run()
        if "UPDATE_ROLLBACK_COMPLETE" in promise.says
    ]
    assert broken.state is State.BROKEN


def test_what_is_as_promised_is_one_line() -> None:
    (promise,) = [each for each in inspection().run() if each.subject == "ride-booking functions"]
    assert (promise.says, promise.state) == ("1 function as promised", State.KEPT)


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (refused("ResourceNotFoundException"), State.BROKEN, "is missing"),
        (RUNNING | {"State": "Inactive", "StateReason": "idle"}, State.BROKEN, "is Inactive: idle"),
        (refused("AccessDenied", "not you"), State.UNTRIED, "cannot be looked at"),
        (EndpointConnectionError(endpoint_url="https://x"), State.UNTRIED, "cannot be looked at"),
    ],
)
def test_what_is_not_is_a_line_of_its_own(answer: Any, state: State, words: str) -> None:
    here = inspection(answer)
    (promise,) = [each for each in here.run() if each.subject == "ride-booking functions"]
    assert promise.state is state
    assert f"the function dev-ride-booking-api {words}" in promise.says
    (finding,) = here.findings
    assert finding.says == promise.says
