"""The local stage differs from AWS only in what is listed here, and no stack needs another one."""

import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs

from infra import roster
from infra.app import build_app
from infra.assembly import Assembly, load
from infra.slo import OBJECTIVES
from infra.stage import local as local_stage
from infra.stage import stage_of
from tests.support.pages import FILES, PUT_BY
from wild_rydes_contracts import EVENTS, MESSAGES

# What the local stage leaves out: types that its CloudFormation refuses, and what only its own switches make.
LEFT_OUT = {
    "AWS::CloudWatch::Alarm": 4 + 4 * len(OBJECTIVES),  # those that go by metric math
    "AWS::CloudWatch::CompositeAlarm": len(OBJECTIVES),
    "AWS::CloudWatch::Dashboard": 5,
    "AWS::IAM::Policy": len(PUT_BY),
    "AWS::IAM::Role": len(PUT_BY),
    "AWS::Events::Archive": 1,
    "AWS::Events::EventBusPolicy": 1,
    "AWS::EventSchemas::Registry": 1,
    "AWS::EventSchemas::Schema": 2 * len((*EVENTS, *MESSAGES)),
    "AWS::Lambda::Alias": 5,  # no SnapStart
    "AWS::Lambda::Version": 5,
    "AWS::Logs::QueryDefinition": 12,
    "AWS::SNS::TopicPolicy": 2,  # those of settlement, likewise
    "AWS::S3::BucketPolicy": 8 + len(FILES),  # as the queues' policies
    # `infra.rydes.pages` serves the pages.
    **dict.fromkeys(
        (
            "AWS::CloudFront::Distribution",
            "AWS::CloudFront::OriginAccessControl",
            "AWS::Lambda::Function",
            "AWS::Lambda::LayerVersion",
            "AWS::Logs::LogGroup",
            "AWS::S3::Bucket",
            "Custom::CDKBucketDeployment",
        ),
        len(FILES),
    ),
    "AWS::CloudFront::ResponseHeadersPolicy": 2 * len(FILES),
    "AWS::SMSVOICE::ConfigurationSet": 1,
    "AWS::SMSVOICE::OptOutList": 1,
    # Those that only refuse plain HTTP; subscriptions' queues keep their rule's. A partner has two queues, each with a
    # dead-letter queue, and one with a parking queue.
    "AWS::SQS::QueuePolicy": 47 + 5 * len(roster.partners()),
    "AWS::SSM::Parameter": 1 + len(FILES),  # the ARN of the web ACL, and the pages' URLs
    "AWS::WAFv2::WebACL": 1,
    "AWS::WAFv2::WebACLAssociation": 2,
}
# What only the local stage has.
ADDED = {("WildRydesFeedback", "AWS::SSM::Parameter")}  # the number that nobody has to apply for
# What is different there.
CHANGED = {
    ("AWS::Lambda::EventSourceMapping", "ScalingConfig.MaximumConcurrency"),
    ("AWS::S3::Bucket", "CorsConfiguration"),
    ("AWS::Lambda::Function", "Environment.Variables.OPEN_RFQS"),  # tests are busy customers
    ("AWS::Lambda::Function", "Environment.Variables.CHUNK_BYTES"),  # small files have several, too
    ("AWS::Lambda::Function", "Environment.Variables.JOB_WORKERS"),  # as many as there are
    ("AWS::Lambda::Function", "Environment.Variables.ALLOWED_ORIGINS"),
    ("AWS::ApiGatewayV2::Integration", "IntegrationUri"),  # the function itself, for want of an alias
    ("AWS::ApiGatewayV2::Api", "Tags"),  # the API's id is pinned
    ("AWS::ApiGateway::RestApi", "Tags"),
    ("AWS::ApiGateway::Method", "Integration.Uri"),  # as the integrations'
    ("AWS::ApiGateway::Method", "Integration.IntegrationResponses"),  # the API's URL
    ("AWS::ApiGateway::Stage", "DeploymentId.Ref"),
    ("AWS::DynamoDB::Table", "ResourcePolicy"),  # plain HTTP
    ("AWS::Cognito::UserPoolClient", "ExplicitAuthFlows"),  # scripts log in with a password
    ("AWS::IAM::Policy", "PolicyDocument"),  # batch actions; no condition on events:source
    ("AWS::Lambda::Function", "Code.S3Key"),  # another platform and interpreter
    ("AWS::Lambda::Function", "Environment.Variables.CALLBACK_URL"),
    ("AWS::Lambda::Function", "Environment.Variables.CONNECTIONS_URL"),
    ("AWS::Lambda::Function", "Environment.Variables.KEYS_URL"),
    ("AWS::Lambda::Function", "Environment.Variables.AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2"),  # the phones
    ("AWS::Lambda::Function", "Environment.Variables.AWS_ENDPOINT_URL_TEXTRACT"),  # its simulator
    ("AWS::StepFunctions::StateMachine", "DefinitionString"),  # a lost completion is soon made up for
    ("AWS::Lambda::Function", "Environment.Variables.PUBLIC_URL"),
    ("AWS::Lambda::Function", "Environment.Variables.RETURN_ADDRESSES"),  # those of the examples, too
    ("AWS::Events::Rule", "EventPattern.source"),  # and what they send
    ("AWS::Lambda::Function", "Environment.Variables.UNICORN_API_URL"),
    ("AWS::Lambda::Function", "Environment.Variables.WAKING_HOURS"),  # nobody sleeps
    ("AWS::Lambda::Function", "SnapStart"),
    ("AWS::Lambda::Permission", "FunctionName"),
    ("AWS::SNS::TopicPolicy", "PolicyDocument"),  # plain HTTP
    ("AWS::SQS::QueuePolicy", "PolicyDocument"),
    ("AWS::StepFunctions::StateMachine", "DefinitionString"),  # tags settle in a second
    ("AWS::StepFunctions::StateMachine", "DefinitionSubstitutions.environment"),
    ("AWS::SSM::Parameter", "Value"),  # the APIs' URLs
}


_HASH = 32


def _comparable(assembly: Assembly) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Resources by stack, type and logical id, the hashes that CDK puts into some ids left out."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for stack, template in assembly.templates.items():
        for logical_id, body in template["Resources"].items():
            key = logical_id
            if body["Type"] == "AWS::ApiGateway::Deployment":
                key = key[:-_HASH]
            if body["Type"] == "AWS::Lambda::Permission" and "socket" not in key:
                key = f"permission of {body['Properties']['Principal']} {body['Properties'].get('SourceArn')}"
            assert (stack, body["Type"], key) not in found
            found[stack, body["Type"], key] = body["Properties"]
    return found


def _differences(left: Any, right: Any, path: str = "") -> set[str]:
    if left == right:
        return set()
    if not isinstance(left, dict) or not isinstance(right, dict) or any("::" in k for k in left | right):
        return {path}
    missing = object()
    return {
        difference
        for key in left | right
        for difference in _differences(
            left.get(key, missing), right.get(key, missing), f"{path}.{key}".removeprefix(".")
        )
    }


def test_the_local_stage_leaves_out_what_is_listed(aws: Assembly, local: Assembly) -> None:
    there, here = _comparable(aws), _comparable(local)
    assert {key[:2] for key in set(here) - set(there)} == ADDED
    assert Counter(type_ for _, type_, _ in set(there) - set(here)) == LEFT_OUT
    assert local_stage("http://localhost:4566").left_out == {
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::Events::Archive",
        "AWS::Events::EventBusPolicy",
        "AWS::EventSchemas::Registry",
        "AWS::EventSchemas::Schema",
        "AWS::Logs::QueryDefinition",
        "AWS::SMSVOICE::ConfigurationSet",
        "AWS::SMSVOICE::OptOutList",
        "AWS::WAFv2::WebACL",
        "AWS::WAFv2::WebACLAssociation",
    }


def test_the_local_stage_changes_what_is_listed(aws: Assembly, local: Assembly) -> None:
    there, here = _comparable(aws), _comparable(local)
    changed = {
        (type_, ".".join(path.split(".")[:3]) if "Variables" in path else ".".join(path.split(".")[:2]))
        for key in set(there) & set(here)
        for type_ in [key[1]]
        for path in _differences(there[key], here[key])
    }
    assert {(t, p.removesuffix(".Statement").removesuffix(".ApplyOn")) for t, p in changed} == CHANGED


def test_local_apis_have_their_urls_before_they_are_deployed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4999/")
    context = {"stage": "local", "service": "ride-booking"}
    build_app(context, str(tmp_path / "out"), lambda _: _empty_zip(tmp_path)).synth()
    alone = load(tmp_path / "out")
    function = alone.named("AWS::Lambda::Function", "FunctionName")["ride-booking-api"]
    url = "http://localhost:4999/_aws/execute-api/rfq-api/v1"
    assert function.properties["Environment"]["Variables"]["PUBLIC_URL"] == url
    parameters = alone.named("AWS::SSM::Parameter", "Name")
    assert parameters["/wild-rydes/ride-booking/rfq-api-url"].properties["Value"] == url
    socket = parameters["/wild-rydes/ride-booking/rfq-socket-url"].properties["Value"]
    assert socket == "ws://localhost:4999/_aws/execute-api/rfq-socket/v1"


@pytest.mark.parametrize(
    ("service", "stack"),
    [
        ("platform", "WildRydesPlatform"),
        ("ride-booking", "WildRydesRideBooking"),
        ("unicorn-mgmt", "WildRydesUnicornMgmt"),
        ("feedback", "WildRydesFeedback"),
    ],
)
def test_a_service_is_synthesized_alone_without_the_artifact_of_another(
    service: str, stack: str, local: Assembly, tmp_path: Path
) -> None:
    built = []

    def artifact_of(name: str) -> Path:
        built.append(name)
        return _empty_zip(tmp_path)

    build_app({"stage": "local", "service": service}, str(tmp_path / "out"), artifact_of).synth()
    alone = load(tmp_path / "out")
    assert set(alone.templates) == {stack}
    assert built == ([] if service == "platform" else [service])
    assert set(alone.templates[stack]["Resources"]) == set(local.templates[stack]["Resources"])


def test_an_unknown_service_is_refused_by_name() -> None:
    with pytest.raises(
        ValueError,
        match="no service 'ride-boking': one of platform, ride-booking, unicorn-mgmt, feedback, settlement, operations",
    ):
        build_app({"stage": "local", "service": "ride-boking"})


def test_stacks_need_no_export_of_another(aws: Assembly) -> None:
    for template in aws.templates.values():
        assert "Fn::ImportValue" not in json.dumps(template)
        assert not [o for o in template.get("Outputs", {}).values() if "Export" in o]
    manifest = json.loads((aws.directory / "manifest.json").read_text())
    stacks = {k: a for k, a in manifest["artifacts"].items() if a["type"] == "aws:cloudformation:stack"}
    assert set(stacks) == set(aws.templates)
    for artifact in stacks.values():
        assert not set(artifact.get("dependencies", [])) & set(stacks)


def test_an_aws_stack_that_breaks_a_rule_is_not_synthesized(tmp_path: Path) -> None:
    app = build_app({"service": "platform"}, outdir=str(tmp_path))
    sqs.Queue(app.node.find_child("WildRydesPlatform"), "PlainHttpAllowed")
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    assert "AwsSolutions-SQS4" in (tmp_path / "validation-report.json").read_text()


def _empty_zip(directory: Path) -> Path:
    path = directory / "empty.zip"
    zipfile.ZipFile(path, "w").close()
    return path


def test_where_customers_get_help_is_read_from_the_context() -> None:
    """Every text that names it stays one SMS."""
    assert stage_of(cdk.App()).support_contact == "wildrydes.example/help"
    assert (
        stage_of(cdk.App(context={"support-contact": "+1 206 555 0199"})).support_contact == "+1 206 555 0199"
    )
    for contact in ("a" * 31, "ayúdame.example", "a\nb"):
        with pytest.raises(ValueError, match="fits into no SMS"):
            stage_of(cdk.App(context={"support-contact": contact}))


def test_a_system_on_aws_begins_without_simulated_partners(tmp_path: Path) -> None:
    assert stage_of(cdk.App()).simulated_partners is False
    assert stage_of(cdk.App(context={"partners": "all"})).simulated_partners is True
    assert stage_of(cdk.App(context={"stage": "local"})).simulated_partners is True
    assert {id_ for id_, row in roster.partners().items() if "simulated" not in row} == set(
        roster.partners(simulated=False)
    )
    context = {"service": "unicorn-mgmt"}
    build_app(context, str(tmp_path / "out"), lambda _: _empty_zip(tmp_path)).synth()
    functions = load(tmp_path / "out").named("AWS::Lambda::Function", "FunctionName")
    variables = functions["dev-unicorn-mgmt-responder"].properties["Environment"]["Variables"]
    assert json.loads(variables["PARTNER_QUEUES"]) == {}
    assert not [name for name in functions if "-p-" in name or "partner" in name]


def test_an_account_with_a_gateway_role_of_its_own_keeps_it(tmp_path: Path) -> None:
    build_app({"service": "platform", "gateway-account": "no"}, str(tmp_path / "out")).synth()
    assert [*load(tmp_path / "out").all("AWS::ApiGateway::Account")] == []


def test_only_prod_is_protected_and_a_fix_may_go_there_without_canaries() -> None:
    for context, protected, canary in (
        ({}, False, False),
        ({"env": "test"}, False, False),
        ({"env": "prod"}, True, True),
        ({"env": "prod", "canary": "no"}, True, False),
        ({"env": "prod", "stage": "local"}, True, False),
    ):
        stage = stage_of(cdk.App(context=context))
        assert (stage.protected, stage.canary) == (protected, canary), context


@pytest.mark.parametrize("switch", ["partners", "gateway-account", "macie", "canary"])
def test_what_a_switch_cannot_be_is_refused(switch: str) -> None:
    with pytest.raises(ValueError, match=f"{switch} is .* or .*, not 'maybe'"):
        stage_of(cdk.App(context={switch: "maybe"}))
