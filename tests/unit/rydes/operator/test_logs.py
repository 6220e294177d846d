"""`rydes logs`, for people and for programs."""

import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from rich.console import Console
from typer.testing import CliRunner

from infra.rydes import cli
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import ROOT, SERVICES
from infra.rydes.operator.log_events import LogEvent, reached
from infra.rydes.operator.logs import Selection, read, select, show, watch
from tests.support.fake_logs import Logs, line

START = 1_795_250_700_000
NOW = datetime(2026, 11, 21, 8, 50, tzinfo=UTC)
RFQ = "0199a000-0000-7000-8000-000000000001"


def messages(found: Iterator[LogEvent]) -> list[str]:
    return [(event.entry or {}).get("message", event.message) for event in found]


def shown(*events: LogEvent, as_json: bool = False, capsys: pytest.CaptureFixture[str]) -> list[str]:
    show(iter(events), Console(file=io.StringIO()), as_json=as_json, today=NOW)
    return capsys.readouterr().out.splitlines()


def event(message: str, at: int = START) -> LogEvent:
    return LogEvent(at, "ride-booking-api", "s", message)


# What is selected


def test_services_are_those_of_the_repository() -> None:
    assert SERVICES == ["feedback", "ride-booking", "settlement", "unicorn-mgmt"]


def test_everything_is_selected_without_options() -> None:
    assert select(now=NOW) == Selection()


@pytest.mark.parametrize(
    ("typed", "pattern"),
    [
        ("ERROR", '"ERROR"'),
        (RFQ, f'"{RFQ}"'),
        ('"circuit turned" OPEN', '"circuit turned" OPEN'),
        ("-x", "-x"),
    ],
)
def test_a_word_or_an_id_is_quoted_and_a_pattern_is_not(typed: str, pattern: str) -> None:
    assert select(typed, now=NOW).pattern == pattern


def test_a_time_span_is_given_by_its_ends_or_by_how_long_ago_it_began() -> None:
    five_minutes = select(last="5m", now=NOW)
    assert five_minutes.since == START
    assert select(since="08:45", until="08:46", now=NOW) == Selection(since=START, until=START + 60_000)


@pytest.mark.parametrize(
    ("options", "way_out"),
    [
        ({"service": "payments"}, "feedback, ride-booking, settlement, unicorn-mgmt"),
        ({"level": "loud"}, "DEBUG, INFO, WARNING, ERROR, CRITICAL"),
        ({"since": "yesterday"}, "08:45"),
        ({"last": "a while"}, "30m"),
        ({"last": "5m", "since": "08:45"}, "one of them"),
        ({"since": "08:45", "until": "08:40"}, "later"),
        ({"text": '{ $.level = "ERROR" }'}, "--level"),
    ],
)
def test_bad_options_are_one_line_with_the_way_out(options: dict[str, str], way_out: str) -> None:
    with pytest.raises(LocalCloudError, match=way_out) as refused:
        select(**options, now=NOW)
    assert "\n" not in str(refused.value)


# What is read


def test_lines_of_all_functions_are_in_the_order_in_which_they_were_written() -> None:
    logs = Logs()
    ended = START + 5000  # the emulator has all lines of an invocation when it ends
    for at in (START, START + 4000):
        logs.log(ended, line(at, str(at - START)), "unicorn-mgmt-responder")
    logs.log(START + 2000, line(START + 2000, "2000"))
    assert messages(read(logs, Selection())) == ["0", "2000", "4000"]


def test_a_span_is_of_the_times_at_which_lines_were_written() -> None:
    logs = Logs()
    for at in (1000, 2000, 3000, 4000):
        logs.log(START + 5000, line(START + at, str(at)))
    span = Selection(since=START + 2000, until=START + 3000)
    assert messages(read(logs, span)) == ["2000", "3000"]


def test_a_level_selects_what_is_as_bad_or_worse_and_crashes_are_errors() -> None:
    logs = Logs()
    for level in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        logs.log(START, line(START, level, level=level))
    for text in (
        "START RequestId: 1",
        "printed",
        "[ERROR] KeyError: 'x'",
        "1 Task timed out after 3 s",
        '{"_aws":{}}',
    ):
        logs.log(START, text)
    bad = ["ERROR", "CRITICAL", "[ERROR] KeyError: 'x'", "1 Task timed out after 3 s"]
    assert messages(read(logs, Selection(level="ERROR"))) == bad
    assert messages(read(logs, Selection(level="WARNING"))) == ["WARNING", *bad]
    assert "printed" in messages(read(logs, Selection(level="INFO")))


def test_a_service_selects_its_functions() -> None:
    logs = Logs()
    logs.log(START, "1", "feedback-rides")
    logs.log(START, "2", "ride-booking-rides")
    assert messages(read(logs, Selection(service="feedback"))) == ["1"]


def test_watching_goes_on_after_the_end_with_the_same_selection(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = Logs()
    logs.log(START, line(START, "first", level="ERROR"))

    def sleep(_: float) -> None:
        for level in ("INFO", "ERROR"):
            logs.log(START + 1, line(START + 1, "second", level=level))

    monkeypatch.setattr("time.sleep", sleep)
    found = watch(logs, Selection(level="ERROR"))
    assert messages(iter([next(found), next(found)])) == ["first", "second"]


def test_a_cloud_that_went_away_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = Logs()

    def gone(**_: Any) -> Iterator[dict[str, Any]]:
        raise EndpointConnectionError(endpoint_url="http://localhost:4566")

    monkeypatch.setattr(logs, "describe_log_groups", gone)
    with pytest.raises(LocalCloudError, match="rydes status"), reached():
        list(read(logs, Selection()))


# How it is shown


def test_a_line_tells_time_level_function_what_happened_and_the_details(
    capsys: pytest.CaptureFixture[str],
) -> None:
    received = line(
        START + 250, "received", message_type="RfqResponse", sent_at=START + 100, queue="inbox", attempt=2,
        correlation_id=RFQ, message_id="m", xray_trace_id="x", reason="",
    )  # fmt: skip
    (text,) = shown(event(received), capsys=capsys)
    assert text.startswith("08:45:00.250 INFO     ride-booking-api   ")
    assert text.endswith(f"  received RfqResponse  waited 150 ms in inbox  attempt=2  {RFQ}")


def test_a_line_of_another_day_has_the_date(capsys: pytest.CaptureFixture[str]) -> None:
    day = 86_400_000
    (text,) = shown(event(line(START - day, "told"), START - day), capsys=capsys)
    assert text.startswith("2026-11-20 08:45:00.000 INFO")


def test_people_see_neither_metrics_nor_what_lambda_says_of_each_invocation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    noise = [
        "START RequestId: 1",
        "END RequestId: 1",
        "REPORT RequestId: 1",
        '{"_aws": {}, "service": "feedback"}',
    ]
    assert len(shown(*map(event, [*noise, "printed"]), capsys=capsys)) == 1


@pytest.mark.parametrize(("as_json", "count"), [(False, 1), (True, 2)])
def test_it_counts_what_was_printed(*, as_json: bool, count: int, capsys: pytest.CaptureFixture[str]) -> None:
    found = iter([event("START RequestId: 1"), event("printed")])
    assert show(found, Console(file=io.StringIO()), as_json=as_json, today=NOW) == count
    assert len(capsys.readouterr().out.splitlines()) == count


def test_a_word_that_no_line_has_is_told_beside_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cloud, "find", lambda _: Logs())
    answer = CliRunner().invoke(cli.app, ["logs", "nosuchword"])
    assert (answer.exit_code, answer.stdout, answer.stderr) == (0, "", "No line matches.\n")


def test_programs_get_every_line_as_json_as_it_was_logged(capsys: pytest.CaptureFixture[str]) -> None:
    logged = line(START, "told", records=1)
    first, second = shown(event(logged), event("END RequestId: 1"), as_json=True, capsys=capsys)
    assert first == logged
    assert json.loads(second) == {
        "timestamp": "2026-11-21T08:45:00.000+00:00",
        "function": "ride-booking-api",
        "message": "END RequestId: 1",
    }


# How it ends

_COMMAND = """
import sys
from infra.rydes import cli
from infra.rydes.cloud.cloud import Cloud
from tests.support.fake_logs import Logs
logs = Logs()
for number in range(20_000):
    logs.log(1_795_250_700_000 + number, "x" * 100)
Cloud.find = lambda settings: logs
cli.app(sys.argv[1:])
"""


def _started(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", _COMMAND, "logs", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_it_ends_quietly_when_its_reader_has_gone() -> None:
    with _started() as command:
        assert command.stdout
        assert command.stderr
        assert command.stdout.readline()
        command.stdout.close()
        assert command.stderr.read() == ""
    assert command.returncode == 0


@pytest.mark.slow
def test_following_ends_quietly_on_ctrl_c() -> None:
    with _started("--follow", "--since", "2026-11-21") as command:
        assert command.stdout
        assert command.stderr
        for _ in range(20_000):
            assert command.stdout.readline()
        command.send_signal(signal.SIGINT)
        assert command.stderr.read() == ""
    assert command.returncode == 130


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [("--follow", "--until", "08:45"), ("--level", "loud"), ("--last", "5m", "--since", "08:45")]
)
def test_a_bad_command_is_one_line_and_prints_nothing(arguments: tuple[str, ...]) -> None:
    with _started(*arguments) as command:
        out, error = command.communicate()
    assert (out, command.returncode) == ("", 1)
    assert len(error.splitlines()) == 1
