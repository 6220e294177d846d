"""A booking over both services' rules: every order in which things can happen in a small world, and many in a larger one.

`test_partner_saga` brings partner fleets in.
"""

import random
from collections import deque
from dataclasses import replace

import pytest

from ride_booking.domain.ride import TIME_TO_CONFIRM, TIMED_OUT
from tests.saga.states import STEP, State, World

SMALL = {
    "two customers race for one unicorn": World(bookings=(1, 1), unicorns=1, booking=0, last=1),
    "a customer books again, the same unicorn or another": World(
        bookings=(2,), unicorns=2, booking=1, last=2
    ),
}
LARGE = World(bookings=(2, 2, 1), unicorns=2, booking=1, last=2)
WALKS = 300
PEOPLE = 0.3
"""How often somebody does something, if there is anything to do."""


def check_always(state: State) -> None:
    for rides in state.rides:
        assert sum(ride.live for ride in rides) <= 1, "a customer waits for one ride at a time"
    for holding in state.unicorns:
        assert holding.ride is None or holding.ride.id not in dict(holding.recent), (
            "a ride that is over begins anew"
        )
    for id_, ride in state.all_rides().items():
        assert (ride.status == "rejected") == (ride.reason is not None)
        if ride.status in ("confirmed", "completed"):
            assert id_ in state.taken(ride.responder), "a ride was promised that no unicorn has taken"


def check_at_rest(state: State) -> None:
    rides = state.all_rides()
    assert not [id_ for id_, ride in rides.items() if ride.status == "pending"], "a booking is lost"
    for responder, holding in state.holdings().items():
        own = {id_: ride for id_, ride in rides.items() if ride.responder == responder}
        confirmed = [id_ for id_, ride in own.items() if ride.status == "confirmed"]
        assert len(confirmed) <= 1, "two confirmed rides for one unicorn"
        assert confirmed == ([holding.ride.id] if holding.ride else []), "busy with its ride, or free"
        for id_, ride in own.items():
            assert ride.status != "completed" or dict(holding.recent)[id_].outcome == "completed"


def check_replays(state: State) -> None:
    """Each message by itself changes nothing any more, so all together in any order do not."""
    for later in (0, 11, 24 * 60):
        then = replace(state, clock=state.clock + later)
        for message in state.sent:
            assert then.delivered(message) == then, f"a replay of {message.says} changes what is settled"


def check_step(before: State, after: State) -> None:
    later = after.all_rides()
    for id_, ride in before.all_rides().items():
        if ride.status in ("rejected", "completed"):
            assert later[id_] == ride, "an end is undone"
        assert ride.status != "confirmed" or later[id_].reason != TIMED_OUT, "a confirmed ride times out"


@pytest.mark.parametrize("world", SMALL.values(), ids=SMALL.keys())
def test_whatever_happens_in_whatever_order(world: World) -> None:
    """Every state that can be reached; a violation is shown with a shortest way to it."""
    came_from: dict[State, State | None] = {world.start: None}
    waiting = deque(came_from)
    at_rest = 0
    while waiting:
        state = waiting.popleft()
        at_rest += state.at_rest
        try:
            check_always(state)
            if state.at_rest:
                check_at_rest(state)
                check_replays(state)
            for following in (*state.by_itself(), *state.by_people()):
                check_step(state, following)
                if following not in came_from:
                    came_from[following] = state
                    waiting.append(following)
        except AssertionError as violation:
            pytest.fail(f"{violation}:\n{way_to(state, came_from)}")
    assert at_rest > 100, "the world is not too small to say anything"


def way_to(state: State | None, came_from: dict[State, State | None]) -> str:
    lines: list[str] = []
    while state:
        lines.append(str(state))
        state = came_from[state]
    return "\n".join(reversed(lines))


def test_whatever_happens_in_a_larger_world() -> None:
    chance = random.Random(1)
    for _ in range(WALKS):
        state = LARGE.start
        while not state.at_rest:
            people = state.by_people() if chance.random() < PEOPLE else []
            following = chance.choice(people or state.by_itself())
            check_step(state, following)
            check_always(following)
            state = following
        check_at_rest(state)
        check_replays(state)


def test_time_passes_beyond_every_deadline() -> None:
    for world in (*SMALL.values(), LARGE):
        assert (world.last - world.booking) * STEP >= TIME_TO_CONFIRM
