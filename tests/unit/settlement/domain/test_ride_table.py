"""Which ride costs what, by the table of rides."""

from decimal import Decimal

import pytest

from settlement.domain.invoice import Invoice
from tests.support.settlement.invoices import read_texts

RIDE = "0199c3f2-aaaa-7bbb-8ccc-0123456789ab.1"
OTHER = "0199c3f2-aaaa-7bbb-8ccc-0123456789ac.2"
HEAD = [(50, 100, "Ride"), (300, 100, "Fare"), (400, 100, "Amount"), (480, 100, "Balance")]


def rows(invoice: Invoice) -> dict[str, Decimal]:
    return {line.ride_id: line.amount for line in invoice.lines}


def test_the_only_amount_of_a_row_is_its_price() -> None:
    assert rows(read_texts((50, 100, RIDE), (300, 100, "12.50"))) == {RIDE: Decimal("12.50")}


def test_a_heading_says_which_amount_it_is() -> None:
    invoice = read_texts(
        *HEAD, (50, 115, RIDE), (300, 115, "10.00"), (400, 115, "12.50"), (480, 115, "99.00")
    )
    assert rows(invoice) == {RIDE: Decimal("12.50")}


def test_without_a_heading_two_amounts_are_not_guessed_at() -> None:
    invoice = read_texts((50, 100, RIDE), (300, 100, "10.00"), (400, 100, "12.50"))
    assert rows(invoice) == {}
    assert len(invoice.unread) == 1


def test_a_day_and_a_count_are_no_prices() -> None:
    invoice = read_texts((30, 100, "3"), (50, 100, RIDE), (300, 100, "04.03.2026"), (400, 100, "12.50"))
    assert rows(invoice) == {RIDE: Decimal("12.50")}


def test_rides_beside_each_other_have_their_own_prices() -> None:
    invoice = read_texts((30, 100, RIDE), (230, 100, "12.50"), (300, 100, OTHER), (500, 100, "7.00"))
    assert rows(invoice) == {RIDE: Decimal("12.50"), OTHER: Decimal("7.00")}


@pytest.mark.parametrize(
    "id_", [RIDE[:-2], RIDE.replace("a", "o"), f"{RIDE}x", RIDE.replace("0199", "O199"), RIDE[:30]]
)
def test_an_id_that_may_be_misread_makes_its_row_unread(id_: str) -> None:
    invoice = read_texts((50, 100, id_), (300, 100, "12.50"))
    assert rows(invoice) == {}
    assert len(invoice.unread) == 1


def test_a_row_whose_price_is_missing_is_unread() -> None:
    invoice = read_texts((50, 100, RIDE), (50, 120, OTHER), (300, 120, "7.00"))
    assert rows(invoice) == {OTHER: Decimal("7.00")}
    assert len(invoice.unread) == 1


def test_a_ride_that_is_there_twice_is_there_twice() -> None:
    invoice = read_texts((50, 100, RIDE), (300, 100, "12.50"), (50, 120, RIDE), (300, 120, "12.50"))
    assert [line.ride_id for line in invoice.lines] == [RIDE, RIDE]


def test_a_line_says_where_it_is() -> None:
    (line,) = read_texts((50, 100, RIDE), (300, 100, "12.50")).lines
    assert line.place.left == pytest.approx(50 / 595, abs=0.01)
    assert line.place.left + line.place.width == pytest.approx(323 / 595, abs=0.02)
