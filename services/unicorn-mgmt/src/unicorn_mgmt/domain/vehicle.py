"""Vehicles: what a partner's fleet has imported of itself, and under which cells each is filed.

A vehicle is an entry of a catalogue, as its last import has it. Its rides are those of a unicorn of the same id, which
comes into being with its first booking: no import touches a ride.
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import Final, NamedTuple

import h3

from unicorn_mgmt.domain.rate_card import RateCard
from unicorn_mgmt.domain.unicorn import Place, Unicorn

PREFIX: Final = "u-v-"
"""How the ids of vehicles as responders begin. No other unicorn's id has a second hyphen."""

COARSE: Final = 5
"""Resolution of the H3 cells under which vehicles are filed, 253 km² on average: reach touches two or three."""

FINE: Final = 11
"""Resolution to which a vehicle's spot in its cell is filed, 0.002 km² on average: a car park."""

_ID_CHARACTERS: Final = 20  # 100 bits: no two of a billion vehicles have one id


class Filed(NamedTuple):
    """Where something is filed: under a coarse cell, and in it by `path`, one digit for each finer resolution.

    All that is in one H3 cell, and nothing else, has paths that begin with the cell's own. (H3 builds cells of seven
    smaller ones whose outline is not quite theirs: a place near a border may belong to the neighbour's.)
    """

    cell: str
    path: str


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle of the fleet of a partner, `fleet`, which knows it by `id`. It is found at its place unless it is retired."""

    fleet: str
    id: str
    name: str
    place: Place
    rate_card: RateCard
    retired: bool = False

    @property
    def responder_id(self) -> str:
        """The id under which it quotes."""
        return responder_id(self.fleet, self.id)

    @property
    def filed(self) -> Filed:
        """Where others find it."""
        return filed(str(h3.latlng_to_cell(self.place.lat, self.place.lon, FINE)))

    def as_unicorn(self) -> Unicorn:
        """Show it as the unicorn that quotes and drives for it."""
        return Unicorn(
            self.responder_id,
            self.name,
            self.rate_card,
            auto_quote=True,
            position=None if self.retired else self.place,
            fleet=self.fleet,
            vehicle_id=self.id,
        )


def responder_id(fleet: str, vehicle_id: str) -> str:
    """Derive the id under which a vehicle quotes. Two fleets may know vehicles by the same id."""
    digest = hashlib.sha256(f"{fleet}/{vehicle_id}".encode()).digest()
    return PREFIX + base64.b32encode(digest).decode().lower()[:_ID_CHARACTERS]


def is_vehicle(responder: str) -> bool:
    """Tell whether a responder is a vehicle, by its id."""
    return responder.startswith(PREFIX)


def filed(cell: str) -> Filed:
    """Tell where all is filed that is in an H3 cell of a resolution from COARSE to FINE."""
    digits = (
        h3.get_index_digit(cell, resolution) for resolution in range(COARSE + 1, h3.get_resolution(cell) + 1)
    )
    return Filed(str(h3.cell_to_parent(cell, COARSE)), "".join(map(str, digits)))
