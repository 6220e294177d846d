"""What is counted, for each place and minute. Rules only: no I/O and no clock."""

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Self

import h3

from wild_rydes_contracts import RfqCompleted, RfqRequested

RESOLUTION = 7
"""Of the H3 cells: about 5 km² each, too large to tell who asked."""


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A minute (UTC), and a place: an H3 cell."""

    minute: datetime
    cell: str

    @classmethod
    def of(cls, at: datetime, lat: float, lon: float) -> Self:
        """Find the spot of an instant and coordinates in degrees."""
        return cls(
            at.astimezone(UTC).replace(second=0, microsecond=0), h3.latlng_to_cell(lat, lon, RESOLUTION)
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """RFQs, those among them that are completed and that got no quote, and the quotes of all."""

    rfqs: int = 0
    completed: int = 0
    unquoted: int = 0
    quotes: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __sub__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))


NOTHING = Figures()


@dataclass(frozen=True, slots=True)
class Rfq:
    """What its two events have said of an RFQ so far. They may come in any order, late and twice."""

    spot: Spot | None = None
    quotes: int | None = None

    def told(self, event: RfqRequested | RfqCompleted, at: datetime) -> "Rfq":
        """Take in an event that happened `at` an instant. What was said before stands."""
        if isinstance(event, RfqCompleted):
            return self if self.quotes is not None else replace(self, quotes=event.responders.quoted)
        return self if self.spot else replace(self, spot=Spot.of(at, event.start.lat, event.start.lon))

    @property
    def figures(self) -> Figures:
        """What the RFQ adds at its spot: nothing, while that is unknown."""
        if self.spot is None:
            return NOTHING
        if self.quotes is None:
            return Figures(rfqs=1)
        return Figures(rfqs=1, completed=1, unquoted=int(self.quotes == 0), quotes=self.quotes)
