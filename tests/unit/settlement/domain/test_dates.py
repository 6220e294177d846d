"""Dates, in the ways in which people write them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.rydes.simulators.invoices.styles import DATES, Style
from settlement.domain.dates import DAY_FIRST, MONTH_FIRST, UNKNOWN, parsed

MARCH_4 = date(2026, 3, 4)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04",
        "2026/03/04",
        "04.03.2026",
        "4.3.26",
        "4. 3. 2026",
        "4 March 2026",
        "4th March 2026",
        "March 4, 2026",
        "Mar 4, 2026",
        "Mar. 4 2026",
        "04-Mar-2026",
        "4. März 2026",
        "4 mars 2026",
        "4 de marzo de 2026",
        "4 marzo 2026",
        "4 de março de 2026",
        "Wednesday, 4 March 2026",
        "4MARCH2026",
    ],
)
def test_a_date_is_read(text: str) -> None:
    found = parsed(text)
    assert found
    assert found.options == {MARCH_4}
    assert not found.is_numeric


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4 March",
        "2026",
        "31.02.2026",
        "13/13/2026",
        "4 Mux 2026",
        "12.50",
        "1,234.56",
        "0/1/2026",
        "4 jui 2026",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parsed(text) is None


@pytest.mark.parametrize("text", ["03/04/2026", "3/4/26", "03-04-2026"])
def test_a_numeric_date_is_two_until_the_order_is_known(text: str) -> None:
    found = parsed(text)
    assert found
    assert found.read(UNKNOWN) == {MARCH_4, date(2026, 4, 3)}
    assert found.read(MONTH_FIRST) == {MARCH_4}
    assert found.read(DAY_FIRST) == {date(2026, 4, 3)}


def test_a_numeric_date_that_an_order_does_not_allow_is_none_in_it() -> None:
    found = parsed("03/14/2026")
    assert found
    assert found.read(DAY_FIRST) == set()
    assert found.read(UNKNOWN) == {date(2026, 3, 14)}


@given(
    days=st.integers(0, 25_000),
    form=st.sampled_from([(language, form) for language, forms in DATES.items() for form in forms]),
)
def test_what_is_written_is_read(days: int, form: tuple[str, str]) -> None:
    language, dates = form
    day = date(2020, 1, 1) + timedelta(days=days)
    found = parsed(Style(language, dates, "point", "bare", "USD").date(day))
    assert found
    assert day in found.options


@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found = parsed(text)
    assert found is None or found.options
