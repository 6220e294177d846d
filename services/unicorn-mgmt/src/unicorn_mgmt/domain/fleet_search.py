"""The vehicles of fleets nearest to a place, found by reading little of a large fleet.

A city may have a hundred thousand of them, and a request for quotes asks fifty. So an area is read no further than a
page: one that has more is read again in seven or 49 parts, the nearest first, and only as far outward as somebody looks.
"""

import functools
import heapq
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

import h3

from unicorn_mgmt.domain.unicorn import Place, distance_km
from unicorn_mgmt.domain.vehicle import COARSE, FINE, Filed, Vehicle, filed
from unicorn_mgmt.domain.vicinity import REACH_KM, Nearby

MOST_READ: Final = 100
"""Areas read at most for one place. Behind that it is enough to know some vehicles, if not the nearest."""

_AT_ONCE: Final = 8
_BEYOND: Final = 1.15
"""All in a cell is within this multiple of its farthest corner's distance from its centre: cells consist of smaller ones,
which stick out a little. Measured: 1.05 at most. tests/unit/unicorn_mgmt/domain/test_fleet_search.py measures it again."""


class Page(Protocol):
    """What was read of an area: the first vehicles in it, and whether these are all."""

    @property
    def vehicles(self) -> Sequence[Vehicle]:
        """Vehicles in the area, the first by their paths."""

    @property
    def complete(self) -> bool:
        """Whether these are all."""


class _Area(NamedTuple):
    """A cell, and how near the nearest vehicle in it may be. Sorts nearest first."""

    km: float
    cell: str


class FleetSearch:
    """Searches among vehicles.

    `read` reads some areas. Remembers each that it has read: let it live for one batch only.
    """

    def __init__(
        self,
        read: Callable[[Sequence[Filed]], Sequence[Page]],
        *,
        reach_km: float = REACH_KM,
        most_read: int = MOST_READ,
    ) -> None:
        self._read = read
        self._pages: dict[str, Page] = {}
        self._reach_km = reach_km
        self._most_read = most_read

    def outward(self, start: Place) -> Iterator[Nearby]:
        """Yield the vehicles within reach of `start`, nearest first. Reads as they are asked for.

        Behind MOST_READ areas it knows no more than it has read so far.
        """
        areas = _roots(start, self._reach_km)
        heapq.heapify(areas)
        found: list[tuple[float, str, Vehicle]] = []
        seen: set[str] = set()
        left = self._most_read
        while found or (areas and left):
            if found and not (areas and left and areas[0].km < found[0][0]):
                km, id_, vehicle = heapq.heappop(found)
                yield Nearby(km, id_, vehicle.as_unicorn())
                continue
            cells = _next(areas, min(left, _AT_ONCE))
            left -= len(cells)
            for cell, page in zip(cells, self._pages_of(cells), strict=True):
                for vehicle in page.vehicles:
                    id_, km = vehicle.responder_id, distance_km(start, vehicle.place)
                    if km <= self._reach_km and id_ not in seen:
                        seen.add(id_)
                        heapq.heappush(found, (km, id_, vehicle))
                if not page.complete:
                    for part in _parts(cell, page.vehicles, start):
                        if part.km <= self._reach_km:
                            heapq.heappush(areas, part)

    def _pages_of(self, cells: Sequence[str]) -> list[Page]:
        if unread := [cell for cell in cells if cell not in self._pages]:
            self._pages |= zip(unread, self._read([filed(cell) for cell in unread]), strict=True)
        return [self._pages[cell] for cell in cells]


def _next(areas: list[_Area], most: int) -> list[str]:
    """Take what is read next, all at once: what may hold the start itself, or else the nearest."""
    own = areas[0].km == 0
    taken: list[str] = []
    while areas and len(taken) < most and (areas[0].km == 0 or not own):
        taken.append(heapq.heappop(areas).cell)
    return taken


def _roots(start: Place, reach_km: float) -> list[_Area]:
    """List the coarse cells that may hold vehicles within reach."""
    origin = str(h3.cell_to_parent(h3.latlng_to_cell(start.lat, start.lon, FINE), COARSE))
    within = [_area(origin, start)]
    for k in range(1, h3.get_num_cells(COARSE)):
        ring = [_area(cell, start) for cell in h3.grid_ring(origin, k)]
        near = [area for area in ring if area.km <= reach_km]
        if not near:  # cells within reach hang together
            break
        within += near
    return within


def _parts(cell: str, first: Sequence[Vehicle], start: Place) -> list[_Area]:
    """List the parts of a cell with more than a page, `first`: as small as to have less, by what the page tells.

    Of the finest cells there are none: in one car park all are as near as the others.
    """
    resolution = h3.get_resolution(cell)
    if resolution >= FINE:
        return []
    # By their paths the first page of vehicles is from the first seventh of the cell, or from more of it.
    crowded = max(vehicle.filed.path[resolution - COARSE] for vehicle in first) == "0"
    finer = min(FINE, resolution + (2 if crowded else 1))
    return [_area(part, start) for part in h3.cell_to_children(cell, finer)]


def _area(cell: str, start: Place) -> _Area:
    centre, radius_km = _disc(cell)
    return _Area(max(0.0, distance_km(start, centre) - radius_km), cell)


@functools.lru_cache(maxsize=4096)
def _disc(cell: str) -> tuple[Place, float]:
    """Draw a disc around all that is in a cell."""
    centre = Place(*h3.cell_to_latlng(cell))
    return centre, _BEYOND * max(distance_km(centre, Place(*corner)) for corner in h3.cell_to_boundary(cell))
