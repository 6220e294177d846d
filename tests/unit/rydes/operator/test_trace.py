import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from infra.naming import PLAIN, Names
from infra.rydes.operator import trace
from infra.rydes.operator.log_events import LogEvent
from tests.support import fake_logs

SECOND_ONE = 1795250701000  # milliseconds since 1970
RFQ = "0199a000-0000-7000-8000-000000000001"
TIMES = "\N{MULTIPLICATION SIGN}"
RECORDED = Path(__file__).with_name("recorded_rfq.jsonl")


def line(second: float, message: str, **fields: Any) -> str:
    return fake_logs.line(SECOND_ONE - 1000 + second * 1000, message, **{"correlation_id": RFQ, **fields})


def by_f(*logged: str) -> list[LogEvent]:
    return [LogEvent(SECOND_ONE, "s-f", "stream", message) for message in logged]


def recorded() -> list[trace.Line]:
    """The lines of an RFQ, its ride and its feedback: the first ones of a local cloud on a busy machine."""
    found = [json.loads(text) for text in RECORDED.read_text().splitlines()]
    rfq_id = found[0]["entry"]["correlation_id"]
    events = [LogEvent(one["at"], one["function"], "stream", json.dumps(one["entry"])) for one in found]
    return sorted(trace.parse(events, rfq_id, PLAIN))


def shown(timeline: list[trace.Line], width: int = 100) -> list[str]:
    """What a terminal of this width shows, without the headings and the legend."""
    console = Console(file=io.StringIO(), width=width)
    console.print(trace.view(timeline, width))
    assert isinstance(console.file, io.StringIO)
    return [text.rstrip() for text in console.file.getvalue().splitlines()[1:-1]]


# Lines


def test_only_lines_of_this_rfq_are_kept() -> None:
    logged = [
        "START RequestId: 1 Version: $LATEST",
        line(1, "ours"),
        line(2, "another's", correlation_id="0199a000-0000-7000-8000-000000000002", rfq=RFQ),
        json.dumps([RFQ]),
        f'{{"correlation_id": "{RFQ}", "cut o',
    ]
    assert [found.what for found in trace.parse(by_f(*logged), RFQ, PLAIN)] == ["ours"]


def test_a_received_message_tells_how_long_it_was_under_way() -> None:
    logged = line(1.250, "received", sent_at=SECOND_ONE + 100, queue="inbox", cold_start=True)
    (found,) = trace.parse(by_f(logged), RFQ, PLAIN)
    assert found.waited_ms == pytest.approx(150)
    assert found.queue == "inbox"
    assert found.cold


@given(st.lists(st.integers(0, 59), min_size=1))
def test_lines_are_sorted_by_time_and_equal_times_stay_as_written(seconds: list[int]) -> None:
    logged = [line(second, str(place)) for place, second in enumerate(seconds)]
    found = sorted(trace.parse(by_f(*logged), RFQ, PLAIN))
    expected = [place for _, place in sorted((second, place) for place, second in enumerate(seconds))]
    assert [int(entry.what) for entry in found] == expected


def test_a_reader_who_polls_is_no_part_of_the_way() -> None:
    call = {"path": "/instant-ride-rfqs", "status": 202}
    logged = by_f(line(1, "answered", method="POST", **call), line(2, "answered", method="GET", **call))
    assert [found.what for found in trace.parse(logged, RFQ, PLAIN)] == ["POST /instant-ride-rfqs → 202"]


# Batches


def batch(*waits: int, invocation: str = "i-1") -> list[str]:
    return [
        line(
            1,
            "received",
            sent_at=SECOND_ONE - wait,
            queue="s-inbox",
            function_request_id=invocation,
            message_id=str(number),
            cold_start=True,
        )
        for number, wait in enumerate(waits)
    ]


def test_equal_lines_of_an_invocation_are_one_with_the_longest_wait() -> None:
    (found,) = trace.folded(trace.parse(by_f(*batch(20, 1405, 30)), RFQ, PLAIN))
    assert found.count == 3
    assert found.waited_ms == pytest.approx(1405)
    assert shown([found]) == [f" 0  1405  s        f         3 {TIMES} received  in inbox (cold)"]


def test_what_differs_or_is_of_another_invocation_is_not_folded() -> None:
    logged = [
        *batch(1, 1),
        *batch(2, invocation="i-2"),
        *(line(2, "partner called", attempt=number, function_request_id="i-2") for number in (1, 2)),
        line(3, "without an invocation"),
        line(3, "without an invocation"),
    ]
    found = trace.folded(trace.parse(by_f(*logged), RFQ, PLAIN))
    assert [one.count for one in found] == [2, 1, 1, 1, 1, 1]


def test_a_cold_start_is_shown_once_an_invocation() -> None:
    logged = [line(1, what, cold_start=True, function_request_id="i-1") for what in ("received", "gathered")]
    assert [one.cold for one in trace.folded(trace.parse(by_f(*logged), RFQ, PLAIN))] == [True, False]


# The table


def test_a_recorded_rfq_is_one_line_a_step() -> None:
    found = shown(recorded())
    assert (
        found[0]
        == "     0         ride-booking  api                POST /instant-ride-rfqs → 202  144 ms (cold)"
    )
    assert " 28417         unicorn-mgmt  p-comet-quotes     p-comet quote → quote  135 ms" in found
    assert (
        f" 44458     57  ride-booking  aggregator         10 {TIMES} received RfqResponse  in reply queue"
        in found
    )
    assert (
        " 44516         ride-booking  aggregator         gathered  responses=10 asked=38 quoted=34 declined=2"
        in found
    )
    steps = [text for text in found if text[:6].strip()]
    assert len(steps) == len(trace.folded(recorded()))
    assert len(found) - len(steps) <= 3  # lines that had to be continued
    assert [int(text[:6]) for text in steps] == sorted(int(text[:6]) for text in steps)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(len(text) for text in shown(recorded(), width)) <= width


def test_a_request_stands_where_it_began_before_what_it_caused() -> None:
    request = {"method": "POST", "path": "/instant-ride-rfqs", "status": 202, "milliseconds": 150}
    logged = by_f(line(1.9, "published"), line(2, "answered", **request), line(2.1, "received"))
    found = [text.split() for text in shown(sorted(trace.parse(logged, RFQ, PLAIN)))]
    assert [(words[0], words[3]) for words in found] == [
        ("0", "POST"),
        ("50", "published"),
        ("250", "received"),
    ]


def test_a_narrow_terminal_has_the_initials_of_services() -> None:
    (found,) = shown(list(trace.parse(by_f(line(1, "told", service="ride-booking")), RFQ, PLAIN)), 60)
    assert found.split() == ["0", "RB", "s-f", "told"]


def test_empty_and_usual_values_are_left_out_and_ids_are_cut() -> None:
    logged = line(
        1, "will retry", reason="", error=None, attempt=1, other="0199a000-0000-7000-8000-0000deadbeef",
        ride_id=f"{RFQ}.1", text="x" * 100,
    )  # fmt: skip
    (found,) = trace.parse(by_f(logged), RFQ, PLAIN)
    assert found.details == {"other": "…deadbeef", "ride_id": "….1", "text": "x" * 59 + "…"}


def test_a_partner_that_fails_is_shown_with_what_it_said() -> None:
    call = {"partner": "p-comet", "operation": "quote", "outcome": "partner", "took_ms": 12.3}
    logged = line(1, "partner called", **call, attempt=2, circuit="HALF_OPEN", reason="status 503")
    (found,) = shown(list(trace.parse(by_f(logged), RFQ, PLAIN)), width=140)
    assert found.endswith("p-comet quote → partner  12 ms attempt=2 circuit=HALF_OPEN reason=status 503")


@pytest.mark.parametrize(
    ("queue", "name"),
    [
        ("wild-rydes-reply-s", "reply queue"),
        ("wild-rydes-reply-another", "reply queue of another"),
        ("s-inbox", "inbox"),
        ("elsewhere", "elsewhere"),
    ],
)
def test_queues_have_short_names(queue: str, name: str) -> None:
    (found,) = shown(
        list(trace.parse(by_f(line(1, "received", queue=queue, sent_at=SECOND_ONE)), RFQ, PLAIN))
    )
    assert found.endswith(f"received  in {name}")


def test_a_queue_of_an_environment_has_its_plain_name() -> None:
    logged = by_f(line(1, "received", queue="blue-s-inbox", sent_at=SECOND_ONE))
    assert [found.queue for found in trace.parse(logged, RFQ, Names("blue"))] == ["s-inbox"]


# Ids


RIDE = f"{RFQ}.1"
EVENT = "0199a000-1111-7000-8000-000000000009"
NOTIFICATION = "7e43f266-8bad-4ad0-9f7c-59f3f76e75fb"


def an_account() -> fake_logs.Logs:
    """A booking, its ride, its survey and a reply, whose notification is all the id it came with."""
    logs = fake_logs.Logs()
    for second, function, text in (
        (1, "ride-booking-api", line(1, "asked")),
        (2, "ride-booking-outbox", line(2, "published", event_id=EVENT)),
        (3, "unicorn-mgmt-bookings", line(3, "confirmed", ride_id=RIDE)),
        (4, "unicorn-mgmt-p-comet-rides", line(4, "partner called")),
        (5, "feedback-rides", line(5, "opened", ride_id=RIDE)),
        (6, "feedback-replies", line(6, "reply", ride_id=RIDE, correlation_id=NOTIFICATION)),
        (7, "feedback-outreach", line(7, "outreach", ride_id=f"{RFQ}9.1", correlation_id="another")),
        (8, "ride-booking-api", line(8, "another", correlation_id="0199a000-0000-7000-8000-000000000002")),
    ):
        logs.log(SECOND_ONE - 1000 + second * 1000, text, function)
    return logs


WHOLE = ["asked", "published", "confirmed", "partner called", "opened", "reply"]


@pytest.mark.parametrize("id_", [RFQ, RIDE, EVENT, NOTIFICATION], ids=["rfq", "ride", "event", "reply"])
def test_any_id_leads_to_the_rfq_and_all_that_came_of_it(id_: str) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    assert [one.what for one in trace.lines(an_account(), id_, since=since)] == WHOLE


@pytest.mark.parametrize("id_", ["nobody", ".1", RFQ[:-1], RFQ[1:], "000000000001.1"])
def test_an_id_of_which_nobody_has_heard_is_about_nothing(id_: str) -> None:
    assert trace.lines(an_account(), id_, since=datetime(2026, 1, 1, tzinfo=UTC)) == []


def test_an_id_that_has_a_time_in_it_is_looked_for_from_a_minute_before_it_on() -> None:
    made = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    stamp = f"{round(made.timestamp() * 1000):012x}"
    id_ = f"{stamp[:8]}-{stamp[8:]}-7000-8000-000000000001"
    for text in (id_, f"{id_}.2"):
        assert trace.born(text) == made - timedelta(minutes=1)
    assert trace.born("7e43f266-8bad-4ad0-9f7c-59f3f76e75fb") is None  # version 4 has none
    logs = fake_logs.Logs()
    at = made.timestamp() * 1000
    logs.log(round(at) - 3_600_000, fake_logs.line(at - 3_600_000, "long before", correlation_id=id_))
    logs.log(round(at), fake_logs.line(at, "asked", correlation_id=id_))
    assert [one.what for one in trace.lines(logs, id_)] == ["asked"]
    everything = datetime(2026, 1, 1, tzinfo=UTC)
    assert len(trace.lines(logs, id_, since=everything)) == 2
