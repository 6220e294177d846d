"""Queries and alarms of feedback show what its code counts: under these names, all of it, and nothing else."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from feedback.domain.conversation import Conversation
from infra.assembly import Assembly
from infra.stacks.feedback_figures import COUNTS, DOLLARS_A_DAY
from tests.support.feedback.memory import Memory
from tests.support.feedback.world import MACHINE, OURS, World
from wild_rydes_runtime import wide_line

TEXTS = (*(["1"], ["2", "yes"]), *([str(score)] for score in range(3, 11)), ["?", "??", "???"], ["STOP"])


CALL_OUTCOMES = ("reached", "not-reached", "wrong-number", "not-wanted")
CLAIM = timedelta(hours=1)


@pytest.fixture
def world() -> Iterator[World]:
    world = World(Memory())
    yield world
    world.close()


def phone(number: int) -> str:
    return f"+1206555{number:04}"


def ride(world: World, number: int, *texts: str) -> None:
    """Let a new customer ride, and answer each SMS with the next of the texts."""
    world.ride(f"r{number}", world.customer(phone(number)))
    world.pump()
    for text in texts:
        world.hear(text, world.last_sms(phone(number)), sender=phone(number))
        world.pump()


def everything_happens(world: World) -> None:
    """Let all happen that the service counts."""
    customers_talk(world)
    sms_fail(world)
    support_acts(world)
    nobody_is_asked(world)


def customers_talk(world: World) -> None:
    for number, texts in enumerate(TEXTS):
        ride(world, number, *texts)
        world.track("TEXT_DELIVERED", world.last_sms(phone(number)))
    for text in ("HELP", "HELP", "8", "START"):  # to a call that is offered: repeated, unclear, and nothing
        world.hear(text, sender=phone(0))
    world.hear("hello", sender="+12065559999")
    for _ in range(MACHINE.limits.messages + 1):  # beyond the limit it has no answer
        world.now += timedelta(minutes=1)
        world.hear("HELP", sender=phone(0))


def sms_fail(world: World) -> None:
    for number, event in enumerate(("VOICE_RINGING", "TEXT_BLOCKED", "TEXT_UNREACHABLE"), start=20):
        ride(world, number)
        world.track(event, world.last_sms(phone(number)))
    assert world.handle(world.receipts, "garbage") == []
    for number, fault in enumerate(("invalid", "throttled", "no-answer"), start=30):
        world.phones.faults = [fault]
        ride(world, number)
    world.ride("failing", world.customer(phone(40)))
    outreach = world.outreach
    world.outreach = replace(outreach, directory=Mock(find=Mock(side_effect=RuntimeError)))
    world.pump()
    world.outreach = outreach
    world.now += timedelta(minutes=20)  # and goes out late
    world.timers.handle()
    world.pump()


def support_acts(world: World) -> None:
    def call(number: int, rule: str, *arguments: object) -> None:
        def act(conversation: Conversation) -> Conversation:
            return replace(conversation, call=getattr(conversation.call, rule)(*arguments))

        world.table.change(f"r{number}", act, world.now)

    world.correct("r9", None)
    for number, outcome in enumerate(CALL_OUTCOMES, start=50):
        ride(world, number, "1", "yes")
        call(number, "claimed", "ann", world.now, CLAIM)
        call(number, "closed", "ann", outcome, world.now)
    world.pump()


def nobody_is_asked(world: World) -> None:
    world.ours = None
    ride(world, 59)
    world.ours = OURS
    world.ride("no-consent", world.customer(phone(60), **{"custom:sms_consent_at": None}))
    world.ride("unverified", world.customer(phone(61), phone_number_verified="false"))
    world.pump()
    customer = world.customer(phone(62))
    for ride_id in ("once", "once", "again"):  # opened, known, too soon
        world.ride(ride_id, customer)
    for survey in range(MACHINE.limits.surveys_a_month):
        world.now += timedelta(days=2)
        world.ride(f"often{survey}", customer)
    late = world.completed("late", customer)
    world.now += timedelta(days=4)
    assert world.handle(world.rides, late) == []
    for day in range(4):  # the last of them too often
        world.ride(f"day-{day}", customer)
        world.now += timedelta(days=1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(world.table, "open", Mock(side_effect=RuntimeError))
        assert world.handle(world.rides, world.completed("trouble", customer)) != []
        patched.setattr(world.table, "change", Mock(side_effect=RuntimeError))
        world.timers.handle()
    world.timers.handle()
    world.pump()


def shown(aws: Assembly) -> set[str]:
    """The counts that the saved queries sum up."""
    queries = [query.properties["QueryString"] for query in aws.all("AWS::Logs::QueryDefinition")]
    return set(re.findall(r"sum\(counts\.(\w+)\)", "".join(queries)))


def alarms(aws: Assembly) -> dict[str, dict[str, Any]]:
    """The alarms on feedback's own metrics, by the names of their entries in the runbook."""
    found = {}
    for alarm in aws.all("AWS::CloudWatch::Alarm"):
        of_math = [query["MetricStat"]["Metric"] for query in metrics_of(alarm.properties)]
        for metric in of_math or [alarm.properties]:
            if metric["Namespace"] == "WildRydes" and metric["Dimensions"] == [
                {"Name": "service", "Value": "feedback"}
            ]:
                found[alarm.properties["AlarmDescription"].rpartition(" ")[2].rstrip(".")] = alarm.properties
    return found


def metrics_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    return [query for query in alarm.get("Metrics", []) if "MetricStat" in query]


def watched(alarm: dict[str, Any]) -> set[str]:
    """The metrics that an alarm goes by."""
    of_math = {query["MetricStat"]["Metric"]["MetricName"] for query in metrics_of(alarm)}
    return of_math or {alarm["MetricName"]}


def test_all_that_is_counted_is_shown_and_all_that_is_shown_is_counted(aws: Assembly, world: World) -> None:
    everything_happens(world)
    counted = set(world.metrics.metric_set)
    assert shown(aws) - counted == set(), "nobody counts these: a column that stays empty"
    assert counted - shown(aws) == set(), "these are shown nowhere"
    for name, alarm in alarms(aws).items():
        assert watched(alarm) <= counted, f"{name} can never go off"


def test_queries_read_the_field_that_functions_write_in_the_groups_of_those_that_count(aws: Assembly) -> None:
    assert COUNTS == wide_line.COUNTS
    groups = {
        aws.text(group.stack, group.properties["LogGroupName"]) for group in aws.all("AWS::Logs::LogGroup")
    }
    for query in aws.all("AWS::Logs::QueryDefinition"):
        assert set(query.properties["LogGroupNames"]) <= groups


def test_each_function_is_told_which_metrics_its_services_alarms_go_by(aws: Assembly) -> None:
    """CloudWatch bills every other one, too."""
    told = {
        function.properties["Environment"]["Variables"]["WATCHED_METRICS"]
        for function in aws.all("AWS::Lambda::Function")
        if function.properties["FunctionName"].startswith("feedback-")
    }
    [names] = told
    assert set(json.loads(names)) == {name for alarm in alarms(aws).values() for name in watched(alarm)}


def percent(alarm: dict[str, Any], figures: dict[str, int]) -> float:
    """Evaluate an alarm's expression as CloudWatch does, where these figures have been counted and no others."""
    [expression] = [query["Expression"] for query in alarm["Metrics"] if "Expression" in query]
    names = {
        query["Id"]: query["MetricStat"]["Metric"]["MetricName"]
        for query in metrics_of(alarm)
        if query["MetricStat"]["Stat"] == "Sum"
    }
    python = re.sub(r"FILL\((\w+), 0\)", lambda found: str(figures.get(names[found[1]], 0)), expression)
    return float(eval(python, {"IF": lambda met, then, otherwise: then if met else otherwise}))  # noqa: S307 - ours


def test_alarms_go_by_rates_and_say_nothing_of_a_few_cases(aws: Assembly) -> None:
    few_bad: dict[str, dict[str, int]] = {
        "feedback-undelivered": {"SmsSent": 19, "SmsUndelivered": 19},
        "feedback-unanswered": {"FeedbackReceived": 0, "FeedbackExpired": 49},
        "feedback-asked-again": {"RepliesUnderstood": 0, "RepliesUnclear": 19},
        "feedback-opt-outs": {"FeedbackRequested": 19, "OptOuts": 19},
    }
    usual: dict[str, dict[str, int]] = {
        "feedback-undelivered": {"SmsSent": 100, "SmsDelivered": 20, "SmsUndelivered": 19},
        "feedback-unanswered": {"FeedbackReceived": 6, "FeedbackExpired": 94},
        "feedback-asked-again": {"RepliesUnderstood": 71, "RepliesUnclear": 29},
        "feedback-opt-outs": {"FeedbackRequested": 100, "OptOuts": 9},
    }
    too_bad: dict[str, dict[str, int]] = {
        "feedback-undelivered": {"SmsSent": 20, "SmsUndelivered": 4},
        "feedback-unanswered": {"FeedbackReceived": 2, "FeedbackExpired": 48},
        "feedback-asked-again": {"RepliesUnderstood": 14, "RepliesUnclear": 6},
        "feedback-opt-outs": {"FeedbackRequested": 20, "OptOuts": 2},
    }
    rates = {
        name: alarm
        for name, alarm in alarms(aws).items()
        if "Metrics" in alarm and not name.startswith("slo-")  # tests/infra/test_slo.py
    }
    assert rates.keys() == few_bad.keys()
    for name, alarm in rates.items():
        assert percent(alarm, few_bad[name]) == 0, name
        assert percent(alarm, usual[name]) < alarm["Threshold"], name
        assert percent(alarm, too_bad[name]) >= alarm["Threshold"], name
        assert len({query["MetricStat"]["Period"] for query in metrics_of(alarm)}) == 1, name


def test_the_alarm_on_spending_goes_by_dollars_of_a_day(aws: Assembly) -> None:
    alarm = alarms(aws)["feedback-spend"]
    assert (alarm["Statistic"], alarm["Period"]) == ("Sum", 86_400)
    assert alarm["Threshold"] == DOLLARS_A_DAY * 1_000_000  # the metric counts millionths
