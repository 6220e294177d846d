import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.unicorn_mgmt.world import SPACE_NEEDLE, vehicle
from tests.unit.unicorn_mgmt.domain.test_vicinity import awkward, bearings, starts, travel
from unicorn_mgmt.domain.fleet_search import MOST_READ, FleetSearch, _disc
from unicorn_mgmt.domain.unicorn import Place, distance_km
from unicorn_mgmt.domain.vehicle import COARSE, FINE, Filed, Vehicle
from unicorn_mgmt.domain.vicinity import MAX_FOUND, REACH_KM, Nearby

PAGE_SIZE = 64
"""As the table has it."""


@dataclass
class Page:
    vehicles: Sequence[Vehicle]
    complete: bool


class Fleet:
    """Vehicles by their cells, as the index has them, and the areas that were read."""

    def __init__(self, places: Sequence[Place], page_size: int = PAGE_SIZE) -> None:
        self.vehicles = [vehicle(f"{i}", at=place) for i, place in enumerate(places)]
        self.read: list[Filed] = []
        self.rounds = 0
        self.units = 0.0
        """Read units, of entries of 235 bytes. A read that need not be consistent takes half of one for each 4 KB."""
        self._page_size = page_size
        self._by_cell: dict[str, list[tuple[str, Vehicle]]] = {}
        for each in self.vehicles:
            self._by_cell.setdefault(each.filed.cell, []).append((each.filed.path, each))
        for filed in self._by_cell.values():
            filed.sort(key=lambda entry: entry[0])

    def in_areas(self, areas: Sequence[Filed]) -> list[Page]:
        self.read += areas
        self.rounds += 1
        return [self._in_area(area) for area in areas]

    def _in_area(self, area: Filed) -> Page:
        inside = [each for path, each in self._by_cell.get(area.cell, ()) if path.startswith(area.path)]
        self.units += 0.5 * max(1, math.ceil(min(len(inside), self._page_size) * 235 / 4096))
        return Page(inside[: self._page_size], len(inside) <= self._page_size)

    def by_hand(self, start: Place, reach_km: float) -> list[str]:
        """The answer, by measuring to every single one."""
        measured = [(distance_km(start, each.place), each.responder_id) for each in self.vehicles]
        return [id_ for km, id_ in sorted(measured) if km <= reach_km]


def ids(found: Sequence[Nearby]) -> list[str]:
    return [each.unicorn_id for each in found]


@given(
    start=starts,
    moves=st.lists(st.tuples(bearings, st.floats(0, 15) | st.floats(0, 0.3)), max_size=40),
    reach_km=st.floats(0, 12),
)
def test_finds_what_measuring_to_every_vehicle_finds(
    start: Place, moves: list[tuple[float, float]], reach_km: float
) -> None:
    """However small a page is, and though no two of them are in one car park."""
    by_spot = {vehicle("", at=place).filed: place for place in (travel(start, *move) for move in moves)}
    fleet = Fleet([*by_spot.values()], page_size=1)
    search = FleetSearch(fleet.in_areas, reach_km=reach_km, most_read=10**6)
    found = [*search.outward(start)]
    assert ids(found) == fleet.by_hand(start, reach_km)
    assert [each.km for each in found] == sorted(each.km for each in found)


@given(
    start=starts, moves=st.lists(st.tuples(bearings, st.floats(0, 15)), max_size=60), most=st.integers(0, 9)
)
def test_all_that_was_read_is_told_though_no_more_may_be_read(
    start: Place, moves: list[tuple[float, float]], most: int
) -> None:
    fleet = Fleet([travel(start, *move) for move in moves], page_size=3)
    found = ids([*FleetSearch(fleet.in_areas, most_read=most).outward(start)])
    assert len(fleet.read) <= most
    assert len(found) == len({*found})
    assert {*found} <= {*fleet.by_hand(start, REACH_KM)}


@given(place=st.builds(travel, awkward, bearings, st.floats(0, 40)))
def test_all_in_a_cell_is_within_its_disc(place: Place) -> None:
    finest = h3.latlng_to_cell(place.lat, place.lon, FINE)
    for resolution in range(COARSE, FINE + 1):
        centre, radius_km = _disc(h3.cell_to_parent(finest, resolution))
        assert distance_km(place, centre) <= 0.97 * radius_km, "too close to trust"


def over_seattle(count: int) -> list[Place]:
    dice = random.Random(7)
    return [Place(dice.uniform(47.5, 47.74), dice.uniform(-122.44, -122.24)) for _ in range(count)]


@pytest.mark.parametrize(
    ("count", "rounds", "areas", "units"),
    [(0, 2, 4, 2), (100, 2, 4, 3), (1_000, 5, 21, 22), (10_000, 5, 23, 28), (30_000, 5, 26, 30)],
)
def test_what_an_rfq_reads_does_not_grow_with_the_fleet(
    count: int, rounds: int, areas: int, units: float
) -> None:
    fleet = Fleet(over_seattle(count))
    found = [*islice(FleetSearch(fleet.in_areas).outward(SPACE_NEEDLE), MAX_FOUND)]
    assert ids(found) == fleet.by_hand(SPACE_NEEDLE, REACH_KM)[:MAX_FOUND]
    spent = fleet.rounds, len(fleet.read), fleet.units
    assert all(each <= most for each, most in zip(spent, (rounds, areas, units), strict=True)), spent


def test_of_a_fleet_in_one_car_park_some_are_found_and_it_is_not_read_again_and_again() -> None:
    fleet = Fleet([SPACE_NEEDLE] * 1_000)
    assert len([*islice(FleetSearch(fleet.in_areas).outward(SPACE_NEEDLE), MAX_FOUND)]) == MAX_FOUND
    assert len(fleet.read) <= 12


def test_crowds_around_an_empty_middle_are_read_no_further_than_is_allowed() -> None:
    """The worst case: crowds wherever one looks, none of them near."""
    around = [travel(SPACE_NEEDLE, math.radians(degrees), 4.9) for degrees in range(0, 360, 5)]
    fleet = Fleet([place for place in around for _ in range(70)])
    found = [*islice(FleetSearch(fleet.in_areas).outward(SPACE_NEEDLE), MAX_FOUND)]
    assert len(fleet.read) <= MOST_READ
    assert len(found) == MAX_FOUND


def test_a_batch_reads_an_area_once() -> None:
    fleet = Fleet(over_seattle(1_000))
    search = FleetSearch(fleet.in_areas)
    first = ids([*islice(search.outward(SPACE_NEEDLE), MAX_FOUND)])
    read = len(fleet.read)
    assert ids([*islice(search.outward(SPACE_NEEDLE), MAX_FOUND)]) == first
    assert len(fleet.read) == read == len({*fleet.read})


def test_nobody_reads_further_than_somebody_looks() -> None:
    fleet = Fleet([SPACE_NEEDLE, travel(SPACE_NEEDLE, 0, 4)])
    next(FleetSearch(fleet.in_areas).outward(SPACE_NEEDLE))
    assert fleet.rounds == 1
