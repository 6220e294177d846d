"""Our list of currencies is that of the standard."""

from iso4217 import Currency

from wild_rydes_contracts.currencies import DECIMAL_PLACES


def test_the_currencies_are_those_of_iso_4217_with_their_minor_units() -> None:
    expected = {c.code: c.exponent for c in Currency if c.exponent is not None}
    missing, gone = expected.items() - DECIMAL_PLACES.items(), DECIMAL_PLACES.items() - expected.items()
    assert (missing, gone) == (set(), set()), "change currencies.py: the standard has changed"
