"""What a unicorn answers by its rate card."""

from dataclasses import replace
from decimal import Decimal

from unicorn_mgmt.api.representations import MAX_FARE, MAX_KM, MAX_PER_KM
from unicorn_mgmt.domain.quoting import answer
from unicorn_mgmt.domain.rate_card import RateCard
from unicorn_mgmt.domain.unicorn import Unicorn
from wild_rydes_contracts import Decline, Quote

CARD = RateCard(Decimal("3.00"), Decimal("1.20"), Decimal("8.00"), "USD")
UNICORN = Unicorn("u-shadowfax", "Shadowfax", CARD, auto_quote=True)


def test_the_dearest_ride_on_earth_fits_the_contract() -> None:
    card = RateCard(Decimal(MAX_FARE), Decimal(MAX_PER_KM), Decimal(MAX_FARE), "USD")
    quote = answer(Unicorn("u-dear", "Dear", card, auto_quote=True), 5, MAX_KM)
    assert isinstance(quote, Quote)
    assert quote.price.amount == Decimal(MAX_FARE + MAX_KM * MAX_PER_KM)


def test_quote() -> None:
    quote = answer(UNICORN, km_to_start=2.5, ride_km=20)
    assert quote.model_dump(mode="json", exclude_none=True) == {
        "kind": "quote",
        "responder_id": "u-shadowfax",
        "display_name": "Shadowfax",
        "price": {"amount": "27.00", "currency": "USD"},
        "pickup_in_seconds": 150,  # 2.5 km at 60 km/h
    }


def test_too_far() -> None:
    unicorn = replace(UNICORN, rate_card=replace(CARD, max_km=20))
    assert answer(unicorn, 1, 20.001) == Decline(responder_id="u-shadowfax", reason="too-far")
    assert isinstance(answer(unicorn, 1, 20), Quote)
