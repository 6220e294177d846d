"""Each mistake about permissions is planted in our own templates, and has to be found with the right words."""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import pytest

from infra.assembly import Assembly, as_list
from infra.proof import grants, policies, recording
from infra.proof.finding import Finding

Template: TypeAlias = dict[str, Any]
Templates: TypeAlias = dict[str, Template]

DENIED, UNUSED = "a call that AWS would deny", "a grant that nobody uses"


def _resources(templates: Templates, type_: str) -> Iterator[tuple[str, Template]]:
    for template in templates.values():
        for logical_id, body in template["Resources"].items():
            if body["Type"] == type_:
                yield logical_id, body


def _function(templates: Templates, name: str) -> Template:
    (found,) = (
        body
        for _, body in _resources(templates, "AWS::Lambda::Function")
        if body["Properties"]["FunctionName"].endswith(name)
    )
    return found


def _role(templates: Templates, function: str) -> list[Template]:
    """The statements of a function's role."""
    (role, _) = _function(templates, function)["Properties"]["Role"]["Fn::GetAtt"]
    (policy,) = (
        body
        for _, body in _resources(templates, "AWS::IAM::Policy")
        if {"Ref": role} in body["Properties"]["Roles"]
    )
    statements: list[Template] = policy["Properties"]["PolicyDocument"]["Statement"]
    return statements


def _with(statements: list[Template], action: str) -> Template:
    """The first statement that has the action."""
    return next(each for each in statements if action in as_list(each["Action"]))


def _take(templates: Templates, function: str, action: str) -> None:
    """Take an action from a function's role."""
    for statement in _role(templates, function):
        statement["Action"] = [each for each in as_list(statement["Action"]) if each != action]


def _let_nobody_in(templates: Templates, type_: str, service: str) -> None:
    """Take a service out of all policies of a type of resource."""
    for _, body in _resources(templates, type_):
        document = body["Properties"].get("PolicyDocument") or body["Properties"]["KeyPolicy"]
        document["Statement"] = [
            left for each in document["Statement"] if (left := _without(each, f"{service}.amazonaws.com"))
        ]


def _without(statement: Mapping[str, Any], service: str) -> Mapping[str, Any] | None:
    """The statement for whomever else it is for. None if it is for this service alone."""
    principal = statement["Principal"]
    named = principal.get("Service") if isinstance(principal, dict) else None
    if named == service:
        return None
    if not isinstance(named, list):
        return statement
    return {**statement, "Principal": {"Service": [each for each in named if each != service]}}


def _drop_permissions(templates: Templates, service: str) -> None:
    """Take all permissions to invoke functions from a service."""
    for template in templates.values():
        template["Resources"] = {
            logical_id: body
            for logical_id, body in template["Resources"].items()
            if body["Type"] != "AWS::Lambda::Permission"
            or body["Properties"]["Principal"] != f"{service}.amazonaws.com"
        }


def _no_trust(templates: Templates) -> None:
    for _, body in _resources(templates, "AWS::IAM::Role"):
        for statement in body["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            statement["Principal"] = {"Service": "ec2.amazonaws.com"}


def _another_table(templates: Templates) -> None:
    arn = "arn:aws:dynamodb:us-east-1:111122223333:table/unicorn-mgmt"
    _with(_role(templates, "feedback-rides"), "dynamodb:GetItem")["Resource"] = arn


def _another_variable(templates: Templates) -> None:
    _function(templates, "feedback-rides")["Properties"]["Environment"]["Variables"]["TABLE_NAME"] = "other"


def _another_partner(templates: Templates) -> None:
    for statement in _role(templates, "p-comet-quotes"):
        for keys in statement.get("Condition", {}).values():
            if "dynamodb:LeadingKeys" in keys:
                keys["dynamodb:LeadingKeys"] = "circuit#p-nimbus"


def _deny(templates: Templates) -> None:
    deny = {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}
    _role(templates, "ride-booking-outbox").append(deny)


def _another_source(templates: Templates) -> None:
    for statement in _role(templates, "ride-booking-outbox"):
        if "Condition" in statement:
            statement["Condition"]["ForAllValues:StringEquals"]["events:source"] = "wildrydes.feedback"


def _another_rule(templates: Templates) -> None:
    for _, body in _resources(templates, "AWS::SQS::QueuePolicy"):
        for statement in body["Properties"]["PolicyDocument"]["Statement"]:
            if "ArnEquals" in statement.get("Condition", {}):
                statement["Condition"]["ArnEquals"] = {"aws:SourceArn": "arn:aws:events:us-east-1:1:rule/x"}


def _prefix(templates: Templates) -> None:
    _with(_role(templates, "ride-booking-api"), "s3:ListBucket")["Condition"] = {
        "StringLike": {"s3:prefix": "rfqs/*"}
    }


@pytest.mark.parametrize(
    ("plant", "where", "why"),
    [
        pytest.param(
            lambda t: _take(t, "ride-booking-rides", "dynamodb:UpdateItem"),
            "ride-booking-rides: dynamodb.UpdateItem",
            "dynamodb:UpdateItem",
            id="a missing action",
        ),
        pytest.param(
            lambda t: _take(t, "feedback-api", "dynamodb:PutItem"),
            "feedback-api: dynamodb.TransactWriteItems",
            "dynamodb:PutItem",
            id="a missing action of a transaction",
        ),
        pytest.param(
            _another_table, "feedback-rides: dynamodb.GetItem", "dynamodb:GetItem", id="another table"
        ),
        pytest.param(_another_variable, "feedback-rides: dynamodb.GetItem", "table/other", id="a variable"),
        pytest.param(
            _another_partner,
            "p-comet-quotes: dynamodb.GetItem",
            "dynamodb:GetItem",
            id="items of another partner",
        ),
        pytest.param(
            _deny, "ride-booking-outbox: s3.PutObject", "denied by a statement", id="a Deny that hits"
        ),
        pytest.param(
            _another_source,
            "ride-booking-outbox: events.PutEvents",
            "events:PutEvents",
            id="a foreign source",
        ),
        pytest.param(
            _prefix, "ride-booking-api: s3.GetObject", "s3:ListBucket", id="a condition on no prefix"
        ),
        pytest.param(
            lambda t: _take(t, "ride-booking-closer", "sqs:ReceiveMessage"),
            "ridebookingcloserfunction",
            "sqs:ReceiveMessage",
            id="a queue that Lambda may not poll",
        ),
        pytest.param(
            lambda t: _take(t, "feedback-outbox", "dynamodb:GetRecords"),
            "feedbackoutboxfunction",
            "dynamodb:GetRecords",
            id="a stream that Lambda may not read",
        ),
        pytest.param(
            lambda t: _take(t, "unicorn-mgmt-ratings", "sqs:ChangeMessageVisibility"),
            "unicornmgmtratingsfunction",
            "sqs:ChangeMessageVisibility",
            id="a consumer that cannot back off",
        ),
        pytest.param(
            lambda t: _take(t, "feedback-receipts", "kms:Decrypt"),
            "feedbackreceiptsfunction",
            "kms:Decrypt",
            id="a key that its consumer may not use",
        ),
        pytest.param(
            lambda t: _take(t, "feedback-api", "logs:PutLogEvents"),
            "feedbackapifunction",
            "logs:PutLogEvents",
            id="a function that cannot log",
        ),
        pytest.param(
            lambda t: _let_nobody_in(t, "AWS::SQS::QueuePolicy", "events"),
            "ridebookingridesRule",
            "sqs:SendMessage",
            id="a rule that its queue lets not in",
        ),
        pytest.param(_another_rule, "ridebookingridesRule", "sqs:SendMessage", id="a queue for another rule"),
        pytest.param(
            lambda t: _let_nobody_in(t, "AWS::SQS::QueuePolicy", "sns"),
            "feedbacksmsrepliesQueue",
            "sqs:SendMessage",
            id="a topic that its queue lets not in",
        ),
        pytest.param(
            lambda t: _let_nobody_in(t, "AWS::KMS::Key", "sns"),
            "feedbacksmsrepliesQueue",
            "kms:GenerateDataKey",
            id="a topic without the key of its queue",
        ),
        pytest.param(
            lambda t: _let_nobody_in(t, "AWS::SNS::TopicPolicy", "cloudwatch"),
            "feedbackrideserrors",
            "sns:Publish",
            id="alarms that nobody hears",
        ),
        pytest.param(
            lambda t: _let_nobody_in(t, "AWS::SNS::TopicPolicy", "sms-voice"),
            "ConfigurationSet",
            "sns:Publish",
            id="receipts that nobody gets",
        ),
        pytest.param(
            lambda t: _drop_permissions(t, "events"),
            "EveryMinute",
            "lambda:InvokeFunction",
            id="a schedule that may not invoke",
        ),
        pytest.param(
            lambda t: _drop_permissions(t, "apigateway"),
            "rfqsocket",
            "lambda:InvokeFunction",
            id="a gateway that may not invoke",
        ),
        pytest.param(
            _no_trust, "feedbackapifunction", "sts:AssumeRole", id="a role that Lambda may not take on"
        ),
    ],
)
def test_what_aws_would_deny_is_found(
    aws: Assembly, plant: Callable[[Templates], None], where: str, why: str
) -> None:
    found = [each for each in _check(aws, plant) if each.rule == DENIED]
    assert any(where in each.where and why in each.why for each in found), found
    assert all(each.to_do.startswith("Allow it: Action ") for each in found)


def test_a_grant_that_nobody_uses_is_found(aws: Assembly) -> None:
    def plant(templates: Templates) -> None:
        statement = _with(_role(templates, "ride-booking-outbox"), "s3:PutObject")
        statement["Action"] = ["s3:PutObject", "s3:DeleteObject"]

    (found,) = _check(aws, plant)
    assert found.rule == UNUSED
    assert found.where.endswith("ride-booking-outbox")
    assert "s3:DeleteObject on arn:aws:s3:::" in found.why


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"NotAction": "s3:PutObject"}, "the element NotAction"),
        ({"Condition": {"NumericLessThan": {"s3:max-keys": "10"}}}, "the operator NumericLessThan"),
        ({"Resource": "arn:aws:s3:::a/${aws:username}"}, "the variable"),
        ({"Effect": "Maybe"}, "the effect Maybe"),
    ],
)
def test_what_is_not_understood_is_not_let_pass(aws: Assembly, change: Template, why: str) -> None:
    def plant(templates: Templates) -> None:
        _with(_role(templates, "ride-booking-outbox"), "s3:PutObject").update(change)

    (found,) = _check(aws, plant)
    assert found.rule == "permissions that cannot be proven"
    assert why in found.why


@pytest.mark.parametrize(
    ("calls", "why"),
    [
        ({"feedback-api": {"glacier.ListVaults": [{}]}}, "glacier.ListVaults"),
        ({"feedback-api": {"dynamodb.ExportTableToPointInTime": [{}]}}, "ExportTable"),
        ({"feedback-gone": {"dynamodb.GetItem": [{}]}}, "feedback-gone"),
        ({"feedback-api": {"dynamodb.Scan": [{"TableName": "{NO_TABLE}"}]}}, "{NO_TABLE}"),
    ],
)
def test_calls_that_nobody_knows_are_not_let_pass(aws: Assembly, calls: recording.Calls, why: str) -> None:
    (found,) = policies.check(aws, calls)
    assert found.rule == "permissions that cannot be proven"
    assert why in found.why


@pytest.mark.parametrize(
    ("change", "rule", "why", "to_do"),
    [
        ({"Action": "s3:*"}, "a wildcard", "it may s3:*", "Name the actions"),
        ({"Resource": "*"}, "a wildcard", "s3:PutObject on every resource", "Name the resource"),
        ({"Action": "s3:PutObjects"}, "an action that does not exist", "s3:PutObjects", "PutObject is one."),
        ({"Action": "dynamo:GetItem"}, "an action that does not exist", "dynamo:GetItem", "Look it up"),
        (
            {"Resource": "arn:aws:sqs:us-east-1:111122223333:a"},
            "a grant that can never match",
            "s3:PutObject is never asked for on arn:aws:sqs",
            "It is for",
        ),
        (
            {"Condition": {"StringLike": {"s3:prefix": "rfqs/*"}}},
            "a condition that never holds",
            "no request for s3:PutObject has s3:prefix",
            "Take it away",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_statements_that_make_no_sense_are_found(
    aws: Assembly, change: Template, rule: str, why: str, to_do: str
) -> None:
    def plant(templates: Templates) -> None:
        _with(_role(templates, "ride-booking-outbox"), "s3:PutObject").update(change)

    found = list(grants.check(_planted(aws, plant)))
    assert [(each.rule, why in each.why, to_do in each.to_do) for each in found] == [(rule, True, True)]


def _planted(aws: Assembly, plant: Callable[[Templates], None]) -> Assembly:
    templates = copy.deepcopy(aws.templates)
    plant(templates)
    return Assembly(aws.directory, templates)


def _check(aws: Assembly, plant: Callable[[Templates], None]) -> list[Finding]:
    return list(policies.check(_planted(aws, plant)))
