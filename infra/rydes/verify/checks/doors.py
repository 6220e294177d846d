"""The user pool, the APIs and the alarms: what people outside the account meet."""

from collections.abc import Iterator, Sequence
from typing import Any

from infra.rydes.cloud.aws import Account
from infra.rydes.verify.promise import REDEPLOY, Flaw, State
from infra.rydes.verify.stacks import Resource

_ALARMS_A_CALL = 100  # the most that CloudWatch takes


def user_pool(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Exists."""
    account.client("cognito-idp").describe_user_pool(UserPoolId=promised.id)
    yield from ()


def user_pool_client(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Lets users sign in by the protocols that the stack has allowed."""
    found = account.client("cognito-idp").describe_user_pool_client(
        UserPoolId=promised.properties["UserPoolId"], ClientId=promised.id
    )["UserPoolClient"]
    flows = set(promised.properties.get("ExplicitAuthFlows", []))
    if gone := flows - set(found.get("ExplicitAuthFlows", [])):
        yield Flaw(f"does not take {', '.join(sorted(gone))}", REDEPLOY)


def group(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Exists."""
    account.client("cognito-idp").get_group(
        UserPoolId=promised.properties["UserPoolId"], GroupName=promised.properties["GroupName"]
    )
    yield from ()


def api(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Exists."""
    account.client("apigatewayv2").get_api(ApiId=promised.id)
    yield from ()


def stage(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Exists."""
    wanted = promised.properties
    account.client("apigatewayv2").get_stage(ApiId=wanted["ApiId"], StageName=wanted["StageName"])
    yield from ()


def route(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Is there, and leads somewhere."""
    wanted = promised.properties
    routes = account.client("apigatewayv2").get_routes(ApiId=wanted["ApiId"])["Items"]
    found = next((each for each in routes if each["RouteKey"] == wanted["RouteKey"]), None)
    if found is None:
        yield Flaw("is missing", REDEPLOY)
        return
    target = str(found.get("Target", "")).removeprefix("integrations/")
    integrations = account.client("apigatewayv2").get_integrations(ApiId=wanted["ApiId"])["Items"]
    if target not in {each["IntegrationId"] for each in integrations}:
        yield Flaw("leads nowhere", REDEPLOY)
    asked, promised_type = found.get("AuthorizationType", "NONE"), wanted.get("AuthorizationType", "NONE")
    if asked != promised_type:
        yield Flaw(f"lets callers in by {asked}, and not by {promised_type}", REDEPLOY)


def alarms(account: Account, promised: Sequence[Resource]) -> Iterator[tuple[Resource, Flaw]]:
    """Watch, and tell the alarm topic. Many are read with one call: AWS allows few."""
    client = account.client("cloudwatch")
    found: dict[str, Any] = {}
    for start in range(0, len(promised), _ALARMS_A_CALL):
        names = [each.id for each in promised[start : start + _ALARMS_A_CALL]]
        answer = client.describe_alarms(
            AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=_ALARMS_A_CALL
        )
        both = [*answer["MetricAlarms"], *answer.get("CompositeAlarms", [])]
        found |= {each["AlarmName"]: each for each in both}
    for each in promised:
        alarm = found.get(each.id)
        if alarm is None:
            yield each, Flaw("is missing", REDEPLOY)
        elif "AlarmActions" not in each.properties:
            continue  # a part of a composite alarm, which tells
        elif not (alarm["ActionsEnabled"] and alarm["AlarmActions"]):
            to_do = f"aws cloudwatch enable-alarm-actions --alarm-names {each.id}"
            yield each, Flaw("tells nobody", to_do, State.RISKY)
        elif alarm["StateValue"] == "ALARM":
            yield each, Flaw(f"goes off: {alarm['AlarmDescription']}", "docs/runbook.md", State.RISKY)
