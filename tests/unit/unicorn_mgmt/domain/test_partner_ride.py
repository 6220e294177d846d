"""The rules of a ride with a partner, whatever is told in whatever order."""

from typing import Literal

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


Step = RideNews | Literal["doubt", "give up"] | None


def after(ride: PartnerRide, *steps: Step) -> PartnerRide:
    """What becomes of a ride: news of the partner, what came of our calls, and None for the end of the booking."""
    for step in steps:
        match step:
            case None:
                ride = ride.release(NOW)
            case "doubt":
                ride = ride.doubt(NOW)
            case "give up":
                ride = ride.give_up(NOW)
            case _:
                ride = ride.heard(step, NOW)
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
        (["give up"], "refused", 1),
        (["give up", None], "refused", 1),
        (["give up", Confirmed()], "refused", 2),
        (["doubt", "give up"], "asked", 0),
        (["doubt", None], "released", 1),
        (["give up", "doubt", "doubt"], "refused", 2),  # said too soon: the partner may have it after all
        ([Declined("none-free"), "doubt"], "refused", 0),  # the partner itself has said so
        ([Confirmed(), "give up", "doubt"], "confirmed", 0),
        ([None, "doubt", "give up"], "released", 1),
    ],
)
def test_what_becomes_of_a_ride(told: list[Step], state: str, cancels: int) -> None:
    ride = after(ASKED, *told)
    assert (ride.state, ride.cancels) == (state, cancels)


def test_a_refusal_keeps_its_reason() -> None:
    assert after(ASKED, Declined("none-free"), Declined("other")).reason == "none-free"


def test_a_booking_that_ended_before_the_question_has_nothing_to_cancel() -> None:
    ride = released("rfq-1.1", "p-comet", NOW)
    assert (after(ride, None).state, ride.cancels) == ("released", 0)


@given(st.lists(st.sampled_from([*NEWS, "doubt", "give up", None]), max_size=30))
def test_no_end_is_undone_and_every_late_yes_is_cancelled(told: list[Step]) -> None:
    ride, seen = ASKED, ["asked"]
    for step in told:
        before, ride = ride, after(ride, step)
        if ride.state != before.state:
            assert before.state in ("asked", "confirmed")
            assert ride.state not in seen
            seen.append(ride.state)
        late_yes = step == Confirmed() and before.state in ("refused", "released")
        let_go = step is None and before.state in ("asked", "confirmed")
        said_too_soon = step == "doubt" and before.reason == "partner-unavailable" and not before.doubtful
        given_up = step == "give up" and before.state == "asked" and not before.doubtful
        assert ride.cancels - before.cancels == int(late_yes or let_go or said_too_soon or given_up)
        if step == "give up" and ride.state != before.state:
            assert not before.doubtful
        if not late_yes:
            assert after(ride, step) == ride or (
                step == Confirmed() and ride.state in ("refused", "released")
            )
