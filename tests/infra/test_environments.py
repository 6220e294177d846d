"""Two environments share an account: none has a name of the other, and none may touch what is the other's."""

import json
import re
from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
import pytest

from infra.assembly import Assembly, as_list, load
from infra.naming import AWS_ENVIRONMENT, BUS_NAME, BUS_NAME_PARAMETER, PARTNER_SECRET_PREFIX, PLAIN, Names
from infra.stage import stage_of
from tests.support.pages import functions

DEV, PROD = AWS_ENVIRONMENT, "prod"
LONGEST_ENVIRONMENT = 10

# Names that are unique within another resource of the environment, by type and property; and what is no name of
# anything that is ours.
WITHIN = {
    ("AWS::ApiGateway::Authorizer", "Name"),
    ("AWS::ApiGateway::Stage", "StageName"),
    ("AWS::ApiGatewayV2::Authorizer", "Name"),
    ("AWS::ApiGatewayV2::Stage", "StageName"),
    ("AWS::CloudWatch::Alarm", "Id"),
    ("AWS::CloudWatch::Alarm", "MetricName"),
    ("AWS::CloudWatch::Alarm", "Name"),
    ("AWS::CloudFront::Distribution", "CachePolicyId"),  # one of AWS
    ("AWS::CloudFront::Distribution", "Id"),  # of its origins
    ("AWS::CloudFront::Distribution", "TargetOriginId"),
    ("AWS::Cognito::UserPool", "Name"),
    ("AWS::Cognito::UserPoolGroup", "GroupName"),
    ("AWS::DynamoDB::Table", "AttributeName"),
    ("AWS::DynamoDB::Table", "IndexName"),
    ("AWS::Events::EventBusPolicy", "StatementId"),
    ("AWS::EventSchemas::Schema", "SchemaName"),
    ("AWS::Events::Rule", "Id"),
    ("AWS::Events::Rule", "detail-requestParameters-bucketName"),  # a path of its input
    ("AWS::IAM::Policy", "PolicyName"),
    ("AWS::IAM::Policy", "iam:AWSServiceName"),
    ("AWS::Lambda::Alias", "Name"),
    ("AWS::SMSVOICE::ConfigurationSet", "EventDestinationName"),
    ("AWS::SNS::Topic", "DisplayName"),
    ("AWS::WAFv2::WebACL", "Name"),  # of its rules
    ("AWS::WAFv2::WebACL", "VendorName"),
}

# What a role may do with what no environment has for itself.
SHARED = {
    # What was synthesized, each asset under a hash of its content.
    "arn:<Partition>:s3:::cdk-hnb659fds-assets-<AccountId>-<Region>/*",
    # A usage plan has an id that nobody chooses. It says how many requests a key has made.
    "arn:<Partition>:apigateway:<Region>::/usageplans/*/usage",
    "*",  # ListStreams takes no resource, nor do two calls of Macie
    # Jobs of Macie have ids that nobody chooses: a condition on their tag says whose they are.
    "arn:<Partition>:macie2:<Region>:<AccountId>:classification-job/*",
    # The role that Macie has once in an account.
    "arn:<Partition>:iam::<AccountId>:role/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie",
    "arn:<Partition>:sms-voice:<Region>:<AccountId>:phone-number/*",  # which number, its parameter says
}

# The longest names that AWS takes, by type and property. Cognito, SSM and Secrets Manager take 128 and more.
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html (64)
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html (80)
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html (64), …/API_CreateArchive.html (48)
# https://docs.aws.amazon.com/sms-voice/latest/APIReference/API_CreateOptOutList.html (64)
LONGEST = {
    ("AWS::Lambda::Function", "FunctionName"): 64,
    ("AWS::SQS::Queue", "QueueName"): 80,
    ("AWS::Events::Rule", "Name"): 64,
    ("AWS::Events::Archive", "ArchiveName"): 48,
    ("AWS::SMSVOICE::ConfigurationSet", "ConfigurationSetName"): 64,
    ("AWS::SMSVOICE::OptOutList", "OptOutListName"): 64,
}


@pytest.fixture(scope="module")
def dev(aws: Assembly) -> Assembly:
    """The environment that there is unless another is named, with its own names."""
    return load(aws.directory)


def _names(assembly: Assembly) -> Iterator[tuple[str, str, str]]:
    """The type of a resource, a property anywhere in it that has a name, and the name."""
    for template in assembly.templates.values():
        for body in template["Resources"].values():
            for key, value in _properties(body.get("Properties", {})):
                if re.search(r"(Name|Id)$", key) and isinstance(value, str):
                    yield body["Type"], key, value


def _properties(found: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(found, dict):
        for key, value in found.items():
            yield key, value
            yield from _properties(value)
    if isinstance(found, list):
        for item in found:
            yield from _properties(item)


def _statements(assembly: Assembly) -> Iterator[tuple[str, Any]]:
    """The stack of a policy, and a resource that one of its statements allows something with."""
    for stack, template in assembly.templates.items():
        for body in template["Resources"].values():
            for statement in body.get("Properties", {}).get("PolicyDocument", {}).get("Statement", []):
                for resource in as_list(statement.get("Resource", [])):
                    yield stack, resource


def _refers_to_its_own_stack(assembly: Assembly, stack: str, resource: Any) -> bool:
    """Whether the resource is one of the stack, which nothing of another stack can be."""
    ids = {value for key, value in _properties(resource) if key == "Ref"}
    ids |= {value[0] for key, value in _properties(resource) if key == "Fn::GetAtt"}
    return bool(ids & set(assembly.templates[stack]["Resources"]))


def test_two_environments_share_no_name(dev: Assembly, prod: Assembly) -> None:
    ours, theirs = set(_names(dev)), set(_names(prod))
    assert ours - theirs, "nothing was compared"
    assert {(type_, key, name) for type_, key, name in ours & theirs if (type_, key) not in WITHIN} == set()


def _stacks(assembly: Assembly) -> list[dict[str, Any]]:
    """What the manifest says about the stacks."""
    manifest = json.loads((assembly.directory / "manifest.json").read_text())
    artifacts = manifest["artifacts"].values()
    return [found["properties"] for found in artifacts if found["type"] == "aws:cloudformation:stack"]


def test_two_environments_share_no_stack_and_no_export(dev: Assembly, prod: Assembly) -> None:
    stacks = [{stack["stackName"] for stack in _stacks(assembly)} for assembly in (dev, prod)]
    assert f"{DEV}-WildRydesPlatform" in stacks[0]
    assert [len(names) for names in stacks] == [len(dev.templates), len(prod.templates)]
    assert not stacks[0] & stacks[1]
    for template in (*dev.templates.values(), *prod.templates.values()):
        assert not [output for output in template.get("Outputs", {}).values() if "Export" in output]


@pytest.mark.parametrize("environment", [DEV, PROD])
def test_no_role_may_touch_another_environment(environment: str, request: pytest.FixtureRequest) -> None:
    assembly: Assembly = request.getfixturevalue(environment)
    foreign = {
        assembly.text(stack, resource)
        for stack, resource in _statements(assembly)
        if not _refers_to_its_own_stack(assembly, stack, resource)
    }
    patterns = {text for text in foreign if not re.search(rf"[:/]{environment}[-/]", text)}
    assert foreign - patterns, "nothing was looked at"
    assert patterns == SHARED


def test_the_longest_environment_fits_into_every_name(dev: Assembly) -> None:
    more = LONGEST_ENVIRONMENT - len(DEV)
    for type_, key, name in _names(dev):
        assert len(name) + more <= LONGEST.get((type_, key), 128), f"{type_} {name}"


def test_what_is_counted_and_what_it_costs_is_told_apart(dev: Assembly) -> None:
    namespaces = {
        value for t in dev.templates.values() for key, value in _properties(t) if key == "Namespace"
    }
    assert {space for space in namespaces if not space.startswith("AWS/")} == {f"WildRydes/{DEV}"}
    for function in functions(dev).values():
        variables = function.properties["Environment"]["Variables"]
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == f"WildRydes/{DEV}"
    for stack in _stacks(dev):
        assert stack["tags"]["environment"] == DEV


def test_the_environment_comes_first_in_every_name_and_can_be_taken_off_again() -> None:
    for plain, name in {
        BUS_NAME: "dev-wild-rydes",
        "wild-rydes-reply-ride-booking": "dev-wild-rydes-reply-ride-booking",
        f"{PARTNER_SECRET_PREFIX}p-comet": "dev/wild-rydes/partners/p-comet",
        BUS_NAME_PARAMETER: "/dev/wild-rydes/platform/bus-name",
    }.items():
        assert (Names("dev").of(plain), Names("dev").plain(name)) == (name, plain)
        assert (PLAIN.of(plain), PLAIN.plain(plain)) == (plain, plain)
    assert Names("dev").plain("dev-dev-x") == "dev-x"
    assert Names("dev").plain("my-dev-x") == "my-dev-x"


def test_the_context_names_the_environment() -> None:
    def names(**context: str) -> Names:
        return stage_of(cdk.App(context=context)).names

    assert names() == names(env="") == Names("dev")
    assert names(env="prod") == Names("prod")
    assert names(stage="local") == PLAIN
    assert names(stage="local", env="blue") == Names("blue")


@pytest.mark.parametrize(
    "name", ["Dev", "1st", "my-env", "dev_2", "elevenchars", "ünder", "aws1", "ssm", "dev\n"]
)
def test_what_cannot_name_an_environment_is_refused_with_what_can(name: str) -> None:
    with pytest.raises(ValueError, match="write one to ten small letters and digits, a letter first"):
        stage_of(cdk.App(context={"env": name}))
