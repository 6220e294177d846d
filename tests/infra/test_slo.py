"""Objectives wake somebody when their error budget burns too fast, over a long and a short window, and never else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from feedback.domain.send_ledger import SENT_WITHIN
from infra.assembly import Assembly, Resource
from infra.slo import BURNS, FIRST_QUOTE, OBJECTIVES, RFQ_COMPLETION, SMS, Objective, alarm_name
from ride_booking.domain.service_level import COMPLETED_WITHIN, FIRST_QUOTE_WITHIN

MINUTE = 60
WEEK, DAY = 7 * 86_400, 86_400


@dataclass(frozen=True)
class Minute:
    """What a service counted in one minute: all cases, and the bad ones."""

    total: int
    bad: int = 0


def composite(aws: Assembly, objective: Objective) -> Resource:
    return aws.named("AWS::CloudWatch::CompositeAlarm", "AlarmName")[alarm_name(objective)]


def parts(aws: Assembly, objective: Objective) -> dict[str, dict[str, Any]]:
    """The alarms that a composite one looks at, by their logical ids."""
    whole = composite(aws, objective)
    _, pieces = whole.properties["AlarmRule"]["Fn::Join"]
    ids = [piece["Fn::GetAtt"][0] for piece in pieces if isinstance(piece, dict)]
    return {id_: aws.at(whole.stack, id_).properties for id_ in ids}


def rings(aws: Assembly, objective: Objective, series: Sequence[Minute]) -> bool:
    """Evaluate the rule at the end of a series, as CloudWatch does from what the alarms' windows hold."""
    states = {id_: over(alarm, series) for id_, alarm in parts(aws, objective).items()}
    _, pieces = composite(aws, objective).properties["AlarmRule"]["Fn::Join"]
    rule = "".join(piece if isinstance(piece, str) else piece["Fn::GetAtt"][0] for piece in pieces)
    rule = re.sub(r'ALARM\("(\w+)"\)', lambda found: str(states[found[1]]), rule)
    return bool(eval(rule.replace("AND", "and").replace("OR", "or"), {}))  # noqa: S307 - ours


def over(alarm: dict[str, Any], series: Sequence[Minute]) -> bool:
    """Whether an alarm of one window rings: nothing counted is no data, which is not breaching."""
    assert (alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (1, "notBreaching")
    window = series[-period(alarm) // MINUTE :]
    sums = {"bad": sum(each.bad for each in window), "total": sum(each.total for each in window)}
    [expression] = [query["Expression"] for query in alarm["Metrics"] if "Expression" in query]
    python = re.sub(r"FILL\((\w+), 0\)", lambda found: str(sums[found[1]]), expression)
    share = eval(python, {"IF": lambda met, then, otherwise: then if met else otherwise})  # noqa: S307 - ours
    return bool(share >= alarm["Threshold"])


def period(alarm: dict[str, Any]) -> int:
    [seconds] = {query["MetricStat"]["Period"] for query in alarm["Metrics"] if "MetricStat" in query}
    return int(seconds)


def hours(count: float, minute: Minute) -> list[Minute]:
    return [minute] * round(60 * count)


def just(objective: Objective, rate: float, *, less: int = 0) -> Minute:
    """A minute that burns the budget just as fast, or by one case in a million slower."""
    total = 1_000_000
    return Minute(total, round(total * rate * (1 - objective.target)) - less)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda objective: objective.name)
def test_somebody_is_woken_from_the_rate_of_each_burn_on_and_not_below(
    aws: Assembly, objective: Objective
) -> None:
    assert not rings(aws, objective, [])
    assert not rings(aws, objective, hours(6, Minute(0)))
    assert not rings(aws, objective, hours(6, Minute(1_000)))
    fast, slow = BURNS
    well = hours(6, Minute(1_000_000))
    assert rings(aws, objective, [*well, *hours(1, just(objective, fast.rate))])
    assert not rings(aws, objective, [*well, *hours(1, just(objective, fast.rate, less=1))])
    assert rings(aws, objective, hours(6, just(objective, slow.rate)))
    assert not rings(aws, objective, hours(6, just(objective, slow.rate, less=1)))


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda objective: objective.name)
def test_what_is_over_wakes_nobody(aws: Assembly, objective: Objective) -> None:
    """That is what the short windows are for: six minutes and half an hour after the trouble it is quiet."""
    trouble, well = hours(1, Minute(100, 100)), Minute(100)
    assert rings(aws, objective, trouble)
    assert rings(aws, objective, [*trouble, *hours(0.1, well)])  # the slow burn still sees it
    assert not rings(aws, objective, [*trouble, *hours(0.5, well)])


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda objective: objective.name)
def test_a_few_failures_where_there_is_little_traffic_wake_nobody(
    aws: Assembly, objective: Objective
) -> None:
    quiet = hours(5, Minute(0))
    assert not rings(aws, objective, [*quiet, Minute(1, 1)])
    assert not rings(aws, objective, [*quiet, *[Minute(1, 1)] * 4])
    assert rings(aws, objective, [*quiet, *[Minute(1, 1)] * 5])


def test_each_objective_has_one_alarm_that_wakes_somebody_and_its_parts_wake_nobody(aws: Assembly) -> None:
    alarms = aws.named("AWS::CloudWatch::CompositeAlarm", "AlarmName")
    assert set(alarms) == {alarm_name(objective) for objective in OBJECTIVES}
    for objective in OBJECTIVES:
        assert alarms[alarm_name(objective)].properties["AlarmActions"]
        found = parts(aws, objective)
        assert [period(alarm) for alarm in found.values()] == [
            seconds for burn in BURNS for seconds in (burn.long, burn.short)
        ]
        for alarm in found.values():
            assert "AlarmActions" not in alarm
            most = WEEK if period(alarm) >= 3600 else DAY
            assert period(alarm) * alarm["EvaluationPeriods"] <= most  # PutMetricAlarm


def test_the_rates_are_those_of_the_workbook() -> None:
    assert [(burn.rate, burn.long, burn.short) for burn in BURNS] == [
        (14.4, 3600, 300),
        (6, 6 * 3600, 1800),
    ]
    month = timedelta(days=30) / timedelta(seconds=1)
    assert [round(burn.rate * burn.long / month, 3) for burn in BURNS] == [0.02, 0.05]


def test_promises_are_those_that_the_services_count_by() -> None:
    assert f"{COMPLETED_WITHIN.seconds} s after its deadline" in RFQ_COMPLETION.promise
    assert f"within {FIRST_QUOTE_WITHIN.seconds} s," in FIRST_QUOTE.promise
    assert f"within {SENT_WITHIN.seconds // 60} minutes;" in SMS.promise
