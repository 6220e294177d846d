"""Who has a call, and how it ends."""

from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.callback import AlreadyClosed, Callback, CallOutcome, ClaimedByAnother, NotClaimed
from tests.support.feedback.world import NOON

MINUTE = timedelta(minutes=1)
HALF_AN_HOUR = 30 * MINUTE
CALL = Callback(NOON)
CLAIMED = CALL.claimed("ann", NOON, HALF_AN_HOUR)


def test_a_claim_is_its_agents_until_it_lapses() -> None:
    assert (CALL.holder(NOON), CLAIMED.holder(NOON)) == (None, "ann")
    almost, lapsed = NOON + HALF_AN_HOUR - MINUTE, NOON + HALF_AN_HOUR
    with pytest.raises(ClaimedByAnother) as refused:
        CLAIMED.claimed("bob", almost, HALF_AN_HOUR)
    assert refused.value.until == NOON + HALF_AN_HOUR
    assert CLAIMED.holder(lapsed) is None
    assert CLAIMED.claimed("bob", lapsed, HALF_AN_HOUR).holder(lapsed) == "bob"


def test_its_agent_may_have_it_longer() -> None:
    longer = CLAIMED.claimed("ann", NOON + 20 * MINUTE, HALF_AN_HOUR)
    assert longer.holder(NOON + 49 * MINUTE) == "ann"
    assert longer.holder(NOON + 50 * MINUTE) is None


def test_only_its_agent_may_leave_it_to_others() -> None:
    with pytest.raises(ClaimedByAnother):
        CLAIMED.released("bob", NOON)
    assert CLAIMED.released("ann", NOON) == CALL
    assert CALL.released("ann", NOON) == CALL


def test_only_its_agent_may_close_it_and_not_after_it_has_lapsed() -> None:
    with pytest.raises(ClaimedByAnother):
        CLAIMED.closed("bob", "reached", NOON)
    for call, at in ((CALL, NOON), (CLAIMED, NOON + HALF_AN_HOUR)):
        with pytest.raises(NotClaimed):
            call.closed("ann", "reached", at)
    closed = CLAIMED.closed("ann", "reached", NOON + MINUTE)
    assert closed == Callback(NOON, outcome="reached", closed_at=NOON + MINUTE, closed_by="ann")


def test_closing_is_final_and_may_be_repeated() -> None:
    closed = CLAIMED.closed("ann", "reached", NOON)
    assert closed.closed("ann", "reached", NOON + MINUTE) == closed
    for agent, outcome in (("ann", "not-reached"), ("bob", "reached")):
        with pytest.raises(AlreadyClosed):
            closed.closed(agent, outcome, NOON)  # type: ignore[arg-type]
    with pytest.raises(AlreadyClosed):
        closed.claimed("ann", NOON, HALF_AN_HOUR)
    assert closed.released("bob", NOON) == closed


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "cid"]),
        st.sampled_from(["claim", "claim", "release", *get_args(CallOutcome)]),
        st.integers(0, 31),
    ),
    max_size=12,
)


@given(STEPS)
def test_nobody_takes_a_call_from_its_agent_and_the_first_end_counts(
    steps: list[tuple[str, str, int]],
) -> None:
    """Whatever agents do in whatever order. What must hold is told from who had the call before."""
    call, now = CALL, NOON
    for agent, what, minutes in steps:
        now += minutes * MINUTE
        before, holder = call, call.holder(now)
        try:
            match what:
                case "claim":
                    call = call.claimed(agent, now, HALF_AN_HOUR)
                    assert call.holder(now) == agent
                case "release":
                    call = call.released(agent, now)
                    assert call.holder(now) is None
                case _:
                    call = call.closed(agent, what, now)  # type: ignore[arg-type]
                    assert call.closed_by == agent
        except (ClaimedByAnother, NotClaimed, AlreadyClosed):
            assert holder != agent
            assert call == before
        else:
            assert call == before or holder in (None, agent)
        if before.closed_at:
            assert call == before
