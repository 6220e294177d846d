"""Whatever invokes a function invokes its alias, which takes a new version with care in prod."""

import json

from infra.assembly import Assembly
from tests.support.pages import functions


def test_a_new_version_gets_few_calls_in_prod_until_its_alarm_had_time(prod: Assembly, aws: Assembly) -> None:
    groups = [*prod.all("AWS::CodeDeploy::DeploymentGroup")]
    aliases = [*prod.all("AWS::Lambda::Alias")]
    assert len(groups) == len(aliases) == len(functions(prod))
    for group in groups:
        assert group.properties["DeploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
        rollback = group.properties["AutoRollbackConfiguration"]
        assert rollback == {"Enabled": True, "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]}
    watched = {}
    for alias in aliases:
        update = alias.body["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        resources = prod.templates[alias.stack]["Resources"]
        group = resources[update["DeploymentGroupName"]["Ref"]]["Properties"]
        [alarm] = group["AlarmConfiguration"]["Alarms"]
        metric = resources[alarm["Name"]["Ref"]]["Properties"]
        [dimension] = metric["Dimensions"]
        watched[prod.text(alias.stack, {"Ref": alias.logical_id})] = (
            metric["MetricName"],
            metric["Period"],
            prod.text(alias.stack, dimension["Value"]),
        )
    assert watched == {name: ("Errors", 60, name) for name in functions(prod)}
    assert [*aws.all("AWS::CodeDeploy::DeploymentGroup")] == []
    assert not any("UpdatePolicy" in alias.body for alias in aws.all("AWS::Lambda::Alias"))


def test_whatever_invokes_a_function_invokes_its_alias(prod: Assembly) -> None:
    """What went to the function itself would take a new version whole, and no snapshot."""
    ours = {(r.stack, r.logical_id) for r in functions(prod).values()}
    own = (
        "AWS::Lambda::Alias",
        "AWS::Lambda::Version",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
    )
    for stack, template in prod.templates.items():
        invoking = {
            logical_id: json.dumps(body["Properties"])
            for logical_id, body in template["Resources"].items()
            if body["Type"] not in own
        }
        for name in (name for of, name in ours if of == stack):
            direct = [each for each, text in invoking.items() if f'"{name}"' in text]
            assert direct == []
    assert len([*prod.all("AWS::Lambda::Alias")]) == len(ours)


def test_only_the_aliases_of_apis_are_served_from_a_snapshot(aws: Assembly) -> None:
    snapshots = {
        name
        for name, function in aws.named("AWS::Lambda::Function", "FunctionName").items()
        if function.properties.get("SnapStart") == {"ApplyOn": "PublishedVersions"}
    }
    assert snapshots == {
        "ride-booking-api",
        "ride-booking-machine-api",
        "unicorn-mgmt-api",
        "unicorn-mgmt-jobs-api",
        "feedback-api",
    }
