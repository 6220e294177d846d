"""Which clock a place goes by."""

from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from tzfpy import timezonenames

from ride_booking.domain.rfq import Place
from ride_booking.domain.time_zone import time_zone_of
from wild_rydes_contracts.scalars import TimeZone

ADMITTED: TypeAdapter[str | None] = TypeAdapter(TimeZone)


@pytest.mark.parametrize(
    ("lat", "lon", "name"),
    [
        (47.6205, -122.3493, "America/Los_Angeles"),
        (27.7172, 85.3240, "Asia/Kathmandu"),  # 5 h 45 min
        (-43.9535, -176.5597, "Pacific/Chatham"),  # beyond the date line
        (-16.9, 180.0, "Pacific/Fiji"),
        (-16.9, -180.0, "Pacific/Fiji"),
        (-90.0, 0.0, "Antarctica/McMurdo"),
        (90.0, 0.0, None),
        (0.0, 0.0, None),
        (30.0, -140.0, None),
    ],
)
def test_a_place_has_a_zone_unless_it_is_at_sea(lat: float, lon: float, name: str | None) -> None:
    assert time_zone_of(Place(lat, lon)) == name


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_no_place_stops_its_booking(lat: float, lon: float) -> None:
    name = time_zone_of(Place(lat, lon))
    assert ADMITTED.validate_python(name) == name


def test_the_names_are_known_to_who_reads_them() -> None:
    names = set(timezonenames())
    assert names <= available_timezones()
    assert all(ADMITTED.validate_python(name) == name for name in names)
