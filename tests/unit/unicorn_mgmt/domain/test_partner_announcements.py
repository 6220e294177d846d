"""What a change of a partner's ride or circuit tells, whatever table it comes from."""

from datetime import timedelta

import pytest

from tests.support.unicorn_mgmt.partner_samples import ASKED
from tests.support.unicorn_mgmt.world import NOW
from unicorn_mgmt.domain.partner_announcements import circuit_closed, circuit_opened, events_of, orders_of
from unicorn_mgmt.domain.partner_ride import Completed, Confirmed, Declined, PartnerRide, RideNews, released
from wild_rydes_contracts import RideCompleted, RideConfirmed, RideRejected

LATER = NOW + timedelta(seconds=1)


def test_a_new_ride_is_ordered_with_its_deadline() -> None:
    [order] = orders_of(None, ASKED)
    assert (order.data.what, order.data.partner_id, order.data.ride_id) == ("book", "p-comet", "rfq-1.1")
    assert (order.metadata.deadline, order.metadata.correlation_id) == (ASKED.deadline, "rfq-1")
    assert not [*events_of(None, ASKED)]


@pytest.mark.parametrize(
    ("news", "event"),
    [(Confirmed(), RideConfirmed), (Declined("none-free"), RideRejected), (Completed(), RideCompleted)],
)
def test_what_the_partner_says_goes_to_the_bus(news: RideNews, event: type) -> None:
    after = ASKED.heard(news, NOW)
    [envelope] = events_of(ASKED, after)
    assert isinstance(envelope.data, event)
    assert not [*orders_of(ASKED, after)]
    match envelope.data:
        case RideRejected(reason=reason):
            assert reason == "none-free"
        case RideCompleted() as completed:
            assert (completed.customer_id, completed.completed_at) == ("customer-1", NOW)
            assert completed.time_zone == "America/Los_Angeles"


def test_an_end_is_ordered_without_a_deadline_and_the_bus_knows_it() -> None:
    after = ASKED.release(NOW)
    [order] = orders_of(ASKED, after)
    assert (order.data.what, order.metadata.deadline) == ("cancel", None)
    assert not [*events_of(ASKED, after)]


def test_a_ride_that_is_given_up_is_rejected_and_cancelled() -> None:
    after = ASKED.give_up(NOW)
    [rejected], [order] = events_of(ASKED, after), orders_of(ASKED, after)
    assert (rejected.data.name, order.data.what, order.metadata.deadline) == ("RideRejected", "cancel", None)


def test_a_yes_that_comes_too_late_is_cancelled_again_under_an_id_of_its_own() -> None:
    let_go = ASKED.release(NOW)
    [first] = orders_of(ASKED, let_go)
    [second] = orders_of(let_go, let_go.heard(Confirmed(), LATER))
    assert first.data == second.data
    assert first.metadata.event_id != second.metadata.event_id


def test_an_end_before_the_question_tells_nothing() -> None:
    ride = released("rfq-1.1", "p-comet", NOW)
    assert not [*events_of(None, ride), *orders_of(None, ride)]


@pytest.mark.parametrize("state", ["confirmed", "refused", "completed"])
def test_a_ride_without_terms_has_nothing_to_announce_with(state: str) -> None:
    ride = PartnerRide("rfq-1.1", "p-comet", state, NOW)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="without terms"):
        [*events_of(ASKED, ride)]


def test_each_turn_of_a_circuit_has_an_id_of_its_own_and_a_reason_that_fits() -> None:
    opened = circuit_opened("p-comet", 3, reason="x" * 300, at=NOW, retry_at=LATER)
    again = circuit_opened("p-comet", 5, reason="x" * 300, at=NOW, retry_at=LATER)
    closed = circuit_closed("p-comet", 4, reason="x" * 300, at=NOW)
    assert len({envelope.metadata.event_id for envelope in (opened, again, closed)}) == 3
    assert opened.metadata.correlation_id == "circuit#p-comet/3"
    assert {len(envelope.data.reason) for envelope in (opened, closed)} == {200}  # type: ignore[attr-defined]
