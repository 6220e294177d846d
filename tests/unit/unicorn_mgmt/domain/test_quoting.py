"""What a unicorn answers by its rate card."""

from dataclasses import replace
from decimal import Decimal

from unicorn_mgmt.domain.quoting import answer
from unicorn_mgmt.domain.rate_card import MAX_FARE, MAX_KM, MAX_PER_KM, RateCard
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


def test_a_price_is_in_whole_coins_and_never_nothing() -> None:
    yen = RateCard(Decimal("0.00"), Decimal("0.40"), Decimal("0.00"), "JPY")
    for km, price in ((1000, "400.00"), (101, "40.00"), (1, "1.00")):
        quote = answer(replace(UNICORN, rate_card=yen), 1, km)
        assert isinstance(quote, Quote)
        assert quote.price.model_dump(mode="json") == {"amount": price, "currency": "JPY"}


def test_a_unicorn_whose_registration_breaks_a_newer_rule_declines_and_stops_no_other() -> None:
    for unicorn in (
        replace(UNICORN, rate_card=replace(CARD, currency="XXX")),
        replace(UNICORN, name="\u202ewofdahS"),
    ):
        assert answer(unicorn, 1, 20) == Decline(responder_id="u-shadowfax", reason="no-valid-quote")


def test_too_far() -> None:
    unicorn = replace(UNICORN, rate_card=replace(CARD, max_km=20))
    assert answer(unicorn, 1, 20.001) == Decline(responder_id="u-shadowfax", reason="too-far")
    assert isinstance(answer(unicorn, 1, 20), Quote)
