"""The arithmetic of the cost bench: what a unit is, and what it costs."""

from pathlib import Path
from typing import Any

import pytest

from infra.assembly import Assembly
from tests.bench.cost import fixed, prices
from tests.bench.cost import rest_of_the_bill as rest
from tests.bench.cost.meter import api_calls, convention, whole
from tests.bench.cost.prices import ARCHIVE, DURATION, HTTP, KEPT, LOG, REST
from tests.bench.cost.recorder import Call


def test_the_labs_convention_bills_50_ms_of_256_mb_and_the_whole_bill_what_was_measured() -> None:
    units = api_calls(2, HTTP)
    units.add({DURATION: 0.01, LOG: 2})
    assert convention(units, 1) == pytest.approx(2 * (1.00 + 0.20 + 0.1667), abs=0.001)
    assert whole(units, 1) == pytest.approx(2 * 1.20 + 0.133 + 2 * 0.5045, abs=0.001)
    assert convention(api_calls(2, REST), 1) - convention(api_calls(2, HTTP), 1) == pytest.approx(5)


def test_an_invocation_is_billed_by_begun_milliseconds_of_its_share_of_a_core_and_of_what_it_waits_for() -> (
    None
):
    half_a_core = rest.Worked(2, cpu_ms=8, memory_mib=1769 // 2, calls=["GetItem", "PutItem"] * 2)
    busy = 8 / 2 * 2  # half a core takes twice as long
    assert busy + 4 + 6 < half_a_core.milliseconds < busy + 5 + 7 + 1 + rest.COLD * 700
    [duration] = rest.worked([half_a_core, rest.Worked(0, 0, 256, ())]).values()
    assert duration == pytest.approx(2 * half_a_core.milliseconds / 1000 * (1769 // 2) / 1024)


def test_a_log_line_is_billed_by_its_bytes_and_what_cloudwatch_adds() -> None:
    assert rest.logged(["é" * 10, "x"])[LOG] == pytest.approx((20 + 26 + 1 + 26) / 1000)
    lines = [
        '{"function_request_id":"a","x":1}',
        '{"function_request_id":"a"}',
        '{"function_request_id": "b"}',
        "{}",
    ]
    assert rest.invocations(lines) == 2


def test_what_is_archived_are_the_events_and_their_envelopes() -> None:
    call = Call("AWSEvents", "PutEvents", {"Entries": [{"Detail": "x" * 650}] * 2}, {}, ok=True)
    other = Call("AmazonSQS", "SendMessage", {"MessageBody": "x" * 9000}, {}, ok=True)
    assert rest.archived([call, other])[ARCHIVE] == 2.0


def test_an_item_is_kept_until_it_expires_as_it_was_written_last() -> None:
    def record(name: str, expires_in_hours: int | None) -> dict[str, Any]:
        item = {"id": {"S": "rfq-1"}, "text": {"S": name}}
        expiry = {} if expires_in_hours is None else {"expires_at": {"N": str(expires_in_hours * 3600)}}
        return {
            "eventSourceARN": "arn:table/t",
            "dynamodb": {"Keys": {"id": {"S": "rfq-1"}}, "NewImage": {**item, **expiry}},
        }

    units = rest.kept([record("x" * 5000, 730), record("x" * 870, 365)], now=0)
    assert units[KEPT] == pytest.approx((100 + 870 + 30) / 1000 / 2, abs=0.01)
    assert rest.kept([record("for ever", None)], now=0)[KEPT] == 0


def _assembly(**resources: dict[str, Any]) -> Assembly:
    bodies = {
        name: {"Type": body["Type"], "Properties": {k: v for k, v in body.items() if k != "Type"}}
        for name, body in resources.items()
    }
    return Assembly(Path(), {"stack": {"Resources": bodies}})


def _alarm(name: str, namespace: str = "AWS/Lambda", **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::CloudWatch::Alarm", "MetricName": name, "Namespace": namespace, **more}


def test_fixed_costs_are_counted_from_the_templates() -> None:
    rate = {
        "Type": "AWS::CloudWatch::Alarm",
        "Metrics": [
            {"Id": "e", "Expression": "a / b"},
            *({"MetricStat": {"Metric": {"MetricName": name, "Namespace": "Ours"}}} for name in ("A", "B")),
        ],
    }
    assembly = _assembly(
        errors=_alarm("Errors"),
        refused=_alarm("Refused", "Ours"),
        rate=rate,
        queue={"Type": "AWS::Lambda::EventSourceMapping"},
        stream={"Type": "AWS::Lambda::EventSourceMapping", "BisectBatchOnFunctionError": True},
        secret={"Type": "AWS::SecretsManager::Secret"},
        pcometsecret={"Type": "AWS::SecretsManager::Secret"},
        minute={"Type": "AWS::Events::Rule", "ScheduleExpression": "rate(1 minute)"},
        pattern={"Type": "AWS::Events::Rule", "EventPattern": {}},
        acl={"Type": "AWS::WAFv2::WebACL", "Rules": [{}, {}]},
    )
    counted = {item.what: item.count for item in fixed.environment(assembly)}
    assert counted == {
        "metrics of alarms": 4,
        "metrics that are written every hour": 2,
        "metrics that trouble writes": 1,
        "queues that functions poll": 1,
        "secrets": 1,
        "functions that run every minute": 1,
        "web ACLs, and their rules": 7,
    }
    assert [(item.what, item.dollars) for item in fixed.partner(assembly)] == [("secrets", prices.SECRET)]


def test_a_queue_that_nobody_fills_is_polled_three_times_a_minute_by_five() -> None:
    assert pytest.approx(0.26, abs=0.005) == prices.IDLE_QUEUE
