"""A unicorn and its rides, whatever comes in whatever order."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.support.unicorn_mgmt.world import AIRPORT, CARD, NOW, SPACE_NEEDLE
from unicorn_mgmt.domain.unicorn import REMEMBERED_FOR, Ride, Unicorn

RIDES = [f"rfq-{i}.1" for i in range(4)]

Rule = Callable[[Unicorn, datetime], Unicorn]


def take(ride_id: str) -> Rule:
    return lambda unicorn, now: unicorn.take(Ride(ride_id, ride_id[:-2], "c", now))


def end(ride_id: str, outcome: str) -> Rule:
    return lambda unicorn, now: unicorn.end(ride_id, outcome, now)  # type: ignore[arg-type]


def release(ride_id: str) -> Rule:
    return lambda unicorn, now: unicorn.release(ride_id, now, now)


@dataclass
class Step:
    name: str
    ride_id: str
    rule: Rule


rides = st.sampled_from(RIDES)
steps = st.one_of(
    rides.map(lambda ride_id: Step("take", ride_id, take(ride_id))),
    st.tuples(rides, st.sampled_from(["completed", "cancelled"])).map(
        lambda pair: Step("end", pair[0], end(*pair))
    ),
    rides.map(lambda ride_id: Step("release", ride_id, release(ride_id))),
    st.sampled_from([SPACE_NEEDLE, AIRPORT, None]).map(
        lambda place: Step("report", "", lambda unicorn, now: unicorn.report(place, now))
    ),
)
FREE = Unicorn("u-1", "Shadowfax", CARD, auto_quote=False, position=SPACE_NEEDLE)


@given(st.lists(steps, max_size=60), st.integers(0, 3))
def test_a_ride_begins_once_and_one_at_a_time_and_every_end_is_remembered(
    journey: list[Step], seconds: int
) -> None:
    unicorn, begun, over = FREE, list[str](), set[str]()
    for i, step in enumerate(journey):
        now = NOW + timedelta(seconds=i * seconds)  # a minute or three: as long as a booking's messages live
        before, unicorn = unicorn, step.rule(unicorn, now)
        if unicorn.ride != before.ride:
            assert before.ride is None or unicorn.ride is None  # never from one ride to the next in one step
            if unicorn.ride:
                begun.append(unicorn.ride.id)
                assert unicorn.ride.id not in over
            elif before.ride:
                over.add(before.ride.id)
                assert before.ride.id in unicorn.recent
        if step.name == "release":
            over.add(step.ride_id)
            assert unicorn.ride is None or unicorn.ride.id != step.ride_id
        assert (unicorn.cell is not None) == (unicorn.position is not None and unicorn.ride is None)
        assert step.rule(unicorn, now) == unicorn  # a duplicate changes nothing
    assert len(begun) == len(set(begun))


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 60)), max_size=120))
def test_what_is_remembered_is_little_and_not_old(ends: list[tuple[int, int]]) -> None:
    unicorn, now = FREE, NOW
    for number, seconds in ends:
        now += timedelta(seconds=seconds)
        before, unicorn = unicorn, unicorn.release(f"rfq-{number}.1", now, now)
        assert f"rfq-{number}.1" in unicorn.recent
        assert len(unicorn.recent) <= 50
        if unicorn != before:
            assert all(now - ending.at < REMEMBERED_FOR for ending in unicorn.recent.values())
