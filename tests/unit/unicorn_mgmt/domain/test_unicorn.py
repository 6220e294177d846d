import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unicorn_mgmt.api.representations import MAX_KM, MAX_PER_KM
from unicorn_mgmt.domain.unicorn import Place, RateCard, distance_km, seconds_to_start, unicorn_id
from wild_rydes_contracts import Decline

amounts = st.decimals(min_value=0, max_value=MAX_PER_KM, places=2)
cards = st.builds(RateCard, amounts, amounts, amounts, st.just("USD"))
kilometres = st.floats(min_value=0, max_value=MAX_KM)
places = st.builds(Place, lat=st.floats(-90, 90), lon=st.floats(-180, 180))


@pytest.mark.parametrize(
    ("base", "per_km", "minimum", "km", "price"),
    [
        ("3.00", "1.20", "8.00", 20.0, "27.00"),
        ("3.00", "1.20", "8.00", 0.0, "8.00"),
        ("3.00", "1.20", "8.00", 4.0, "8.00"),  # 7.80 is below the minimum
        ("0.00", "1.00", "0.00", 0.125, "0.13"),  # half a cent goes up, also where bankers round it down
        ("0.00", "1.00", "0.00", 0.124, "0.12"),
        ("0", "0", "0", 500.0, "0.00"),
    ],
)
def test_price(base: str, per_km: str, minimum: str, km: float, price: str) -> None:
    card = RateCard(Decimal(base), Decimal(per_km), Decimal(minimum), "USD")
    assert str(card.price(km)) == price


@given(cards, kilometres, kilometres)
def test_a_longer_ride_never_costs_less_and_none_less_than_the_minimum(
    card: RateCard, a: float, b: float
) -> None:
    shorter, longer = sorted((a, b))
    assert card.minimum <= card.price(shorter) <= card.price(longer)


@given(cards, kilometres)
def test_a_price_is_within_half_a_cent_of_the_formula(card: RateCard, km: float) -> None:
    formula = max(card.minimum, card.base + card.per_km * Decimal(km))
    assert abs(card.price(km) - formula) <= Decimal("0.005")


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
