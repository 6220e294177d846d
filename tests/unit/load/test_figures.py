"""Figures of a load test: quantiles, RFQs that still wait, the knee, and what is lost."""

import math

import pytest

from tests.load.figures import Phase, Seen, Step, knee, lost, quantile, step, waits

PHASE = Phase("ramp", 1.0, 100.0, 110.0)


def seen(name: str, due: float, seconds: float = 0.0, error: str | None = None) -> Seen:
    return Seen("seen", name, "poller", due, due + seconds, seconds, error)


def of(p95: float, completed: float = 1.0) -> Step:
    return Step(PHASE, 1.0, completed, (p95 / 2, p95, p95), 0.0, 0.0, {})


def test_a_quantile_is_a_value_that_was_seen() -> None:
    assert [quantile([4, 1, 3, 2], part) for part in (0.0, 0.5, 0.75, 0.76, 1.0)] == [1, 2, 3, 4, 4]
    assert math.isnan(quantile([], 0.5))


def test_who_still_waits_has_waited_since_it_was_due() -> None:
    journal = [
        *(seen("due", at) for at in (100, 101, 102, 102, 103)),
        seen("all quotes", 100, 2.0),
        seen("all quotes", 102, 60.0, "by deadline"),
        seen("accepted", 103, 1.0, "refused"),
    ]
    assert sorted(waits(journal, now=110)) == [2.0, 8.0, 9.0, 60.0]


def test_a_step_counts_what_came_and_what_was_completed_meanwhile() -> None:
    journal = [
        seen("due", 95),
        seen("all quotes", 95, 6.0),  # came before, was completed meanwhile
        seen("due", 101),
        seen("sent", 101, 0.5),
        seen("all quotes", 101, 3.0),
        seen("due", 109),
        seen("all quotes", 109, 5.0),  # came meanwhile, was completed later
        Seen("GET", "GET RFQ", "poller", 101, 102, 0.5, "503"),
        Seen("GET", "GET RFQ", "poller", 109, 111, 1.5, None),  # half a second of it meanwhile
    ]
    found = step(journal, PHASE, now=120)
    assert (found.offered, found.completed) == (0.2, 0.2)
    assert found.all_quotes == (3.0, 5.0, 5.0)
    assert (found.lag, found.errors) == (0.5, {"503": 1})
    assert found.at_once == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([of(1), of(2), of(3)], None),
        ([of(1), of(2), of(3.1)], 2),
        ([of(1), of(9), of(2), of(9), of(9)], 3),  # one slow step that the system recovers from is no knee
        ([of(1), of(2, completed=0.89), of(2, completed=0.5)], 1),
        ([of(1, completed=0.5)], None),  # there is nothing to compare it to
    ],
)
def test_the_knee_is_where_no_step_holds_any_more(steps: list[Step], expected: int | None) -> None:
    assert knee(steps) == expected


def test_lost_is_what_was_accepted_and_never_ended() -> None:
    journal = [
        *(seen("accepted", at) for at in (1, 2, 3)),
        seen("accepted", 4, error="refused"),
        seen("all quotes", 1),
        seen("all quotes", 2, 60, "by deadline"),
        seen("all quotes", 3, 150, "never completed"),
    ]
    assert lost(journal) == 1
