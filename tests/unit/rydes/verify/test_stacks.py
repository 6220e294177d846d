from typing import Any

import pytest

from infra.rydes.verify.stacks import Location, Resource, Stack, StackMissing
from tests.support.fake_account import FakeAccount, refused

HERE = Location("123456789012", "eu-west-1", "aws")
ACCOUNT = "eu-west-1:123456789012"
RESOURCES: dict[str, Any] = {
    "Queue": ("AWS::SQS::Queue", "https://sqs.eu-west-1.amazonaws.com/123456789012/dev-inbox"),
    "Table": ("AWS::DynamoDB::Table", "dev-rides"),
    "Role": ("AWS::IAM::Role", "dev-role-1A2B"),
    "Group": ("AWS::Logs::LogGroup", "/aws/lambda/dev-api"),
    "Rule": ("AWS::Events::Rule", "dev-wild-rydes|dev-inbox"),
}


def read(properties: Any) -> Resource:
    """The only resource with properties, among those above."""
    template = {name: {"Type": type_} for name, (type_, _) in RESOURCES.items()}
    template["Subject"] = {"Type": "AWS::Some::Thing", "Properties": properties}
    template["Unmade"] = {"Type": "AWS::Some::Thing", "Condition": "Never"}
    ids = {name: id_ for name, (_, id_) in RESOURCES.items()} | {"Subject": "thing-1"}
    parameters = [
        {"ParameterKey": "Bus", "ParameterValue": "/dev/bus-name", "ResolvedValue": "dev-wild-rydes"},
        {"ParameterKey": "Plain", "ParameterValue": "as it is"},
    ]
    account = FakeAccount(
        {
            "cloudformation.describe_stacks": {
                "Stacks": [
                    {
                        "StackStatus": "UPDATE_COMPLETE",
                        "Tags": [{"Key": "service", "Value": "rides"}],
                        "Parameters": parameters,
                    }
                ]
            },
            "cloudformation.get_template": {"TemplateBody": {"Resources": template}},
            "cloudformation.list_stack_resources": {
                "StackResourceSummaries": [
                    {"LogicalResourceId": name, "PhysicalResourceId": id_} for name, id_ in ids.items()
                ]
            },
        }
    )
    found = {each.logical_id: each for each in Stack(account, HERE, "dev-Rides").resources()}
    assert found.keys() == ids.keys()  # what a condition has kept from being made is not promised
    return found["Subject"]


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ({"Ref": "Table"}, "dev-rides"),
        ({"Ref": "Bus"}, "dev-wild-rydes"),
        ({"Ref": "Plain"}, "as it is"),
        ({"Ref": "AWS::AccountId"}, "123456789012"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, f"arn:aws:sqs:{ACCOUNT}:dev-inbox"),
        ({"Fn::GetAtt": ["Table", "Arn"]}, f"arn:aws:dynamodb:{ACCOUNT}:table/dev-rides"),
        ({"Fn::GetAtt": ["Table", "StreamArn"]}, f"arn:aws:dynamodb:{ACCOUNT}:table/dev-rides/stream/*"),
        ({"Fn::GetAtt": ["Role", "Arn"]}, "arn:aws:iam::123456789012:role/dev-role-1A2B"),
        ({"Fn::GetAtt": ["Group", "Arn"]}, f"arn:aws:logs:{ACCOUNT}:log-group:/aws/lambda/dev-api:*"),
        ({"Fn::GetAtt": ["Rule", "Arn"]}, "*"),
        (
            {"Fn::Join": ["", [{"Fn::GetAtt": ["Table", "Arn"]}, "/index/", {"Fn::Select": [0, ["a"]]}]]},
            f"arn:aws:dynamodb:{ACCOUNT}:table/dev-rides/index/*",
        ),
        ([{"Ref": "Table"}, {"a": {"Ref": "Queue"}}], ["dev-rides", {"a": RESOURCES["Queue"][1]}]),
    ],
)
def test_references_are_resolved_as_far_as_can_be_known(written: Any, means: Any) -> None:
    assert read({"X": written}).properties == {"X": means}


def test_a_resource_knows_where_it_comes_from() -> None:
    found = read({})
    assert (found.stack, found.service, found.id) == ("dev-Rides", "rides", "thing-1")


def test_a_stack_that_is_not_there_is_no_error_of_aws() -> None:
    missing = refused("ValidationError", "Stack with id dev-Rides does not exist")
    with pytest.raises(StackMissing):
        _ = Stack(FakeAccount({"cloudformation.describe_stacks": missing}), HERE, "dev-Rides").status


def test_the_location_is_that_of_the_credentials() -> None:
    arn = "arn:aws-cn:sts::123456789012:assumed-role/admin/me"
    account = FakeAccount({"sts.get_caller_identity": {"Arn": arn}})
    assert Location.of(account) == Location("123456789012", "eu-west-1", "aws-cn")
