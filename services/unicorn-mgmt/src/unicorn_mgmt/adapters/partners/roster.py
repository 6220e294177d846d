"""The partners: the rows of partners.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from unicorn_mgmt.domain.unicorn import Place, distance_km


@dataclass(frozen=True, slots=True)
class Area:
    """The area that a partner serves: within `radius_km` of a point."""

    lat: float
    lon: float
    radius_km: float

    def covers(self, place: Place) -> bool:
        """Tell whether a ride may start here."""
        return distance_km(Place(self.lat, self.lon), place) <= self.radius_km


@dataclass(frozen=True, slots=True)
class Partner:
    """One row; the comments of partners.toml say what each field means."""

    id: str
    name: str
    client: str
    area: Area
    timeout: float
    concurrency: int
    answers_within: float = 10
    breaker: Mapping[str, Any] = field(default_factory=dict)
    simulated: bool = False

    def callback_url(self, api_url: str) -> str:
        """Return the URL at which the partner calls back. `api_url` is the base of the callback API."""
        return f"{api_url}/partners/{self.id}/answers"


def roster(text: str | None = None) -> dict[str, Partner]:
    """Read the partners by id. Raises TypeError for a row with a field too many or too few."""
    rows: dict[str, dict[str, Any]] = tomllib.loads(
        files("unicorn_mgmt.adapters.partners").joinpath("partners.toml").read_text()
        if text is None
        else text
    )
    return {id_: Partner(id_, **{**row, "area": Area(**row["area"])}) for id_, row in rows.items()}
