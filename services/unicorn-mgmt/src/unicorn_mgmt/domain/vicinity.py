"""The unicorns nearest to a place, found by reading as few H3 cells as possible.

H3 (https://h3geo.org) tiles the globe with hexagons and twelve pentagons; at resolution 6 a cell has some 36
km². Each available unicorn is filed under its cell. Every cell read is a query, which takes time and costs
money: the start's own cell is read first, and then, all at once, those that could still change the result.
"""

import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import h3

from unicorn_mgmt.domain.unicorn import RESOLUTION, Place, Unicorn, cell_of, distance_km

REACH_KM = 5.0
"""Unicorns farther away are not asked: five minutes of flight, about what a passenger waits for a cab."""

MAX_FOUND = 50
"""How many unicorns are asked at most. Nobody reads more quotes, and the RFQ's item stays small."""

_EARTH_KM = 6371.007180918475  # as H3 has it, so that our distances and H3's agree
_ROUNDING_KM = 0.001  # far above what floating point does to a cell's border, far below what matters

Vector = tuple[float, float, float]


class Nearby(NamedTuple):
    """A unicorn and its distance from the place asked for. Sorts nearest first, then by id."""

    km: float
    unicorn_id: str
    unicorn: Unicorn


class Vicinity:
    """Searches among the available unicorns.

    `read` reads the unicorns filed under some cells, by cell. Remembers each cell it has read: let it live for one
    batch only.
    """

    def __init__(
        self,
        read: Callable[[Sequence[str]], Mapping[str, Sequence[Unicorn]]],
        *,
        reach_km: float = REACH_KM,
        max_found: int = MAX_FOUND,
    ) -> None:
        self._read = read
        self._cells: dict[str, Sequence[Unicorn]] = {}
        self._reach_km = reach_km
        self._max_found = max_found

    def nearest(self, start: Place) -> list[Nearby]:
        """Find the unicorns within reach of `start`, nearest first, at most `max_found`."""
        (_, own), *others = cells_within(self._reach_km, start)
        nearest = self._search(start, [own])
        # Where the own cell alone has enough, only what is nearer than the last of these matters.
        km = nearest[-1].km if len(nearest) == self._max_found else self._reach_km
        return self._search(start, [own, *(cell for border_km, cell in others if border_km <= km)])

    def _search(self, start: Place, cells: Sequence[str]) -> list[Nearby]:
        if unread := [cell for cell in cells if cell not in self._cells]:
            self._cells |= self._read(unread)
        found = {  # by id: a unicorn on the move may still be listed in the cell it left
            nearby.unicorn_id: nearby
            for cell in cells
            for nearby in _distances(start, self._cells[cell])
            if nearby.km <= self._reach_km
        }
        return sorted(found.values(), key=lambda nearby: nearby[:2])[: self._max_found]


def cells_within(reach_km: float, start: Place) -> list[tuple[float, str]]:
    """List the cells with a point within `reach_km` of `start`, and their smallest distance, nearest first.

    The search goes outward ring by ring. A ring without any such cell ends it: cells within reach hang
    together, so that nothing beyond can be within reach.
    """
    origin, point = cell_of(start), _vector(start.lat, start.lon)
    within = [(0.0, origin)]
    for k in range(1, h3.get_num_cells(RESOLUTION)):
        ring = [(_distance_to_cell(point, cell), cell) for cell in h3.grid_ring(origin, k)]
        near = [(km, cell) for km, cell in ring if km <= reach_km]
        if not near:
            break
        within += near
    return sorted(within)


def _distances(start: Place, unicorns: Iterable[Unicorn]) -> Iterable[Nearby]:
    for unicorn in unicorns:
        if unicorn.position:
            yield Nearby(distance_km(start, unicorn.position), unicorn.id, unicorn)


def _distance_to_cell(point: Vector, cell: str) -> float:
    """Measure the km from a point outside the cell to its border, a hair too short rather than too long.

    H3 projects each face of an icosahedron gnomonically, so a cell's edges are arcs of great circles.
    """
    corners = _corners(cell)
    edges = zip(corners, corners[1:] + corners[:1], strict=True)
    return min(_angle_to_arc(point, a, b) for a, b in edges) * _EARTH_KM - _ROUNDING_KM


@functools.lru_cache(maxsize=4096)
def _corners(cell: str) -> tuple[Vector, ...]:
    return tuple(_vector(lat, lon) for lat, lon in h3.cell_to_boundary(cell))


def _angle_to_arc(p: Vector, a: Vector, b: Vector) -> float:
    """Measure the angle between a point and the nearest point of the arc from `a` to `b`, in radians."""
    normal = _cross(a, b)
    beside = _dot(_cross(normal, a), p) > 0 > _dot(_cross(normal, b), p)
    if beside:
        return math.asin(min(1.0, abs(_dot(normal, p)) / math.hypot(*normal)))
    return min(_angle(p, a), _angle(p, b))


def _angle(p: Vector, q: Vector) -> float:
    return math.atan2(math.hypot(*_cross(p, q)), _dot(p, q))  # exact for small angles, unlike acos


def _vector(lat: float, lon: float) -> Vector:
    phi, lam = math.radians(lat), math.radians(lon)
    return (math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi))


def _cross(p: Vector, q: Vector) -> Vector:
    return (p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0])


def _dot(p: Vector, q: Vector) -> float:
    return p[0] * q[0] + p[1] * q[1] + p[2] * q[2]
