"""What comes from outside can be stored, sent and shown, or is refused."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tests.support.boundary import boundary
from wild_rydes_contracts import Money, Quote
from wild_rydes_contracts.currencies import DECIMAL_PLACES, smallest_amount
from wild_rydes_contracts.scalars import FIRST_INSTANT, LAST_INSTANT, Instant, Text, TimeZone

INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
TEXT: TypeAdapter[str] = TypeAdapter(Text)
TIME_ZONE: TypeAdapter[str | None] = TypeAdapter(TimeZone)
ZONES = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(
    lambda offset: timezone(offset - timedelta(microseconds=offset.microseconds))
)


@boundary
@given(st.datetimes(timezones=ZONES))
def test_an_instant_is_in_utc_to_the_millisecond_or_refused(at: datetime) -> None:
    if FIRST_INSTANT <= at <= LAST_INSTANT:
        read = INSTANT.validate_python(at)
        assert read.tzinfo is UTC
        assert timedelta(0) <= at - read < timedelta(milliseconds=1)
        assert INSTANT.validate_json(INSTANT.dump_json(read)) == read
    else:
        with pytest.raises(ValidationError) as caught:
            INSTANT.validate_python(at)
        assert [error["type"] for error in caught.value.errors()] == ["instant"]


@pytest.mark.parametrize(
    "text",
    [
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "1970-01-01T00:00:00Z",
        "2100-01-01T00:00:00Z",
        "2026-11-26T12:00:00",
        "tomorrow",
        1e300,
        -1,
        float("nan"),
        float("inf"),
    ],
)
def test_what_is_no_instant_of_ours_is_refused(text: object) -> None:
    with pytest.raises(ValidationError):
        INSTANT.validate_python(text)


@pytest.mark.parametrize(
    "text",
    [
        "a\nb", "\x00", "a\tb", "\x7f", "\x85", "\u2028", "\u2029", "\u202egnp.exe", "\u061cx", "\u200fx", "\u2066x\u2069",
        "\uffff", "\ud800",
    ],
)  # fmt: skip
def test_a_text_has_no_control_characters_and_turns_no_direction(text: str) -> None:
    with pytest.raises(ValidationError):
        TEXT.validate_python(text)


@pytest.mark.parametrize("text", ["", "Shadowfax", "Ñandú", "القصواء", "马", "👩\u200d🚀", "a b"])
def test_a_text_may_be_in_any_language(text: str) -> None:
    assert TEXT.validate_python(text) == text


@pytest.mark.parametrize(
    "amount", ["1_000", "\uff11\uff12", "٣", " 5", "5 ", "", "+5", "NaN", "Infinity", "0x5", "5,00"]
)
def test_an_amount_is_a_plain_decimal(amount: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Money(amount=amount, currency="USD")
    assert [error["loc"] for error in caught.value.errors()] == [("amount",)]


@pytest.mark.parametrize(
    "currency", ["XXX", "XTS", "XAU", "ABC", "usd", "US", "USDX", "", "\uff35\uff33\uff24"]
)
def test_a_currency_is_one_of_iso_4217_that_has_amounts(currency: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Money(amount=Decimal(5), currency=currency)
    assert [error["loc"] for error in caught.value.errors()] == [("currency",)]


@pytest.mark.parametrize(
    ("amount", "currency", "valid"),
    [
        ("500", "JPY", True), ("500.00", "JPY", True), ("500.50", "JPY", False), ("0.01", "USD", True),
        ("0.001", "USD", False), ("1.23", "KWD", True), ("1.234", "KWD", False),
    ],
)  # fmt: skip
def test_money_is_in_whole_coins(amount: str, currency: str, valid: bool) -> None:
    if valid:
        assert Money(amount=Decimal(amount), currency=currency).amount == Decimal(amount)
    else:
        with pytest.raises(ValidationError):
            Money(amount=Decimal(amount), currency=currency)


def test_a_quote_costs_something() -> None:
    free = {"responder_id": "u-1", "price": {"amount": "0.00", "currency": "USD"}, "pickup_in_seconds": 1}
    with pytest.raises(ValidationError) as caught:
        Quote.model_validate(free)
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [
        (("price",), "greater_than")
    ]


@given(st.sampled_from(sorted(DECIMAL_PLACES)))
def test_the_smallest_amount_of_each_currency_is_money(currency: str) -> None:
    assert Money(amount=smallest_amount(currency), currency=currency).amount > 0


def test_a_time_zone_has_the_form_of_a_name_or_is_none() -> None:
    files = {"localtime", "posixrules"}  # of some machines, beside the zones
    for name in sorted(available_timezones() - files):
        assert TIME_ZONE.validate_python(name) == name
    none = ["", "america/x", "../etc/passwd", "/UTC", "UTC\n", "A/B/C/D", "Ä/B", "A b", "X" * 15, 5, {}, None]
    for value in none:
        assert TIME_ZONE.validate_json(json.dumps(value)) is None, value
