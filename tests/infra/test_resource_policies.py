"""Every resource that holds or carries something has a policy, TLS and encryption, or a reason why it needs none.

A type of resource that nobody has thought about fails here.
"""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.assembly import Assembly, Resource, as_list, referred
from infra.naming import AUDIT_LOG
from infra.patterns.web_acl import MANAGED_RULES
from infra.tiers import TIERS

POLICIES = {
    "AWS::SQS::Queue": ("AWS::SQS::QueuePolicy", "Queues"),
    "AWS::SNS::Topic": ("AWS::SNS::TopicPolicy", "Topics"),
    "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "Bucket"),
}
"""Type -> its policies, and their property with what they are for."""
PERSONAL = {
    "feedback-sms-replies",
    "feedback-sms-receipts",
    "wild-rydes-sms-replies",
    "wild-rydes-sms-receipts",
}
"""Queues and topics whose messages hold phone numbers, and their dead letters and parking queues."""

NOTHING_TO_PROTECT = {
    "AWS::CloudWatch::Alarm": "tells the alarm topic alone",
    "AWS::CloudWatch::CompositeAlarm": "as an alarm",
    "AWS::CloudWatch::Dashboard": "shows figures and log lines, which hold ids alone",
    "AWS::ApiGateway::Account": "names a role",
    "AWS::ApiGateway::Authorizer": "a function, by which API Gateway asks",
    "AWS::ApiGateway::Deployment": "of an API below",
    "AWS::ApiGateway::GatewayResponse": "a text",
    "AWS::ApiGateway::Resource": "a path",
    "AWS::ApiGateway::RestApi": "its methods say who gets in, and its endpoint takes no plain HTTP",
    "AWS::ApiGateway::UsagePlan": "limits who may call",
    "AWS::ApiGatewayV2::Authorizer": "a function, by which API Gateway asks",
    "AWS::ApiGatewayV2::Integration": "a function of the API's own stack",
    "AWS::ApiGatewayV2::Route": "of an API below",
    "AWS::ApiGatewayV2::Api": "HTTP and WebSocket APIs have no resource policy and no plain HTTP; the function verifies"
    " the token or the signature (decision 56)",
    "AWS::CloudFront::Distribution": "serves public files: tests/infra/test_hosted_pages.py looks at how",
    "AWS::CloudFront::OriginAccessControl": "signs what CloudFront asks of a bucket",
    "AWS::CloudFront::ResponseHeadersPolicy": "headers that everybody gets",
    "AWS::Lambda::LayerVersion": "the AWS command line, for CDK's own function",
    "Custom::CDKBucketDeployment": "has a page's files put into their bucket",
    "AWS::Cognito::UserPoolClient": "a public client without a secret, for SRP alone",
    "AWS::Cognito::UserPoolGroup": "a name",
    "AWS::Events::Archive": "events hold no personal data, and nobody may replay them but operators",
    "AWS::EventSchemas::Registry": "schemas are public",
    "AWS::EventSchemas::Schema": "schemas are public",
    "AWS::IAM::Policy": "tests/infra/test_functions.py and infra/proof hold it to what is called",
    "AWS::KMS::Alias": "a name",
    "AWS::Lambda::Alias": "a name",
    "AWS::Lambda::EventSourceMapping": "reads with its function's role",
    "AWS::Lambda::Version": "of a function",
    "AWS::Logs::QueryDefinition": "a text",
    "AWS::SMSVOICE::ConfigurationSet": "names topics",
    "AWS::SMSVOICE::OptOutList": "the list of End User Messaging, which the account alone may read",
    "AWS::SNS::Subscription": "of a topic and a queue above",
    "AWS::SSM::Parameter": "URLs, names and ARNs, no secret",
    "AWS::S3::BucketPolicy": "a policy",
    "AWS::SNS::TopicPolicy": "a policy",
    "AWS::SQS::QueuePolicy": "a policy",
    "AWS::Events::EventBusPolicy": "a policy",
    "AWS::StepFunctions::StateMachine": "starts for a rule of its own stack, and acts with its own role",
    "AWS::WAFv2::WebACL": "protects others",
    "AWS::WAFv2::WebACLAssociation": "protects others",
}


def statements(assembly: Assembly, resource: Resource) -> list[dict[str, Any]]:
    """What the policies of a resource say."""
    type_, key = POLICIES[resource.type]
    return [
        statement
        for policy in assembly.all(type_)
        if policy.stack == resource.stack
        and resource.logical_id in map(referred, as_list(policy.properties[key]))
        for statement in policy.properties["PolicyDocument"]["Statement"]
    ]


def tls_only(said: list[dict[str, Any]], service: str) -> Iterator[str]:
    for statement in said:
        if (
            statement["Effect"] == "Deny"
            and statement["Principal"] in ("*", {"AWS": "*"})
            and statement["Action"] == f"{service}:*"
            and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        ):
            return
    yield "lets plain HTTP in"


def no_stranger(said: list[dict[str, Any]]) -> Iterator[str]:
    """Another account needs an Allow of ours. The only ones are for services, for a source of this account."""
    for statement in said:
        if statement["Effect"] != "Allow":
            continue
        sources = {key.lower() for operator in statement.get("Condition", {}).values() for key in operator}
        if set(statement["Principal"]) != {"Service"} or not sources & {"aws:sourcearn", "aws:sourceaccount"}:
            yield f"lets in {statement['Principal']}"


def queue(assembly: Assembly, resource: Resource) -> Iterator[str]:
    said, properties = statements(assembly, resource), resource.properties
    yield from tls_only(said, "sqs")
    yield from no_stranger(said)
    name = str(properties["QueueName"]).removesuffix("-dlq").removesuffix("-parking")
    if name in PERSONAL and "KmsMasterKeyId" not in properties:
        yield "holds phone numbers without a key"
    if not (properties.get("KmsMasterKeyId") or properties.get("SqsManagedSseEnabled")):
        yield "is not encrypted"


def topic(assembly: Assembly, resource: Resource) -> Iterator[str]:
    said = statements(assembly, resource)
    yield from tls_only(
        [{**s, "Action": "sns:*" if "sns:Publish" in as_list(s["Action"]) else s["Action"]} for s in said],
        "sns",
    )
    yield from no_stranger(said)
    if resource.properties["TopicName"] in PERSONAL and "KmsMasterKeyId" not in resource.properties:
        yield "carries phone numbers without a key"


def bucket(assembly: Assembly, resource: Resource) -> Iterator[str]:
    said = statements(assembly, resource)
    yield from tls_only(said, "s3")
    yield from no_stranger(said)
    if set(resource.properties["PublicAccessBlockConfiguration"].values()) != {True}:
        yield "may become public"
    if "BucketEncryption" not in resource.properties:
        yield "is not encrypted"


def bus(assembly: Assembly, resource: Resource) -> Iterator[str]:
    said = [policy.properties["Statement"] for policy in assembly.all("AWS::Events::EventBusPolicy")]
    if [statement["Effect"] for statement in said] != ["Deny"]:
        yield "lets in more than its account, or all sources of it"


def table(_: Assembly, resource: Resource) -> Iterator[str]:
    said = resource.properties.get("ResourcePolicy", {}).get("PolicyDocument", {}).get("Statement", [])
    yield from tls_only(said, "dynamodb")
    yield from no_stranger(said)
    if resource.properties.get("SSESpecification") != {"SSEEnabled": True}:
        yield "holds where people ride, without a key of KMS"


def secret(_: Assembly, resource: Resource) -> Iterator[str]:
    """Its endpoint takes no plain HTTP, and AWS's own key lets no other account read it."""
    if "KmsKeyId" in resource.properties:
        yield "has a key that other accounts could be let in to: check its policy here"


def key(_: Assembly, resource: Resource) -> Iterator[str]:
    if resource.properties.get("EnableKeyRotation") is not True:
        yield "is never rotated"
    for statement in resource.properties["KeyPolicy"]["Statement"]:
        if "AWS" in statement["Principal"]:
            if ":root" not in str(statement["Principal"]["AWS"]) or "AWS::AccountId" not in str(
                statement["Principal"]["AWS"]
            ):
                yield f"lets in {statement['Principal']}"
        else:
            yield from no_stranger([statement])


def log_group(_: Assembly, resource: Resource) -> Iterator[str]:
    """Encrypted by CloudWatch; no personal data is in it: tests/e2e scan all of them."""
    days = 365 if resource.properties.get("LogGroupName") == AUDIT_LOG else 30
    if resource.properties.get("RetentionInDays") != days:
        yield f"is not forgotten after {days} days"


def api_stage(_: Assembly, resource: Resource) -> Iterator[str]:
    if "AccessLogSettings" not in resource.properties:
        yield "tells nobody who came"
    if not resource.properties.get("DefaultRouteSettings", {}).get("ThrottlingRateLimit"):
        yield "lets in as many as come"


def rest_stage(assembly: Assembly, resource: Resource) -> Iterator[str]:
    protected = [
        str(each.properties["ResourceArn"]) for each in assembly.all("AWS::WAFv2::WebACLAssociation")
    ]
    if not any(repr({"Ref": resource.logical_id}) in arn for arn in protected):
        yield "has no web ACL before it"
    if "AccessLogSetting" not in resource.properties:
        yield "tells nobody who came"
    settings = resource.properties.get("MethodSettings", [])
    if not any(each["ResourcePath"] == "/*" and each.get("ThrottlingRateLimit") for each in settings):
        yield "lets in as many as come"


def method(_: Assembly, resource: Resource) -> Iterator[str]:
    if resource.properties["AuthorizationType"] == "NONE":
        yield "lets anybody in"


def role(_: Assembly, resource: Resource) -> Iterator[str]:
    for statement in resource.properties["AssumeRolePolicyDocument"]["Statement"]:
        if set(statement["Principal"]) != {"Service"}:
            yield f"may be taken by {statement['Principal']}"


def permission(_: Assembly, resource: Resource) -> Iterator[str]:
    if "SourceArn" not in resource.properties:
        yield "lets any account's resources invoke the function"


def pool(assembly: Assembly, resource: Resource) -> Iterator[str]:
    protected = [each.properties["ResourceArn"] for each in assembly.all("AWS::WAFv2::WebACLAssociation")]
    if {"Fn::GetAtt": [resource.logical_id, "Arn"]} not in protected:
        yield "has no web ACL before it"
    if resource.properties["AdminCreateUserConfig"] != {"AllowAdminCreateUserOnly": True}:
        yield "lets anybody sign up"


def covered(_: Assembly, __: Resource) -> Iterator[str]:
    """By what belongs to it: permissions for a function, targets of the same stack for a rule."""
    yield from ()


CHECKS: dict[str, Callable[[Assembly, Resource], Iterator[str]]] = {
    "AWS::SQS::Queue": queue,
    "AWS::SNS::Topic": topic,
    "AWS::S3::Bucket": bucket,
    "AWS::Events::EventBus": bus,
    "AWS::DynamoDB::Table": table,
    "AWS::SecretsManager::Secret": secret,
    "AWS::KMS::Key": key,
    "AWS::Logs::LogGroup": log_group,
    "AWS::ApiGateway::Stage": rest_stage,
    "AWS::ApiGateway::Method": method,
    "AWS::ApiGatewayV2::Stage": api_stage,
    "AWS::IAM::Role": role,
    "AWS::Lambda::Permission": permission,
    "AWS::Cognito::UserPool": pool,
}
NOTHING_TO_PROTECT |= {
    "AWS::Lambda::Function": "only who has a permission may invoke it",
    "AWS::Events::Rule": "its targets are of its own stack",
}


def faults(assembly: Assembly) -> list[str]:
    """What is wrong with which resource."""
    return [
        f"{resource.where} {fault}"
        for type_, check in CHECKS.items()
        for resource in assembly.all(type_)
        for fault in check(assembly, resource)
    ]


def test_every_type_of_resource_is_checked_or_has_a_reason(aws: Assembly) -> None:
    types = {body["Type"] for template in aws.templates.values() for body in template["Resources"].values()}
    unknown = types - {*CHECKS, *NOTHING_TO_PROTECT}
    assert not unknown, (
        f"say in {Path(__file__).name} how these are protected, or why they need not be: {unknown}"
    )
    assert not {*CHECKS} & {*NOTHING_TO_PROTECT}


def test_every_resource_is_protected(aws: Assembly) -> None:
    assert faults(aws) == []


PLANTED = {
    "AWS::SQS::QueuePolicy": lambda p: p["PolicyDocument"]["Statement"].clear(),
    "AWS::SNS::TopicPolicy": lambda p: p["PolicyDocument"]["Statement"][0].update(Effect="Allow"),
    "AWS::S3::BucketPolicy": lambda p: p["PolicyDocument"]["Statement"].clear(),
    "AWS::S3::Bucket": lambda p: p["PublicAccessBlockConfiguration"].update(BlockPublicAcls=False),
    "AWS::Events::EventBusPolicy": lambda p: p["Statement"].update(Effect="Allow"),
    "AWS::DynamoDB::Table": lambda p: p.pop("ResourcePolicy"),
    "AWS::KMS::Key": lambda p: p.pop("EnableKeyRotation"),
    "AWS::Logs::LogGroup": lambda p: p.pop("RetentionInDays"),
    "AWS::ApiGateway::Stage": lambda p: p.pop("MethodSettings"),
    "AWS::ApiGateway::Method": lambda p: p.update(AuthorizationType="NONE"),
    "AWS::ApiGatewayV2::Stage": lambda p: p.pop("DefaultRouteSettings"),
    "AWS::IAM::Role": lambda p: p["AssumeRolePolicyDocument"]["Statement"][0].update(Principal={"AWS": "*"}),
    "AWS::Lambda::Permission": lambda p: p.pop("SourceArn"),
    "AWS::WAFv2::WebACLAssociation": lambda p: p.update(ResourceArn="another"),
    "AWS::SecretsManager::Secret": lambda p: p.update(KmsKeyId="key"),
}
"""A mistake in the first resource of each type."""


@pytest.mark.parametrize("of", ["Users", "Stage"])
def test_what_may_have_a_web_acl_has_it(aws: Assembly, of: str) -> None:
    templates = copy.deepcopy(aws.templates)
    for template in templates.values():
        for body in template["Resources"].values():
            if body["Type"] == "AWS::WAFv2::WebACLAssociation" and of in str(body["Properties"]):
                body["Properties"]["ResourceArn"] = "another"
    [fault] = faults(Assembly(aws.directory, templates))
    assert fault.endswith("has no web ACL before it")


@pytest.mark.parametrize("type_", PLANTED)
def test_a_planted_mistake_is_found(aws: Assembly, type_: str) -> None:
    templates = copy.deepcopy(aws.templates)
    bodies = [b for t in templates.values() for b in t["Resources"].values() if b["Type"] == type_]
    PLANTED[type_](bodies[0]["Properties"])
    assert faults(Assembly(aws.directory, templates))


def test_the_web_acl_blocks_who_comes_too_often_and_what_aws_knows(aws: Assembly) -> None:
    [acl] = aws.all("AWS::WAFv2::WebACL")
    assert (acl.properties["Scope"], acl.properties["DefaultAction"]) == ("REGIONAL", {"Allow": {}})
    signs_in, often, *managed = acl.properties["Rules"]
    for rule in (signs_in, often):
        assert rule["Action"] == {"Block": {}}
        assert rule["Statement"]["RateBasedStatement"]["AggregateKeyType"] == "IP"
    rates = [rule["Statement"]["RateBasedStatement"] for rule in (signs_in, often)]
    assert ["ScopeDownStatement" in rate for rate in rates] == [True, False]
    fastest = max(tier.rate for tier in TIERS)
    assert rates[0]["Limit"] < fastest * rates[1]["EvaluationWindowSec"] < rates[1]["Limit"]
    assert [rule["Statement"]["ManagedRuleGroupStatement"]["Name"] for rule in managed] == [*MANAGED_RULES]
    assert all(rule["OverrideAction"] == {"None": {}} for rule in managed), "they would count and not block"
    seen = [rule["VisibilityConfig"]["SampledRequestsEnabled"] for rule in acl.properties["Rules"]]
    assert {*seen, acl.properties["VisibilityConfig"]["SampledRequestsEnabled"]} == {False}, (
        "they show tokens"
    )


def test_services_find_the_web_acl_by_its_parameter(aws: Assembly) -> None:
    [acl] = aws.all("AWS::WAFv2::WebACL")
    parameter = aws.named("AWS::SSM::Parameter", "Name")["/wild-rydes/platform/web-acl-arn"]
    assert parameter.properties["Value"] == {"Fn::GetAtt": [acl.logical_id, "Arn"]}
