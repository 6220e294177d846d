"""The time zone of a place."""

from tzfpy import get_tz

from ride_booking.domain.rfq import Place

_AT_SEA = "Etc/"
"""Ships' time, by longitude alone: nobody's clock on land."""


def time_zone_of(place: Place) -> str | None:
    """Name the IANA time zone of a place; None if it is at sea.

    The first call of a process reads the borders: 70 ms, and 35 MB for good.
    """
    name = get_tz(place.lon, place.lat)
    return name if name and not name.startswith(_AT_SEA) else None
