import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unicorn_mgmt.domain.rate_card import MAX_KM
from unicorn_mgmt.domain.unicorn import Place, distance_km, seconds_to_start, unicorn_id
from wild_rydes_contracts import Decline

places = st.builds(Place, lat=st.floats(-90, 90), lon=st.floats(-180, 180))


@given(st.floats(0, 5))
def test_nobody_comes_sooner_than_promised_nor_a_second_later(km: float) -> None:
    assert seconds_to_start(km) - 1 < km / 60 * 3600 <= seconds_to_start(km)


@given(places, places)
def test_distance_is_haversines(a: Place, b: Place) -> None:
    phi, psi = math.radians(a.lat), math.radians(b.lat)
    h = (
        math.sin((psi - phi) / 2) ** 2
        + math.cos(phi) * math.cos(psi) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    )
    haversine = 2 * 6371.007180918475 * math.asin(min(1.0, math.sqrt(h)))
    assert distance_km(a, b) == pytest.approx(haversine, abs=1e-3)
    assert distance_km(a, b) <= MAX_KM


def test_a_unicorns_id_follows_from_its_owner() -> None:
    assert unicorn_id("b9d6") == unicorn_id("b9d6") == "u-jxok3fs7keog"
    assert unicorn_id("b9d7") != unicorn_id("b9d6")


@given(st.text(min_size=1))
def test_a_unicorns_id_is_a_responder_id(sub: str) -> None:
    assert Decline(responder_id=unicorn_id(sub), reason="x").responder_id.startswith("u-")
