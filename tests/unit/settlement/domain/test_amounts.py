"""Amounts, in the ways in which people write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.rydes.simulators.invoices.styles import NUMBERS, Style
from settlement.domain.amounts import parsed

DOLLARS = {"USD", "CAD", "AUD", "NZD", "MXN", "SGD", "HKD"}


@pytest.mark.parametrize(
    ("text", "value", "currencies"),
    [
        ("1,234.56", "1234.56", set()),
        ("1.234,56", "1234.56", set()),
        ("1 234,56", "1234.56", set()),
        ("1\u00a0234,56 €", "1234.56", {"EUR"}),
        ("CHF 1'234.56", "1234.56", {"CHF"}),
        ("CHF 1\u2019234.56", "1234.56", {"CHF"}),
        ("$1,234.56", "1234.56", DOLLARS),
        ("US$ 12.00", "12.00", {"USD"}),
        ("USD 1,234,567.89", "1234567.89", {"USD"}),
        ("12", "12", set()),
        ("1,234", "1234", set()),
        ("EUR 1.234", "1234", {"EUR"}),
        ("¥12,000", "12000", {"JPY", "CNY"}),
        ("1,23", "1.23", set()),
        ("JPY 12,000", "12000", {"JPY"}),
        ("KWD 1.234", "1.234", {"KWD"}),
        ("-148,26", "-148.26", set()),
        ("-$5.00", "-5.00", DOLLARS),
        ("$-5.00", "-5.00", DOLLARS),
        ("12.50 GBP", "12.50", {"GBP"}),
    ],
)
def test_an_amount_is_read(text: str, value: str, currencies: set[str]) -> None:
    found = parsed(text)
    assert found
    assert (found.value, set(found.currencies)) == (Decimal(value), currencies)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "USD",
        "12.5",
        "1.234.56",
        "1,234,56",
        "1,23,456.00",
        "1'234,567.00",
        "12:30",
        "03/04/2026",
        "12.50 kg",
        "EUR 12.50 USD",
        "12 Main Street",
        "JPY 12.50",
        "12.50" + " " * 60,
    ],
)
def test_what_is_no_amount_or_may_be_two_is_none(text: str) -> None:
    assert parsed(text) is None


@pytest.mark.parametrize(
    ("text", "is_evident"), [("12", False), ("1,234", False), ("12.00", True), ("€ 12", True)]
)
def test_a_bare_whole_number_may_be_a_count(text: str, is_evident: bool) -> None:
    found = parsed(text)
    assert found
    assert found.is_evident is is_evident


@given(
    cents=st.integers(1, 10**11),
    numbers=st.sampled_from(sorted(NUMBERS)),
    money=st.sampled_from(["code-before", "code-after", "symbol", "bare"]),
    currency=st.sampled_from(["USD", "EUR", "GBP", "CHF"]),
)
def test_what_is_written_is_read(cents: int, numbers: str, money: str, currency: str) -> None:
    amount = Decimal(cents) / 100
    found = parsed(Style("en", "iso", numbers, money, currency).amount(amount))
    assert found
    assert found.value == amount
    assert not found.currencies or currency in found.currencies


@given(st.text(max_size=80))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found = parsed(text)
    assert found is None or any(character.isdigit() for character in text)
