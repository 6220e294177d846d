import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.rydes.operator import trace

SECOND_ONE = 1795250701000  # milliseconds since 1970
RFQ = "0199a000-0000-7000-8000-000000000001"


def line(second: float, message: str, **fields: Any) -> str:
    stamp = f"2026-11-21 08:45:{second:06.3f}+0000".replace(".", ",")
    return json.dumps(
        {"timestamp": stamp, "message": message, "correlation_id": RFQ, "service": "s", **fields}
    )


def by_f(*logged: str) -> list[tuple[str, str]]:
    return [("f", message) for message in logged]


def test_only_lines_of_this_rfq_are_kept() -> None:
    logged = [
        "START RequestId: 1 Version: $LATEST",
        line(1, "ours"),
        line(2, "another's", correlation_id="0199a000-0000-7000-8000-000000000002", rfq=RFQ),
        json.dumps([RFQ]),
        f'{{"correlation_id": "{RFQ}", "cut o',
    ]
    assert [found.what for found in trace.parse(by_f(*logged), RFQ)] == ["ours"]


def test_a_received_message_tells_how_long_it_was_under_way() -> None:
    logged = line(1.250, "received", sent_at=SECOND_ONE + 100, queue="inbox", cold_start=True)
    (found,) = trace.parse(by_f(logged), RFQ)
    assert found.waited_ms == pytest.approx(150)
    assert found.queue == "inbox"
    assert found.cold


@given(st.lists(st.integers(0, 59), min_size=1))
def test_lines_are_sorted_by_time_and_equal_times_stay_as_written(seconds: list[int]) -> None:
    logged = [line(second, str(place)) for place, second in enumerate(seconds)]
    found = sorted(trace.parse(by_f(*logged), RFQ))
    expected = [place for _, place in sorted((second, place) for place, second in enumerate(seconds))]
    assert [int(entry.what) for entry in found] == expected


def test_a_reader_who_polls_is_no_part_of_the_way() -> None:
    call = {"path": "/instant-ride-rfqs", "status": 202}
    logged = by_f(line(1, "answered", method="POST", **call), line(2, "answered", method="GET", **call))
    assert [found.what for found in trace.parse(logged, RFQ)] == ["POST /instant-ride-rfqs → 202"]
