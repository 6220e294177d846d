"""The rules of a ride with a partner, whatever is told in whatever order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.unicorn_mgmt.partner_samples import ASKED
from tests.support.unicorn_mgmt.world import NOW
from unicorn_mgmt.domain.partner_ride import (
    Completed,
    Confirmed,
    Declined,
    PartnerRide,
    RideNews,
    released,
)

NEWS: list[RideNews] = [Confirmed(), Declined("none-free"), Completed()]


def after(ride: PartnerRide, *steps: RideNews | None) -> PartnerRide:
    """What becomes of a ride: news of the partner, and None for the end of the booking."""
    for step in steps:
        ride = ride.heard(step, NOW) if step else ride.release(NOW)
    return ride


@pytest.mark.parametrize(
    ("told", "state", "cancels"),
    [
        ([Confirmed()], "confirmed", 0),
        ([Confirmed(), Completed()], "completed", 0),
        ([Completed()], "completed", 0),  # faster than the answer to our call
        ([Declined("none-free")], "refused", 0),
        ([Confirmed(), Declined("cancelled-by-partner")], "refused", 0),
        ([None], "released", 1),  # it may have been called
        ([Confirmed(), None], "released", 1),
        ([None, Confirmed()], "released", 2),  # the yes was on its way
        ([Declined("none-free"), None], "refused", 0),
        ([Declined("none-free"), Confirmed()], "refused", 1),
        ([None, Completed()], "released", 1),
        ([Confirmed(), Completed(), None], "completed", 0),
        ([Completed(), Confirmed(), Declined("x")], "completed", 0),
    ],
)
def test_what_becomes_of_a_ride(told: list[RideNews | None], state: str, cancels: int) -> None:
    ride = after(ASKED, *told)
    assert (ride.state, ride.cancels) == (state, cancels)


def test_a_refusal_keeps_its_reason() -> None:
    assert after(ASKED, Declined("none-free"), Declined("other")).reason == "none-free"


def test_a_booking_that_ended_before_the_question_has_nothing_to_cancel() -> None:
    ride = released("rfq-1.1", "p-comet", NOW)
    assert (after(ride, None).state, ride.cancels) == ("released", 0)


@given(st.lists(st.sampled_from([*NEWS, None]), max_size=30))
def test_no_end_is_undone_and_every_late_yes_is_cancelled(told: list[RideNews | None]) -> None:
    ride, seen = ASKED, ["asked"]
    for step in told:
        before, ride = ride, after(ride, step)
        if ride.state != before.state:
            assert before.state in ("asked", "confirmed")
            assert ride.state not in seen
            seen.append(ride.state)
        late_yes = step == Confirmed() and before.state in ("refused", "released")
        let_go = step is None and before.state in ("asked", "confirmed")
        assert ride.cancels - before.cancels == (1 if late_yes or let_go else 0)
        if not late_yes:
            assert after(ride, step) == ride or (
                step == Confirmed() and ride.state in ("refused", "released")
            )
