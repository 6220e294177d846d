import math
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

import h3
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from unicorn_mgmt.domain.rate_card import RateCard
from unicorn_mgmt.domain.unicorn import RESOLUTION, Place, Unicorn, cell_of, distance_km
from unicorn_mgmt.domain.vicinity import REACH_KM, Vicinity, cells_within

CARD = RateCard(Decimal(3), Decimal(1), Decimal(8), "USD")
EARTH_KM = 6371.007180918475
SEATTLE = Place(47.62051, -122.34928)


def travel(start: Place, bearing: float, km: float) -> Place:
    """Where one comes to from `start`, heading off at `bearing` (radians), after so many km along a great
    circle."""
    phi, lam, delta = math.radians(start.lat), math.radians(start.lon), km / EARTH_KM
    lat = math.asin(math.sin(phi) * math.cos(delta) + math.cos(phi) * math.sin(delta) * math.cos(bearing))
    lon = lam + math.atan2(
        math.sin(bearing) * math.sin(delta) * math.cos(phi),
        math.cos(delta) - math.sin(phi) * math.sin(lat),
    )
    return Place(math.degrees(lat), (math.degrees(lon) + 540) % 360 - 180)


anywhere = st.builds(Place, lat=st.floats(-90, 90), lon=st.floats(-180, 180))
bearings = st.floats(0, 2 * math.pi)
awkward = st.sampled_from(
    [
        Place(90, 0),
        Place(-90, 77),
        Place(89.99, -180),
        Place(0.01, 180),
        Place(-16.8, -179.99),
        SEATTLE,
        *(Place(lat, lon) for lat, lon in map(h3.cell_to_latlng, h3.get_pentagons(RESOLUTION))),
    ]
)
starts = anywhere | st.builds(travel, awkward, bearings, st.floats(0, 12))


class Herd:
    """Unicorns by cell, as the index has them, and the cells that were read at once, each time."""

    def __init__(self, *places: Place) -> None:
        self.unicorns = [Unicorn(f"u-{i:03}", "", CARD, True, place) for i, place in enumerate(places)]
        self.reads: list[list[str]] = []
        self._cells: defaultdict[str, list[Unicorn]] = defaultdict(list)
        for unicorn, place in zip(self.unicorns, places, strict=True):
            self._cells[cell_of(place)].append(unicorn)

    def in_cells(self, cells: Sequence[str]) -> dict[str, list[Unicorn]]:
        self.reads.append([*cells])
        return {cell: self._cells[cell] for cell in cells}

    @property
    def read(self) -> list[str]:
        return [cell for cells in self.reads for cell in cells]

    def by_hand(self, start: Place, reach_km: float, most: int) -> list[str]:
        """The answer, by measuring to every single one."""
        measured = [(distance_km(start, u.position), u.id) for u in self.unicorns if u.position]
        return [id_ for km, id_ in sorted(measured) if km <= reach_km][:most]


@given(
    start=starts,
    moves=st.lists(st.tuples(bearings, st.floats(0, 15)), max_size=40),
    reach_km=st.floats(0, 12),
    most=st.integers(1, 12),
)
def test_finds_what_measuring_to_every_unicorn_finds(
    start: Place, moves: list[tuple[float, float]], reach_km: float, most: int
) -> None:
    herd = Herd(*(travel(start, bearing, km) for bearing, km in moves))
    found = Vicinity(herd.in_cells, reach_km=reach_km, max_found=most).nearest(start)
    assert [nearby.unicorn_id for nearby in found] == herd.by_hand(start, reach_km, most)


@given(starts, bearings, st.floats(0, 12))
@example(start=SEATTLE, bearing=1.0, km=12)
def test_no_cell_within_reach_is_left_out(start: Place, bearing: float, km: float) -> None:
    cells = {cell: nearest for nearest, cell in cells_within(12, start)}
    place = travel(start, bearing, km * 0.9999)
    assert cells[cell_of(place)] <= distance_km(start, place)


@given(starts, st.floats(0, 12))
def test_no_cell_is_read_that_lies_out_of_reach(start: Place, reach_km: float) -> None:
    for nearest, cell in cells_within(reach_km, start)[1:]:
        corners = [Place(lat, lon) for lat, lon in h3.cell_to_boundary(cell)]
        border = [
            travel(a, bearing_to(a, b), distance_km(a, b) * step / 100)
            for a, b in zip(corners, corners[1:] + corners[:1], strict=True)
            for step in range(100)
        ]
        measured = min(distance_km(start, place) for place in border)
        assert nearest <= measured <= nearest + 0.05


def bearing_to(a: Place, b: Place) -> float:
    phi, psi, lam = math.radians(a.lat), math.radians(b.lat), math.radians(b.lon - a.lon)
    return math.atan2(
        math.sin(lam) * math.cos(psi),
        math.cos(phi) * math.sin(psi) - math.sin(phi) * math.cos(psi) * math.cos(lam),
    )


def test_reads_every_cell_within_reach_when_there_are_few_unicorns() -> None:
    herd = Herd()
    assert Vicinity(herd.in_cells).nearest(SEATTLE) == []
    own, *others = (cell for _, cell in cells_within(REACH_KM, SEATTLE))
    assert herd.reads == [[own], others], "the others at once"
    assert 4 <= len(herd.read) <= 9


@given(
    start=starts, moves=st.lists(st.tuples(bearings, st.floats(0, 12)), min_size=1), most=st.integers(1, 3)
)
def test_reads_no_cell_that_could_hold_only_farther_ones(
    start: Place, moves: list[tuple[float, float]], most: int
) -> None:
    """Than the last of enough unicorns in the start's own cell."""
    herd = Herd(*(travel(start, bearing, km) for bearing, km in moves))
    Vicinity(herd.in_cells, max_found=most).nearest(start)
    own = sorted(
        km
        for unicorn in herd.unicorns
        if unicorn.position and cell_of(unicorn.position) == cell_of(start)
        if (km := distance_km(start, unicorn.position)) <= REACH_KM
    )
    last = own[most - 1] if len(own) >= most else REACH_KM
    assert herd.read == [cell for km, cell in cells_within(REACH_KM, start) if km <= last]


def test_stops_when_no_unread_cell_could_hold_a_nearer_one() -> None:
    centre = Place(*h3.cell_to_latlng(cell_of(SEATTLE)))
    herd = Herd(*(travel(centre, bearing, 1) for bearing in range(5)))
    assert len(Vicinity(herd.in_cells, max_found=5).nearest(centre)) == 5
    assert herd.read == [cell_of(centre)]


@pytest.mark.parametrize("most", [1, 3])
def test_goes_on_while_an_unread_cell_could_hold_a_nearer_one(most: int) -> None:
    (_, own), (km, next_cell), *_ = cells_within(REACH_KM, SEATTLE)
    far = [travel(SEATTLE, bearing, km + 0.2) for bearing in (x / 50 for x in range(315))]
    herd = Herd(*[place for place in far if cell_of(place) == own][:most])
    assert len(herd.unicorns) == most
    Vicinity(herd.in_cells, max_found=most).nearest(SEATTLE)
    assert next_cell in herd.read


def test_reads_a_cell_once_for_a_whole_batch() -> None:
    herd = Herd(SEATTLE)
    vicinity = Vicinity(herd.in_cells)
    assert vicinity.nearest(SEATTLE) == vicinity.nearest(SEATTLE)
    assert len(herd.read) == len(set(herd.read))


def test_a_unicorn_on_the_move_is_found_once() -> None:
    here, there = travel(SEATTLE, 0, 0.5), travel(SEATTLE, math.pi, 4.5)
    moved = [Unicorn("u-moving", "", CARD, True, place) for place in (here, there)]
    cells = {cell_of(here): [moved[0]], cell_of(there): [moved[1]]}
    assert len(cells) == 2
    found = Vicinity(lambda read: {cell: cells.get(cell, []) for cell in read}).nearest(SEATTLE)
    assert [nearby.unicorn_id for nearby in found] == ["u-moving"]
