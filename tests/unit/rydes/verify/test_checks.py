"""What is said of each kind of resource when something is wrong with it, and that nothing is said when all is well."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.rydes.cloud.aws import Account
from infra.rydes.verify.checks import data, doors, functions, messages, schemas
from infra.rydes.verify.promise import Flaw, State
from infra.rydes.verify.stacks import Resource
from tests.support.fake_account import FakeAccount

Check = Callable[[Account, Resource], Iterator[Flaw]]


def promised(id_: str, **properties: Any) -> Resource:
    return Resource("stack", "service", "Logical", "AWS::Some::Thing", id_, properties)


def said(check: Check, resource: Resource, answers: dict[str, Any]) -> list[str]:
    return [flaw.what for flaw in check(FakeAccount(answers), resource)]


ROLE = "arn:aws:iam::1:role/r"
FUNCTION = promised("api", Role=ROLE, Handler="m.handler", Environment={"Variables": {"TABLE_NAME": "t"}})
RUNNING = {
    "State": "Active",
    "LastUpdateStatus": "Successful",
    "Role": ROLE,
    "Handler": "m.handler",
    "Environment": {"Variables": {"TABLE_NAME": "t", "MORE": "x"}},
}


@pytest.mark.parametrize(
    ("found", "reserved", "words"),
    [
        ({}, None, []),
        ({}, 5, []),
        ({}, 0, ["is switched off: its reserved concurrency is 0"]),
        ({"State": "Inactive", "StateReason": "idle"}, None, ["is Inactive: idle"]),
        (
            {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no role"},
            None,
            ["could not be updated: no role"],
        ),
        ({"Role": "other"}, None, ["has another role: other"]),
        ({"Environment": {"Variables": {}}}, None, ["lacks the variables TABLE_NAME"]),
        (
            {"Environment": {"Variables": {"TABLE_NAME": "nonsense"}}},
            None,
            ["has other values of the variables TABLE_NAME"],
        ),
    ],
)
def test_a_function(found: dict[str, Any], reserved: int | None, words: list[str]) -> None:
    concurrency = {} if reserved is None else {"ReservedConcurrentExecutions": reserved}
    answers = {
        "lambda.get_function_configuration": RUNNING | found,
        "lambda.get_function_concurrency": concurrency,
    }
    assert said(functions.function, FUNCTION, answers) == words


PERMISSION = promised(
    "p",
    FunctionName="arn:aws:lambda:eu-west-1:1:function:api:live",
    Principal="apigateway.amazonaws.com",
    SourceArn="arn:aws:execute-api:eu-west-1:1:abc/*",
)


def statement(source: str | None, service: str = "apigateway.amazonaws.com") -> dict[str, Any]:
    conditions = {"ArnLike": {"AWS:SourceArn": source}} if source else {}
    return {"Effect": "Allow", "Principal": {"Service": service}, "Condition": conditions}


@pytest.mark.parametrize(
    ("statements", "sound"),
    [
        ([statement("arn:aws:execute-api:eu-west-1:1:abc/*")], True),
        ([statement("arn:aws:execute-api:eu-west-1:1:other/*")], False),
        ([statement("arn:aws:execute-api:eu-west-1:1:abc/*", "events.amazonaws.com")], False),
        ([statement(None)], False),
        ([], False),
    ],
)
def test_a_permission(statements: list[Any], sound: bool) -> None:
    answers = {"lambda.get_policy": {"Policy": json.dumps({"Statement": statements})}}
    missing = ["of apigateway.amazonaws.com to invoke api is missing"]
    assert said(functions.permission, PERMISSION, answers) == ([] if sound else missing)


FILTERS = {"Filters": [{"Pattern": '{"eventName": ["INSERT"], "a": 1}'}]}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"State": "Enabled"}, []),
        ({"State": "Updating"}, []),
        ({"State": "Disabled"}, ["is disabled"]),
        ({"State": "Enabled", "FilterCriteria": {}}, ["has other filters than its stack"]),
        (
            {"State": "Enabled", "LastProcessingResult": "PROBLEM: Function call failed"},
            ["has a problem: PROBLEM: Function call failed"],
        ),
    ],
)
def test_a_mapping(found: dict[str, Any], words: list[str]) -> None:
    as_aws_writes_it = {"Filters": [{"Pattern": '{"a":1,"eventName":["INSERT"]}'}]}
    answers = {"lambda.get_event_source_mapping": {"FilterCriteria": as_aws_writes_it} | found}
    assert said(functions.mapping, promised("uuid", FilterCriteria=FILTERS), answers) == words


TABLE = "arn:aws:dynamodb:eu-west-1:1:table/t"
WANTED = {
    "Statement": [
        {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Resource": TABLE},
        {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": f"{TABLE}/index/*"},
        {"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "arn:dlq"},
    ]
}


def allowing(*actions: str, resource: str = TABLE) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


QUERY = allowing("dynamodb:Query", resource=f"{TABLE}/index/by-cell")


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ([allowing("dynamodb:PutItem", "dynamodb:GetItem"), QUERY], []),
        ([allowing("dynamodb:GetItem"), allowing("dynamodb:PutItem"), QUERY], []),
        ([allowing("dynamodb:GetItem"), QUERY], [f"allows no dynamodb:PutItem on {TABLE}"]),
        (
            [allowing("dynamodb:GetItem", "dynamodb:PutItem")],
            [f"allows no dynamodb:Query on {TABLE}/index/*"],
        ),
        (
            [allowing("dynamodb:GetItem", "dynamodb:PutItem", resource="arn:other"), QUERY],
            [f"allows no dynamodb:GetItem on {TABLE}", f"allows no dynamodb:PutItem on {TABLE}"],
        ),
    ],
)
def test_a_policy(statements: list[Any], words: list[str]) -> None:
    wanted = promised("p", PolicyName="p", Roles=["r"], PolicyDocument=WANTED)
    answers = {"iam.get_role_policy": {"PolicyDocument": {"Statement": statements}}}
    assert said(functions.policy, wanted, answers) == words


@pytest.mark.parametrize(("attached", "words"), [(["Logs"], []), ([], ["lacks the policy Logs"])])
def test_a_role(attached: list[str], words: list[str]) -> None:
    wanted = promised("r", ManagedPolicyArns=["arn:aws:iam::aws:policy/service-role/Logs"])
    answers = {
        "iam.get_role": {},
        "iam.list_attached_role_policies": {"AttachedPolicies": [{"PolicyName": name} for name in attached]},
    }
    assert said(functions.role, wanted, answers) == words


DLQ = "arn:aws:sqs:eu-west-1:1:inbox-dlq"
QUEUE = promised(
    "url", VisibilityTimeout=9, RedrivePolicy={"deadLetterTargetArn": DLQ, "maxReceiveCount": 500}
)


def redrive(arn: str, count: int) -> dict[str, str]:
    return {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": count})}


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        (redrive(DLQ, 500), []),
        (redrive(DLQ, 3), ["gives a message up after 3 receipts"]),
        (redrive("arn:other", 500), ["does not hand what fails to its dead-letter queue"]),
        ({}, ["does not hand what fails to its dead-letter queue"]),
        (redrive(DLQ, 500) | {"VisibilityTimeout": "30"}, ["hides messages for 30 s instead of 9 s"]),
    ],
)
def test_a_queue(attributes: dict[str, str], words: list[str]) -> None:
    answers = {"sqs.get_queue_attributes": {"Attributes": {"VisibilityTimeout": "9"} | attributes}}
    assert said(messages.queue, QUEUE, answers) == words


@pytest.mark.parametrize(
    ("service", "words"),
    [("events.amazonaws.com", []), ("sns.amazonaws.com", ["lets nobody sqs:SendMessage to inbox"])],
)
def test_a_queue_policy(service: str, words: list[str]) -> None:
    def policy(of: str) -> dict[str, Any]:
        principal = {"Principal": {"Service": of}}
        return {"Statement": [allowing("sqs:SendMessage", resource="arn:inbox") | principal]}

    wanted = promised("p", Queues=["https://sqs/1/inbox"], PolicyDocument=policy("events.amazonaws.com"))
    answers = {"sqs.get_queue_attributes": {"Attributes": {"Policy": json.dumps(policy(service))}}}
    assert said(messages.queue_policy, wanted, answers) == words


RULE = promised(
    "dev-wild-rydes|inbox",
    Name="inbox",
    EventBusName="dev-wild-rydes",
    EventPattern={"source": ["wildrydes.ride-booking"]},
    Targets=[{"Arn": "arn:aws:sqs:eu-west-1:1:inbox"}],
)


@pytest.mark.parametrize(
    ("state", "source", "target", "words"),
    [
        ("ENABLED", "wildrydes.ride-booking", "arn:aws:sqs:eu-west-1:1:inbox", []),
        ("DISABLED", "wildrydes.ride-booking", "arn:aws:sqs:eu-west-1:1:inbox", ["is disabled"]),
        (
            "ENABLED",
            "wildrydes.else",
            "arn:aws:sqs:eu-west-1:1:inbox",
            ["lets other events through than its stack wants"],
        ),
        ("ENABLED", "wildrydes.ride-booking", "arn:aws:sqs:eu-west-1:1:other", ["has lost its target inbox"]),
    ],
)
def test_a_rule(state: str, source: str, target: str, words: list[str]) -> None:
    answers = {
        "events.describe_rule": {"State": state, "EventPattern": json.dumps({"source": [source]})},
        "events.list_targets_by_rule": {"Targets": [{"Arn": target}]},
    }
    assert said(messages.rule, RULE, answers) == words


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({}, []),
        ({"TableStatus": "UPDATING"}, ["is updating"]),
        ({"StreamSpecification": {}}, ["has no stream: nothing that is written is announced"]),
        ({"GlobalSecondaryIndexes": []}, ["has an index by-cell that is missing"]),
        (
            {"GlobalSecondaryIndexes": [{"IndexName": "by-cell", "IndexStatus": "CREATING"}]},
            ["has an index by-cell that is creating"],
        ),
    ],
)
def test_a_table(found: dict[str, Any], words: list[str]) -> None:
    whole = {
        "TableStatus": "ACTIVE",
        "StreamSpecification": {"StreamEnabled": True},
        "GlobalSecondaryIndexes": [{"IndexName": "by-cell", "IndexStatus": "ACTIVE"}],
    }
    wanted = promised("t", StreamSpecification={}, GlobalSecondaryIndexes=[{"IndexName": "by-cell"}])
    assert said(data.table, wanted, {"dynamodb.describe_table": {"Table": whole | found}}) == words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("wild-rydes/partners/p-comet", '{"base_url": "https://comet.example"}', []),
        ("wild-rydes/partners/p-comet", "kJ3h4", ["is not filled in: this partner is not asked"]),
        ("wild-rydes/partners/p-comet", "[]", ["is not filled in: this partner is not asked"]),
        ("wild-rydes/number", "kJ3h4", []),
    ],
)
def test_a_secret_of_a_partner_is_to_be_filled_in(name: str, value: str, words: list[str]) -> None:
    answers = {
        "secretsmanager.describe_secret": {},
        "secretsmanager.get_secret_value": {"SecretString": value},
    }
    flaws = list(data.secret(FakeAccount(answers), promised("arn", Name=name)))
    assert [flaw.what for flaw in flaws] == words
    assert all(flaw.state is State.RISKY for flaw in flaws)
    assert not any(value in flaw.what + flaw.to_do for flaw in flaws)


def test_a_secret_that_is_being_deleted() -> None:
    answers = {"secretsmanager.describe_secret": {"DeletedDate": "today"}}
    assert said(data.secret, promised("arn"), answers) == ["is being deleted"]


@pytest.mark.parametrize(
    ("found", "words"), [("dev-wild-rydes", []), ("wild-rydes", ["has another value: wild-rydes"])]
)
def test_a_parameter(found: str, words: list[str]) -> None:
    wanted = promised("/bus-name", Name="/bus-name", Value="dev-wild-rydes")
    assert said(data.parameter, wanted, {"ssm.get_parameter": {"Parameter": {"Value": found}}}) == words


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([{"logGroupName": "/aws/lambda/api", "retentionInDays": 30}], []),
        ([{"logGroupName": "/aws/lambda/api-2"}], ["is missing: nobody can read what went wrong"]),
        ([{"logGroupName": "/aws/lambda/api"}], ["keeps lines for ever"]),
    ],
)
def test_a_log_group(groups: list[Any], words: list[str]) -> None:
    wanted = promised("/aws/lambda/api", RetentionInDays=30)
    assert said(data.log_group, wanted, {"logs.describe_log_groups": {"logGroups": groups}}) == words


def test_a_client_that_lost_a_way_to_sign_in() -> None:
    wanted = promised("app", UserPoolId="pool", ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])
    found = {"UserPoolClient": {"ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"]}}
    answers = {"cognito-idp.describe_user_pool_client": found}
    assert said(doors.user_pool_client, wanted, answers) == ["does not take ALLOW_USER_SRP_AUTH"]


@pytest.mark.parametrize(
    ("routes", "words"),
    [
        ([{"RouteKey": "$connect", "Target": "integrations/1"}], []),
        ([{"RouteKey": "$connect"}], ["leads nowhere"]),
        ([{"RouteKey": "$connect", "Target": "integrations/gone"}], ["leads nowhere"]),
        (
            [{"RouteKey": "$connect", "Target": "integrations/1", "AuthorizationType": "CUSTOM"}],
            ["lets callers in by CUSTOM, and not by NONE"],
        ),
        ([{"RouteKey": "$default", "Target": "integrations/1"}], ["is missing"]),
    ],
)
def test_a_route(routes: list[Any], words: list[str]) -> None:
    wanted = promised("r", ApiId="api", RouteKey="$connect")
    answers = {
        "apigatewayv2.get_routes": {"Items": routes},
        "apigatewayv2.get_integrations": {"Items": [{"IntegrationId": "1"}]},
    }
    assert said(doors.route, wanted, answers) == words


def test_alarms_are_read_a_hundred_at_a_time() -> None:
    def describe(AlarmNames: list[str], AlarmTypes: list[str], MaxRecords: int) -> dict[str, Any]:  # noqa: N803
        assert len(AlarmNames) <= MaxRecords <= 100
        assert AlarmTypes == ["MetricAlarm", "CompositeAlarm"]
        sound = {
            "ActionsEnabled": True,
            "AlarmActions": ["arn"],
            "StateValue": "OK",
            "AlarmDescription": "why",
        }
        wrong: dict[str, dict[str, Any]] = {
            "a7": {"ActionsEnabled": False},
            "a8": {"AlarmActions": []},
            "a10": {"AlarmActions": [], "StateValue": "ALARM"},
            "a149": {"StateValue": "ALARM"},
        }
        names = [name for name in AlarmNames if name != "a9"]
        found = [{"AlarmName": name, **sound, **wrong.get(name, {})} for name in names]
        return {"MetricAlarms": found[:50], "CompositeAlarms": found[50:]}

    account = FakeAccount({"cloudwatch.describe_alarms": describe})
    # The tenth is part of a composite alarm, which tells.
    alarms = [promised(f"a{n}", **({} if n == 10 else {"AlarmActions": ["arn"]})) for n in range(150)]
    found = list(doors.alarms(account, alarms))
    assert [(each.id, flaw.what, flaw.state) for each, flaw in found] == [
        ("a7", "tells nobody", State.RISKY),
        ("a8", "tells nobody", State.RISKY),
        ("a9", "is missing", State.BROKEN),
        ("a149", "goes off: why", State.RISKY),
    ]
    assert len(account.calls) == 2


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({}, []),
        ({"Content": '{ "title": "RideCompleted" }'}, []),
        ({"Content": '{"title": "RideBooked"}'}, ["says something else than its stack wants"]),
        ({"Type": "JSONSchemaDraft4"}, ["says something else than its stack wants"]),
    ],
)
def test_a_schema(found: dict[str, Any], words: list[str]) -> None:
    content = {"Type": "OpenApi3", "Content": '{"title":"RideCompleted"}'}
    promise = promised(
        "arn", RegistryName="wild-rydes", SchemaName="wildrydes.unicorn-mgmt@RideCompleted-v1", **content
    )
    assert said(schemas.schema, promise, {"schemas.describe_schema": {**content, **found}}) == words
