"""How often a customer is asked at most."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.frequency_cap import MONTH, Capped, FrequencyCap
from tests.support.feedback.world import NOON

CAP = FrequencyCap(every=timedelta(days=1), a_month=4)
TICK = timedelta(milliseconds=1)


def test_the_limits_to_the_millisecond() -> None:
    once = [NOON]
    four = [NOON + timedelta(days=days) for days in (0, 2, 5, 20)]
    late = [NOON + timedelta(days=days) for days in (0, 2, 5, 29.5)]
    for asked, until, why in (
        (once, NOON + timedelta(days=1), "too soon"),
        (four[:3], NOON + timedelta(days=6), "too soon"),
        (four, NOON + MONTH, "too often"),
        (late, late[-1] + timedelta(days=1), "too soon"),  # of two reasons the one that lasts longer
    ):
        assert CAP.check(asked, asked[-1]) == Capped(why, until), asked  # type: ignore[arg-type]
        assert CAP.check(asked, until - TICK) == Capped(why, until), asked  # type: ignore[arg-type]
        assert CAP.check(asked, until) is None, asked
    assert CAP.check([], NOON) is None


@given(st.lists(st.floats(0, 20), max_size=20), st.integers(1, 5))
def test_no_month_has_more_and_what_is_kept_is_enough_to_know(pauses: list[float], a_month: int) -> None:
    cap = FrequencyCap(every=timedelta(days=1), a_month=a_month)
    now, kept, asked = NOON, [], []  # type: ignore[var-annotated]
    for pause in pauses:
        now += timedelta(days=pause)
        assert cap.check(kept, now) == cap.check(asked, now)
        if cap.check(kept, now) is None:
            kept, asked = [*cap.noted(kept, now)], [*asked, now]
    assert len(kept) <= a_month
    for at in asked:
        assert len([other for other in asked if at <= other < at + MONTH]) <= a_month
        assert len([other for other in asked if at <= other < at + cap.every]) == 1
