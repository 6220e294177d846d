"""Who is near a place and free: unicorns, and vehicles of fleets."""

import heapq
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from unicorn_mgmt.adapters.unicorn_table import UnicornTable
from unicorn_mgmt.adapters.vehicle_table import VehicleTable
from unicorn_mgmt.domain.fleet_search import FleetSearch
from unicorn_mgmt.domain.unicorn import Place
from unicorn_mgmt.domain.vicinity import MAX_FOUND, Nearby, Vicinity

_LOOKS: Final = 2
"""How often vehicles are looked for in the place of those that turn out to have a ride."""


class Neighbours:
    """Finds them. Remembers what it reads of cells: let it live for one batch only."""

    def __init__(self, unicorns: UnicornTable, vehicles: VehicleTable, *, max_found: int = MAX_FOUND) -> None:
        self._unicorns = unicorns
        self._vicinity = Vicinity(unicorns.available_in, max_found=max_found)
        self._fleets = FleetSearch(vehicles.in_areas)
        self._max_found = max_found

    def nearest(self, start: Place) -> list[Nearby]:
        """Find the free unicorns and vehicles within reach of `start`, nearest first, at most `max_found`."""
        candidates = heapq.merge(
            self._vicinity.nearest(start), self._fleets.outward(start), key=lambda nearby: nearby[:2]
        )
        found: list[Nearby] = []
        for _ in range(_LOOKS):
            if some := list(islice(candidates, self._max_found - len(found))):
                found += self._free(some)
        return found

    def _free(self, candidates: Sequence[Nearby]) -> list[Nearby]:
        """Leave out vehicles that have a ride, and say of the others what passengers think of them."""
        known = self._unicorns.read([each.unicorn_id for each in candidates if each.unicorn.fleet])
        return [
            each._replace(unicorn=replace(each.unicorn, rating=booked.rating)) if booked else each
            for each in candidates
            if not ((booked := known.get(each.unicorn_id)) and booked.ride)
        ]
