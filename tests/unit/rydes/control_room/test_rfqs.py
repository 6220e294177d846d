import itertools
import json
from typing import Any

from infra.rydes.control_room.rfqs import MINUTES, Rfqs
from infra.rydes.operator.log_events import LogEvent

BEGAN = 1795780801000.0


def line(seconds: float, **entry: Any) -> LogEvent:
    stamp = f"2026-11-27T12:00:{1 + seconds:06.3f}Z"
    return LogEvent(
        1, "function", "stream", json.dumps({"timestamp": stamp, "correlation_id": "rfq", **entry})
    )


REQUESTED = line(0, message="published", message_type="RfqRequested", service="ride-booking")
GATHERED = line(1, message="gathered", asked=5, quoted=2, declined=1)
OVER = line(
    4, message="rfq over", completed_by="all-answered", asked=5, quoted=3, declined=2, silent=0, first_quote_ms=900,
    rfq_ms=4000,
)  # fmt: skip
BOOKED = line(5, message="published", message_type="QuoteAccepted")
DONE = line(9, message="published", message_type="RideCompleted")


def test_an_rfq_is_the_same_in_whatever_order_its_lines_come() -> None:
    for lines in itertools.permutations([REQUESTED, GATHERED, OVER]):
        rfqs = Rfqs()
        for each in (*lines, BOOKED, DONE, *lines, BOOKED):
            rfqs.take(each)
        [rfq] = rfqs.newest(10)
        assert (rfq.id, rfq.began, rfq.status, rfq.completed_by) == (
            "rfq",
            BEGAN,
            "completed",
            "all-answered",
        )
        assert (rfq.asked, rfq.quoted, rfq.declined, rfq.first_quote_ms, rfq.rfq_ms) == (5, 3, 2, 900, 4000)
        assert rfq.ride == "completed"


def test_one_that_gathers_answers_is_running() -> None:
    rfqs = Rfqs()
    for each in (REQUESTED, GATHERED):
        assert rfqs.take(each)
    [rfq] = rfqs.newest(10)
    assert (rfq.status, rfq.asked, rfq.quoted, rfq.rfq_ms) == ("running", 5, 2, None)


def test_the_first_quote_is_known_while_others_are_awaited() -> None:
    rfqs = Rfqs()
    for each in (REQUESTED, line(0.5, message="gathered", asked=5, quoted=0, declined=1)):
        rfqs.take(each)
    [rfq] = rfqs.newest(10)
    assert rfq.first_quote_ms is None
    for each in (GATHERED, line(2, message="gathered", asked=5, quoted=3, declined=1)):
        rfqs.take(each)
    assert rfq.first_quote_ms == 1000


def test_lines_about_something_else_change_nothing() -> None:
    rfqs = Rfqs()
    for each in (BOOKED, line(0, message="received"), LogEvent(1, "function", "stream", "START")):
        assert rfqs.take(each) is None
    assert rfqs.newest(10) == []


def test_figures_are_of_the_last_minutes() -> None:
    rfqs = Rfqs()
    for each in (REQUESTED, OVER, BOOKED):
        rfqs.take(each)
    soon = rfqs.figures(BEGAN + 30_000)
    assert (soon["rfqs"], soon["rfqs_a_minute"], soon["running"], soon["rides"]) == (1, 1, 0, 1)
    assert (soon["first_quote_ms"], soon["completion_ms"], soon["all_answered"]) == (900, 4000, 1)
    assert rfqs.figures(BEGAN + 90_000)["rfqs_a_minute"] == 0
    late = rfqs.figures(BEGAN + MINUTES * 60_000 + 1)
    assert (late["rfqs"], late["first_quote_ms"], late["all_answered"]) == (0, None, None)


def test_of_nobody_nobody_has_answered() -> None:
    rfqs = Rfqs()
    rfqs.take(REQUESTED)
    rfqs.take(line(1, message="rfq over", completed_by="all-answered", asked=0, rfq_ms=900))
    assert rfqs.figures(BEGAN + 30_000)["all_answered"] is None
    rfqs.take(line(2, message="rfq over", correlation_id="b", completed_by="deadline", asked=2, rfq_ms=900))
    assert rfqs.figures(BEGAN + 30_000)["all_answered"] == 0


def test_only_the_newest_are_kept() -> None:
    rfqs = Rfqs()
    for number in range(600):
        rfqs.take(
            line(
                number / 20, message="published", message_type="RfqRequested", correlation_id=f"rfq-{number}"
            )
        )
    kept = [rfq.id for rfq in rfqs.newest(1000)]
    assert (kept[0], kept[-1], len(kept)) == ("rfq-599", "rfq-100", 500)
