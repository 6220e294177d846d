"""What a ride costs by a unicorn's rate card."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unicorn_mgmt.domain.rate_card import MAX_KM, MAX_PER_KM, RateCard

amounts = st.decimals(min_value=0, max_value=MAX_PER_KM, places=2)
cards = st.builds(RateCard, amounts, amounts, amounts, st.just("USD"))
kilometres = st.floats(min_value=0, max_value=MAX_KM)


@pytest.mark.parametrize(
    ("base", "per_km", "minimum", "km", "price"),
    [
        ("3.00", "1.20", "8.00", 20.0, "27.00"),
        ("3.00", "1.20", "8.00", 0.0, "8.00"),
        ("3.00", "1.20", "8.00", 4.0, "8.00"),  # 7.80 is below the minimum
        ("0.00", "1.00", "0.00", 0.125, "0.13"),  # half a cent goes up, also where bankers round it down
        ("0.00", "1.00", "0.00", 0.124, "0.12"),
        ("0", "0", "0", 500.0, "0.01"),  # a ride costs something
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
    formula = max(card.minimum, card.base + card.per_km * Decimal(km), Decimal("0.01"))
    assert abs(card.price(km) - formula) <= Decimal("0.005")
