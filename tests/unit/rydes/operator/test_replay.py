"""What a replay would tell whom, and how it goes."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra import archive
from infra.naming import BUS_ARN_PARAMETER, BUS_NAME_PARAMETER, PLAIN, Names
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator import replay
from tests.support.fake_account import FakeAccount, refused

NOW = datetime(2026, 11, 27, 12, 0, 0, 500_000, tzinfo=UTC)
DAY = timedelta(days=1)
BUS = "arn:aws:events:eu-west-1:1:event-bus/dev-wild-rydes"


def rule(name: str, *hears: str, **more: Any) -> dict[str, Any]:
    pattern: dict[str, Any] = {"source": ["wildrydes.any"]}
    if hears:
        pattern["detail-type"] = list(hears)
    return {
        "Name": f"dev-{name}",
        "Arn": f"arn:rule/{name}",
        "State": "ENABLED",
        "EventPattern": json.dumps(pattern),
        **more,
    }


RULES = [
    rule("rides", "RideCompleted", "RideConfirmed", Description=f"Rides. {archive.FROM_ARCHIVE}left alone"),
    rule("ratings", "FeedbackReceived"),
    rule("off", "RideCompleted", State="DISABLED"),
    rule("everything"),
    rule("archive", ManagedBy="events.amazonaws.com"),
]


class System(FakeAccount):
    """An environment `dev` in a fake account."""

    HOW_TO_DEPLOY = "read a page"

    def __init__(self, **more: Any) -> None:
        answers: Mapping[str, Any] = {
            "events.describe_archive": {
                "ArchiveArn": "arn:archive",
                "ArchiveName": "dev-wild-rydes",
                "RetentionDays": 30,
                "EventCount": 7,
            },
            "events.list_rules": pages("Rules", RULES),
            "events.list_targets_by_rule": lambda **of: {
                "Targets": [{"Arn": "arn:aws:sqs:r:1:" + of["Rule"] + "-inbox"}]
            },
            "events.list_replays": {"Replays": [{"ReplayName": "old", "State": "COMPLETED"}]},
            "events.start_replay": {},
            **{name.replace("__", "."): answer for name, answer in more.items()},
        }
        super().__init__(answers, Names("dev"))
        self.parameters = {BUS_NAME_PARAMETER: "dev-wild-rydes", BUS_ARN_PARAMETER: BUS}

    def plan(self, since: str = "08:00", until: str = "10:00", **more: Any) -> replay.Plan:
        return replay.plan(self, since, until, now=NOW, **more)  # type: ignore[arg-type]


def pages(what: str, items: list[dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Answer with one item at a time."""

    def page(**asked: str) -> dict[str, Any]:
        number = int(asked.get("NextToken", 0))
        more = {"NextToken": str(number + 1)} if number + 1 < len(items) else {}
        return {what: items[number : number + 1], **more}

    return page


def names(plan: replay.Plan) -> list[str]:
    return [rule.name for rule in plan.rules]


def test_without_names_all_rules_hear_that_are_enabled_but_not_the_archives_own() -> None:
    plan = System().plan()
    assert names(plan) == ["rides", "ratings", "everything"]
    rides, _, everything = plan.rules
    assert (rides.hears, rides.queues) == (("RideCompleted", "RideConfirmed"), ("rides-inbox",))
    assert (rides.replayed, everything.replayed) == ("left alone", "nobody has said")
    assert (plan.bus, plan.archive.arn, plan.archive.events) == (BUS, "arn:archive", 7)


def test_an_event_chooses_the_rules_that_hear_it_and_they_hear_others_too() -> None:
    plan = System().plan(events=["RideCompleted"])
    assert names(plan) == ["rides", "everything"]
    assert plan.others(["RideCompleted"]) == ("RideConfirmed", replay.ANYTHING)
    assert names(System().plan(events=["RideCompleted"], to_rules=["rides", "ratings"])) == ["rides"]


@pytest.mark.parametrize(
    ("chosen", "problem"),
    [
        (
            {"to_rules": ["rids"]},
            "There is no rule rids on the bus. There are rides, ratings, off, everything.",
        ),
        ({"to_rules": ["off"]}, "The rule off is disabled: a replay would not reach it."),
        (
            {"events": ["RideBegan"], "to_rules": ["ratings"]},
            "None of the rules hears RideBegan. They hear Feedback",
        ),
        ({"since": "2026-11-28T08:00"}, "--since is still to come"),
        ({"until": "2026-11-27T12:00:01"}, "--until is still to come"),
        ({"since": "10:00"}, "Nothing is both since 2026-11-27 10:00:00 and until 2026-11-27 10:00:00"),
        (
            {"since": "2026-01-01", "until": "2026-10-28T12:00:00"},
            "The archive has nothing of before 2026-10-28 12:00:00",
        ),
        ({"since": "yesterday"}, "'yesterday' is not a time"),
    ],
)
def test_what_cannot_be_replayed_is_refused_in_one_line(chosen: dict[str, Any], problem: str) -> None:
    with pytest.raises(LocalCloudError) as error:
        System().plan(**chosen)
    assert str(error.value).startswith(problem)


def test_what_the_archive_has_no_more_is_left_out() -> None:
    window = System().plan("2026-10-01", "").window
    assert window == replay.Window(NOW.replace(microsecond=0) - 30 * DAY, NOW, clipped=True)
    assert not System().plan().window.clipped


def test_no_archive_is_no_replay() -> None:
    events = System().client("events")
    missing = events.exceptions.ResourceNotFoundException(
        {"Error": {"Code": "ResourceNotFoundException"}}, "x"
    )
    with pytest.raises(LocalCloudError, match=r"There is no archive dev-wild-rydes. Deploy it: read a page"):
        System(events__describe_archive=missing).plan()


def test_a_replay_says_in_its_name_when_and_who_and_reaches_the_rules_that_were_chosen() -> None:
    system = System()
    plan = system.plan(to_rules=["rides"])
    name = replay.start(system, plan, who="ann b/c", now=NOW)  # type: ignore[arg-type]
    assert name == "replay-20261127T120000Z-ann-b-c"
    [(_, started)] = [call for call in system.calls if call[0] == "events.start_replay"]
    assert started["Destination"] == {"Arn": BUS, "FilterArns": ["arn:rule/rides"]}
    assert (started["EventStartTime"], started["EventEndTime"]) == (plan.window.since, plan.window.until)
    assert len(replay.start(system, plan, who="a" * 99, now=NOW)) == 64  # type: ignore[arg-type]


@pytest.mark.parametrize("state", replay.UNDER_WAY)
def test_one_replay_at_a_time(state: str) -> None:
    system = System(events__list_replays={"Replays": [{"ReplayName": "replay-x", "State": state}]})
    with pytest.raises(LocalCloudError, match=r"The archive is being replayed by replay-x. Wait for it"):
        replay.start(system, system.plan(), who="ann", now=NOW)  # type: ignore[arg-type]
    assert "events.start_replay" not in dict(system.calls)


def test_a_replay_is_followed_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    answers = iter(
        [
            {"State": "STARTING"},
            {"State": "RUNNING", "EventLastReplayedTime": NOW},
            {"State": "FAILED", "StateReason": "no such bus"},
        ]
    )
    system = System(events__describe_replay=lambda **_: next(answers))
    seen = list(replay.follow(system, "replay-x"))  # type: ignore[arg-type]
    assert [(each.state, each.last, each.over) for each in seen] == [
        ("STARTING", None, False),
        ("RUNNING", NOW, False),
        ("FAILED", None, True),
    ]
    assert seen[-1].reason == "no such bus"


def test_who_cancels_a_replay_that_is_over_is_not_told_off() -> None:
    replay.cancel(System(events__cancel_replay=refused("IllegalStatusException")), "replay-x")  # type: ignore[arg-type]
    with pytest.raises(Exception, match="AccessDenied"):
        replay.cancel(System(events__cancel_replay=refused("AccessDenied")), "replay-x")  # type: ignore[arg-type]


@pytest.mark.parametrize(("figures", "count"), [([], None), ([{"Sum": 2.0}, {"Sum": 3.0}], 5)])
def test_how_many_events_a_rule_heard_is_what_cloudwatch_counted(
    figures: list[dict[str, float]], count: int | None
) -> None:
    system = System(cloudwatch__get_metric_statistics={"Datapoints": figures})
    plan = system.plan("2026-10-01", "")
    assert replay.counted(system, plan.rules[0], plan.window) == count  # type: ignore[arg-type]
    [(_, asked)] = [call for call in system.calls if call[0].startswith("cloudwatch")]
    assert {"Name": "RuleName", "Value": "dev-rides"} in asked["Dimensions"]
    assert asked["Period"] % 60 == 0
    assert (asked["EndTime"] - asked["StartTime"]).total_seconds() / asked["Period"] <= 1_440, (
        "CloudWatch gives no more"
    )


def test_the_archive_of_a_local_cloud_is_that_of_the_platform_and_made_once() -> None:
    calls: list[dict[str, Any]] = []
    system = System(events__create_archive=lambda **given: calls.append(given))
    archive.make(system.client("events"), BUS, PLAIN)
    [made] = calls
    assert (made["ArchiveName"], made["EventSourceArn"], made["RetentionDays"]) == ("wild-rydes", BUS, 30)
    assert json.loads(made["EventPattern"]) == {"source": [{"prefix": "wildrydes."}]}
    events = System().client("events")
    there = events.exceptions.ResourceAlreadyExistsException({"Error": {"Code": "x"}}, "x")
    archive.make(System(events__create_archive=there).client("events"), BUS, PLAIN)
