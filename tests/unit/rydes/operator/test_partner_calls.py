"""What an operator sees of partners, and sets."""

import io
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from infra.naming import PLAIN
from infra.rydes.cloud.aws import AwsAccount
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator import modes
from infra.rydes.operator.dashboard import Dashboard, Row, to_json, to_tables
from infra.rydes.operator.partner_calls import Call, Figures, RecentCalls, by_operation
from tests.support import aws
from wild_rydes_circuit_breaker import Mode, Override, Record, State

NOW = 1_800_000_000.0
SDK_DEFAULTS = Config()


def call(outcome: str = "quote", milliseconds: float = 20, operation: str = "quote", at: float = NOW) -> Call:
    return Call(at, "p-comet", operation, outcome, milliseconds, "rfq", "CLOSED", "", "e")


def figures(*calls: Call) -> Figures:
    return Figures.of(calls, slow_ms=1000)


# Figures


def test_rates_are_of_the_calls_that_say_something_of_the_partner() -> None:
    found = figures(
        call("quote"), call("decline"), call("partner"), call("throttled"), call("ours"), call("circuit-open")
    )
    assert (found.calls, found.refused, found.ours) == (5, 1, 1)
    assert found.failure_rate == 50


def test_what_has_waited_too_long_was_not_called_and_a_missing_callback_is_a_failure() -> None:
    found = figures(call("quote"), call("busy", milliseconds=9000), call("missing"))
    assert (found.calls, found.refused, found.failure_rate, found.p99_ms) == (2, 1, 50, 20)


def test_slow_is_what_the_breaker_takes_for_slow() -> None:
    assert figures(call(milliseconds=999), call(milliseconds=1000)).slow_rate == 50
    assert Figures.of([call(milliseconds=5000)], slow_ms=None).slow_rate is None


def test_without_calls_there_are_no_rates_and_no_latencies() -> None:
    found = figures(call("circuit-open", milliseconds=3))
    assert (found.failure_rate, found.slow_rate, found.p50_ms, found.p99_ms) == (None, None, None, None)


@given(st.lists(st.integers(0, 5000), min_size=1))
def test_a_quantile_is_the_least_time_within_which_that_share_was_done(times: list[int]) -> None:
    found = figures(*(call(milliseconds=time) for time in times))
    for quantile, share in ((found.p50_ms, 0.5), (found.p90_ms, 0.9), (found.p99_ms, 0.99)):
        assert quantile in times
        assert sum(time <= quantile for time in times) >= share * len(times)
        assert sum(time < quantile for time in times) < share * len(times)


def test_quotes_come_first_and_callbacks_last() -> None:
    calls = [call(operation=operation) for operation in ("callback", "book", "quote")]
    assert [operation for operation, _ in by_operation(calls, "p-comet")] == ["quote", "book", "callback"]
    assert [operation for operation, _ in by_operation(calls, "p-nimbus")] == ["quote"]


# Reading them


class Account:
    """An account with functions that log, and a table of circuits."""

    names = PLAIN

    def __init__(self) -> None:
        self.logs = self.client("logs")
        self.client("dynamodb").create_table(
            TableName=modes.TABLE,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for function in ("unicorn-mgmt-p-comet-quotes", "unicorn-mgmt-partner-callbacks", "unicorn-mgmt-api"):
            self.logs.create_log_group(logGroupName=f"/aws/lambda/{function}")
            self.logs.create_log_stream(logGroupName=f"/aws/lambda/{function}", logStreamName="s")

    def client(self, service: str, /) -> Any:
        return aws.client(service, SDK_DEFAULTS)

    def log(self, at: float, line: str, function: str = "unicorn-mgmt-p-comet-quotes") -> None:
        self.logs.put_log_events(
            logGroupName=f"/aws/lambda/{function}",
            logStreamName="s",
            logEvents=[{"timestamp": int(at * 1000), "message": line}],
        )


@pytest.fixture
def account() -> Iterator[Account]:
    with aws.account():
        yield Account()


def line(at: float, number: int, **fields: Any) -> str:
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S,000%z")
    return json.dumps(
        {
            "message": "partner called", "timestamp": stamp, "partner": "p-comet", "operation": "quote",
            "outcome": "quote", "took_ms": 20.5, "circuit": "CLOSED", "reason": "", "environment": "e", "correlation_id": f"rfq-{number}", **fields,
        }
    )  # fmt: skip


def test_records_are_found_among_all_that_is_logged_and_counted_once(account: Account) -> None:
    start = now = float(int(time.time()) - 100)  # CloudWatch takes nothing from far away times
    recent = RecentCalls(account, 60, now=lambda: now)
    account.log(start, line(start, 0))
    account.log(start, "START RequestId: 1")
    account.log(start, json.dumps({"message": "not that partner called"}))
    callback = line(start + 1, 1, partner="p-nimbus", operation="callback")
    account.log(start + 1, callback, "unicorn-mgmt-partner-callbacks")
    account.log(start, line(start, 2), "unicorn-mgmt-api")
    assert [found.rfq for found in recent.look()] == ["rfq-0", "rfq-1"]
    now = start + 10
    account.log(start + 5, line(start + 5, 5))
    assert [found.rfq for found in recent.look()] == ["rfq-0", "rfq-1", "rfq-5"]
    now = start + 62
    assert [found.rfq for found in recent.look()] == ["rfq-5"]


# Setting modes


@pytest.mark.parametrize(
    ("mode", "reason", "lasts"), [(Mode.FORCED_OPEN, " ", "5m"), (Mode.AUTO, "over", "5m")]
)
def test_orders_that_make_no_sense(mode: Mode, reason: str, lasts: str) -> None:
    with pytest.raises(LocalCloudError):
        modes.order(mode, actor="ada", reason=reason, lasts=lasts)


def test_a_mode_that_is_set_is_shown_with_actor_reason_and_expiry(account: Account) -> None:
    assert modes.order(Mode.AUTO, actor="ada", reason="", lasts="").reason == ""  # to give it back needs none
    order = modes.order(Mode.FORCED_OPEN, actor="ada", reason="maintenance", lasts="30m")
    modes.put(account, "p-comet", order)
    (row,) = Dashboard(account, "p-comet", 300).rows()
    told = to_json([row], time.time())["p-comet"]
    assert (told["state"], told["mode"]) == ("OPEN", "FORCED_OPEN")
    assert (told["set"]["actor"], told["set"]["reason"]) == ("ada", "maintenance")
    assert told["set"]["until"] == told["retry-at"]


def test_an_item_that_is_no_circuit_is_shown_and_repaired_by_setting_a_mode(account: Account) -> None:
    garbage = {"id": {"S": "circuit#p-comet"}, "revision": {"N": "7"}, "record": {"S": "?"}}
    account.client("dynamodb").put_item(TableName=modes.TABLE, Item=garbage)
    rows = Dashboard(account, None, 300).rows()
    assert len(rows) > 1
    assert "no circuit" in next(row.circuit.reason for row in rows if row.id == "p-comet")
    modes.put(account, "p-comet", modes.order(Mode.DISABLED, actor="ada", reason="drill", lasts=""))
    (row,) = Dashboard(account, "p-comet", 300).rows()
    assert (row.circuit.state, row.circuit.mode(NOW)) == (State.CLOSED, Mode.DISABLED)


def test_a_mode_that_has_expired_is_not_shown() -> None:
    circuit = Record(override=Override(Mode.DISABLED, "ada", "drill", until=NOW))
    told = to_json([Row("p-comet", circuit, {})], NOW)["p-comet"]
    assert (told["mode"], told["set"]) == ("AUTO", None)


def test_an_account_without_circuits_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with aws.account(), pytest.raises(LocalCloudError, match="ResourceNotFoundException"):
        Dashboard(AwsAccount(), None, 300).rows()


def test_the_tables_have_a_line_for_each_operation() -> None:
    circuit = Record(state=State.OPEN, since=NOW - 300, reason="5 bad calls in a row")
    row = Row("p-comet", circuit, {"quote": figures(call("partner", 31)), "callback": figures()})
    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(to_tables([row], NOW, 300))
    shown = console.export_text()
    assert "Calls of the last 5 min" in shown
    assert "OPEN for 5 min" in shown
    assert "5 bad calls in a row" in shown
    assert "100 %" in shown
    assert "callback" in shown
