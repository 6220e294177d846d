"""Alarms are read at night: each says in a few sentences what happens and where the runbook goes on."""

import re
from pathlib import Path

from infra import roster
from infra.assembly import Assembly

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"


def test_every_alarm_is_described_and_names_its_entry_in_the_runbook(aws: Assembly) -> None:
    runbook = RUNBOOK.read_text()
    descriptions = [alarm.properties["AlarmDescription"] for alarm in aws.all("AWS::CloudWatch::Alarm")]
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
