"""What `rydes replay` says, asks, and does when it is stopped."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.rydes.commands import replay as command
from infra.rydes.operator import replay as replays
from infra.rydes.operator.replay import Archive, Plan, Progress, Rule, Window

TOLD = datetime(2026, 5, 1, 12, tzinfo=UTC)
RIDES = Rule(
    "rides", "arn:rule/rides", ("RideBooked", "RideCompleted"), ("rides",), "left alone", enabled=True
)


def plan(*_: object, now: datetime, **__: object) -> Plan:
    window = Window(now - timedelta(hours=2), now - timedelta(minutes=1), clipped=True)
    return Plan("arn:bus", Archive("arn:archive", "wild-rydes", timedelta(days=30), 7), window, (RIDES,))


class Aws:
    """Stands for an account on AWS."""


@pytest.fixture(autouse=True)
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, in its order."""
    did: list[str] = []

    def start(*_: object, **__: object) -> str:
        did.append("start")
        return "replay-x"

    monkeypatch.setattr(command, "end_in_order", lambda: None)  # the signals of this process stay as they are
    monkeypatch.setattr(command, "AwsAccount", Aws)
    monkeypatch.setattr(command, "system", lambda aws, **_: Aws() if aws else object())
    monkeypatch.setattr(replays, "plan", plan)
    monkeypatch.setattr(replays, "counted", lambda *_: 3)
    monkeypatch.setattr(replays, "require_none_under_way", lambda *_: None)
    monkeypatch.setattr(replays, "start", start)
    monkeypatch.setattr(replays, "cancel", lambda *_: did.append("cancel"))
    return did


def goes(monkeypatch: pytest.MonkeyPatch, *steps: Progress | BaseException) -> None:
    def follow(*_: object) -> Iterator[Progress]:
        for step in steps:
            if isinstance(step, BaseException):
                raise step
            yield step

    monkeypatch.setattr(replays, "follow", follow)


def run(*arguments: str, **more: Any) -> Result:
    return CliRunner().invoke(command.app, ["--since", "08:00", *arguments], **more)


RUNNING, COMPLETED = Progress("RUNNING", "", TOLD), Progress("COMPLETED", "", TOLD)


def test_a_dry_run_says_who_hears_what_and_what_becomes_of_it_and_begins_nothing(done: list[str]) -> None:
    told = run("--dry-run", "--event", "RideCompleted", "--aws")
    assert told.exit_code == 0
    for text in (
        "wild-rydes, 7 events in all, kept 30 days",
        "rides → rides",
        "hears RideBooked, RideCompleted: about 3 in the window",
        "left alone",
    ):
        assert text in told.stdout
    for warning in (
        "The archive has nothing of before",
        "the last ten minutes",
        "they hear RideBooked again, too",
    ):
        assert warning in told.stderr
    machine = json.loads(run("--dry-run", "--json").stdout)
    assert machine["rules"] == [
        {"name": "rides", "queues": ["rides"], "hears": [*RIDES.hears], "heard": 3, "replayed": "left alone"}
    ]
    assert done == []


def test_on_aws_somebody_has_to_say_yes(done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    goes(monkeypatch, RUNNING, COMPLETED)
    refused = run("--aws")
    assert (refused.exit_code, done) == (1, [])
    assert "Nobody is there to say yes. Say --yes." in refused.stderr
    assert run("--aws", "--yes").exit_code == 0
    assert run().exit_code == 0, "nor on the local cloud"
    assert done == ["start", "start"]


def test_a_replay_is_shown_until_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    goes(monkeypatch, RUNNING, RUNNING, COMPLETED)
    lines = run().stdout.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["replay-x", "running"], ["replay-x", "completed"]]
    assert json.loads(run("--json").stdout)["state"] == "COMPLETED"


def test_one_that_fails_says_why_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    goes(monkeypatch, RUNNING, Progress("FAILED", "no such bus", None))
    failed = run()
    assert failed.exit_code == 1
    assert "replay-x ended as failed: no such bus." in failed.stderr


def test_ctrl_c_stops_it_and_says_from_when_to_go_on(
    done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    goes(monkeypatch, RUNNING, KeyboardInterrupt())
    stopped = run()
    assert (stopped.exit_code, done) == (130, ["start", "cancel"])
    assert f"Go on with --since {TOLD:%FT%T}" in " ".join(stopped.stderr.split())
