"""Alarms are read at night: each says in a few sentences what happens and where the runbook goes on."""

import io
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aws_lambda_powertools import Logger

from infra import roster
from infra.assembly import Assembly
from infra.questions import CALL
from infra.stacks.unicorn_mgmt_partners import QUERIES
from unicorn_mgmt.adapters.partners.call_log import TROUBLE, CallLog
from wild_rydes_runtime.entrypoint import entrypoint

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"


def test_every_alarm_is_described_and_names_its_entry_in_the_runbook(aws: Assembly) -> None:
    runbook = RUNBOOK.read_text()
    descriptions = [
        alarm.properties["AlarmDescription"]
        for type_ in ("Alarm", "CompositeAlarm")
        for alarm in aws.all(f"AWS::CloudWatch::{type_}")
    ]
    assert len(descriptions) > 100
    for description in descriptions:
        found = re.fullmatch(r"(.+\.) Runbook: (\S+)\.", description)
        assert found, description
        assert len(found[1]) > 60, description
        assert f"{found[2]}`" in runbook, description


def test_each_partners_circuit_rings_when_it_cannot_be_reached_and_when_it_was_repaired(
    aws: Assembly,
) -> None:
    """The names are those of `LogAndCount`, whose test has them, too."""
    watched = {
        (alarm.properties["MetricName"], dimension["Value"])
        for alarm in aws.all("AWS::CloudWatch::Alarm")
        for dimension in alarm.properties.get("Dimensions", [])  # one of several metrics has its own
        if dimension["Name"] == "circuit"
    }
    assert watched == {
        (name, partner)
        for name in ("CircuitStoreUnavailable", "CircuitRepaired")
        for partner in roster.partners()
    }


def test_calls_to_partners_are_counted_where_an_alarm_goes_by_them_and_nowhere_else(aws: Assembly) -> None:
    watched = set()
    for alarm in aws.all("AWS::CloudWatch::Alarm"):
        if alarm.properties.get("MetricName") == "PartnerCall":
            of = {dimension["Name"]: dimension["Value"] for dimension in alarm.properties["Dimensions"]}
            watched.add((of["operation"], of["outcome"]))
    assert watched == TROUBLE


def test_the_saved_query_reads_the_record_of_a_call_in_the_line_that_a_function_writes() -> None:
    text = io.StringIO()
    logger = Logger(service="test-call-log", stream=text)
    calls = CallLog(logger, "p-comet", "e-1")

    def handle(_: dict[str, Any]) -> None:
        logger.info("received")
        calls.record("quote", "decline", milliseconds=12.34, attempt=1, circuit="CLOSED")

    entrypoint(handle, logger)({}, SimpleNamespace(aws_request_id="r"))  # type: ignore[arg-type]
    found = re.search(CALL.replace("(?<", "(?P<"), text.getvalue())
    assert found
    assert found.groupdict() == {
        "partner": "p-comet",
        "operation": "quote",
        "outcome": "decline",
        "took_ms": "12.3",
    }
    assert f"parse @message /{CALL}/" in QUERIES["calls"]
