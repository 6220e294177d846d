"""Time zones by their IANA names."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo


def known_zones(names: Iterable[str | None]) -> list[ZoneInfo]:
    """List the zones of these names, without those that are unknown, or newer than our data."""
    zones = []
    for name in names:
        try:
            zones.append(ZoneInfo(name or ""))
        except (KeyError, ValueError, OSError):  # not found; no name at all; a folder of zones
            continue
    return zones
