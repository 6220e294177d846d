"""Dashboards show what the stacks have: a queue, a function or an API that is added appears by itself."""

import json
import re
from typing import Any

import pytest

from infra.assembly import Assembly
from infra.stacks import operations
from tests.support.pages import PUT_BY, functions

SERVICES = {
    "ride-booking": "WildRydesRideBooking",
    "unicorn-mgmt": "WildRydesUnicornMgmt",
    "feedback": "WildRydesFeedback",
}


def widgets(aws: Assembly, name: str) -> list[dict[str, Any]]:
    board = aws.named("AWS::CloudWatch::Dashboard", "DashboardName")[name]
    body = json.loads(aws.text(board.stack, board.properties["DashboardBody"]))
    return list(body["widgets"])


def titles(found: list[dict[str, Any]]) -> list[str]:
    return [each["properties"].get("title") or each["properties"]["markdown"] for each in found]


def by_title(found: list[dict[str, Any]], title: str) -> dict[str, Any]:
    [widget] = [each for each in found if each["properties"].get("title") == title]
    return dict(widget["properties"])


def shown(widget: dict[str, Any], key: str) -> set[str]:
    """The queues, functions or others that a graph has a line for. `...` stands for what the line before has."""
    return {line[line.index(key) + 1] for line in widget["metrics"] if key in line} | {
        line[-2] if isinstance(line[-1], dict) else line[-1] for line in widget["metrics"] if key not in line
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_dashboard_has_each_of_its_queues_functions_and_apis(aws: Assembly, service: str) -> None:
    found, stack = widgets(aws, f"wild-rydes-{service}"), SERVICES[service]

    def names(type_: str, key: str) -> set[str]:
        return {aws.text(stack, each.properties[key]) for each in aws.all(type_) if each.stack == stack}

    queues = names("AWS::SQS::Queue", "QueueName")
    given_up = {name for name in queues if name.endswith(("-dlq", "-parking"))}
    assert shown(by_title(found, "Messages given up (parked, dead letters)"), "QueueName") == given_up
    waiting = by_title(found, "Seconds that the oldest message of a queue has waited")
    assert shown(waiting, "QueueName") == queues - given_up
    functions = names("AWS::Lambda::Function", "FunctionName") - {*PUT_BY}
    for title in ("Crashes, time-outs, out of memory", "Milliseconds that an invocation takes, p99"):
        assert shown(by_title(found, title), "FunctionName") == functions
    text = "\n".join(titles(found))
    for api in names("AWS::ApiGatewayV2::Api", "Name"):
        assert f"{api}: " in text


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_dashboard_lists_all_alarms_that_wake_somebody(aws: Assembly, service: str) -> None:
    stack = SERVICES[service]
    waking = [
        alarm
        for type_ in ("Alarm", "CompositeAlarm")
        for alarm in aws.all(f"AWS::CloudWatch::{type_}")
        if alarm.stack == stack and alarm.properties.get("AlarmActions")
    ]
    listed = [
        arn
        for each in widgets(aws, f"wild-rydes-{service}")
        if each["type"] == "alarm"
        for arn in each["properties"]["alarms"]
    ]
    assert len(set(listed)) == len(waking)


@pytest.mark.parametrize("name", ["wild-rydes", *(f"wild-rydes-{service}" for service in SERVICES)])
def test_dashboards_read_from_symptoms_to_causes_and_overlap_nowhere(aws: Assembly, name: str) -> None:
    found = widgets(aws, name)
    headings = [each["properties"]["markdown"] for each in found if each["type"] == "text"]
    assert "is it ill?" in headings[0]
    assert headings[1:] == ["## What customers notice", "## Where work waits, or is given up", "## Causes"]
    assert found[1]["type"] == "alarm"
    taken: set[tuple[int, int]] = set()
    for each in found:
        cells = {
            (x, y)
            for x in range(each["x"], each["x"] + each["width"])
            for y in range(each["y"], each["y"] + each["height"])
        }
        assert not cells & taken, each["properties"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len(titles(found)) == len(set(titles(found)))


def test_dashboards_read_logs_that_there_are_and_no_more_than_a_query_may(aws: Assembly) -> None:
    groups = {
        aws.text(each.stack, each.properties["LogGroupName"]) for each in aws.all("AWS::Logs::LogGroup")
    }
    for board in aws.named("AWS::CloudWatch::Dashboard", "DashboardName"):
        for each in widgets(aws, board):
            if each["type"] == "log":
                read = re.findall(r"SOURCE '([^']+)'", each["properties"]["query"])
                assert 0 < len(read) <= 50
                assert set(read) <= groups, each["properties"]["title"]


def test_the_whole_systems_stack_knows_every_function_by_its_name(aws: Assembly) -> None:
    """It is deployed alone, so nobody else can tell it. A function that is missing here is missing in its queries."""
    deployed = {*functions(aws)}
    known = {
        name for service in operations.FUNCTIONS for name in operations.functions_of(service, simulated=True)
    }
    assert known == deployed
    traces = [
        each.properties["LogGroupNames"]
        for each in aws.all("AWS::Logs::QueryDefinition")
        if each.properties["Name"].startswith("wild-rydes/trace")
    ]
    assert all(len(groups) <= 50 for groups in traces), "a query reads no more"
    assert {group.removeprefix("/aws/lambda/") for groups in traces for group in groups} == deployed
    apis = {aws.text(each.stack, each.properties["LogGroupName"]) for each in aws.all("AWS::Logs::LogGroup")}
    assert {f"/aws/apigateway/{api}" for api in operations.APIS} <= apis


def test_searches_find_the_metrics_of_one_environment(prod: Assembly) -> None:
    board = prod.named("AWS::CloudWatch::Dashboard", "DashboardName")["prod-wild-rydes"]
    expressions = re.findall(r"SEARCH\('([^']+)'", prod.text(board.stack, board.properties["DashboardBody"]))
    assert len(expressions) > 5
    for expression in expressions:
        assert re.search(r"(QueueName|FunctionName|TableName)=prod\b", expression), expression
