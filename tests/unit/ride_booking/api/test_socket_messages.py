"""What a client makes of a snapshot and the updates."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ride_booking.api.socket_messages import State
from ride_booking.domain.rfq import Completion, Rfq
from ride_booking.domain.ride import TIME_TO_CONFIRM
from tests.support.ride_booking.connections import quoting
from tests.support.ride_booking.world import DEADLINE, NOW, rfq

steps = st.one_of(
    st.sampled_from(["u-a", "u-b", "u-c"]).map(quoting),
    st.just(lambda found: found.close(DEADLINE)),
    st.sampled_from(["u-a", "u-b"]).map(lambda key: lambda found: booking(found, key)),
    st.just(lambda found: found.change_ride(1, lambda ride: ride.confirm(NOW))),
    st.just(lambda found: found.change_ride(1, lambda ride: ride.time_out(NOW + TIME_TO_CONFIRM))),
)


def booking(found: Rfq, responder: str) -> Rfq:
    may = found.completion and responder in dict(found.quotes()) and not any(r.live for r in found.rides)
    return found.book(responder, NOW) if may else found


@given(st.lists(steps, max_size=12), st.data())
def test_snapshot_and_updates_make_the_state_whatever_comes_twice_or_first(
    changes: list[Callable[[Rfq], Rfq]], data: st.DataObject
) -> None:
    """A client that keeps what is newer than its snapshot sees what a fresh snapshot shows."""
    states = [rfq()]
    for change in changes:
        after = change(states[-1])
        if after != states[-1]:
            states.append(replace(after, revision=states[-1].revision + 1))
    start = data.draw(st.integers(0, len(states) - 1))
    updates = [State.update(old, new) for old, new in pairwise(states)]
    pushed = [update for update in updates if update]
    repeated = data.draw(st.integers(0, len(pushed)))
    seen = State.snapshot(states[start], NOW)
    quotes = {quote.quote_id: quote for quote in seen.quotes}
    rides = {ride.id: ride for ride in seen.rides}
    last = seen
    for update in [*pushed[:repeated], *pushed]:
        if update.revision > last.revision:
            quotes |= {quote.quote_id: quote for quote in update.quotes}
            rides |= {ride.id: ride for ride in update.rides}
            last = update
    whole = State.snapshot(states[-1], NOW)
    assert quotes == {quote.quote_id: quote for quote in whole.quotes}
    assert rides == {ride.id: ride for ride in whole.rides}
    assert (last.status, last.completed_by) == (whole.status, whole.completed_by)


def test_completion_alone_is_an_update() -> None:
    old = rfq()
    new = replace(old, completion=Completion("deadline", DEADLINE))
    update = State.update(old, new)
    assert update
    assert update.completed_by == "deadline"
