"""Single facts of an invoice: which text names which, and what is left open."""

from datetime import date
from decimal import Decimal

import pytest

from infra.rydes.simulators.invoices.sheet import Paper
from settlement.domain.invoice import Ambiguous, Found, Missing
from tests.support.settlement.invoices import read_texts, value

RIDE = "0199c3f2-aaaa-7bbb-8ccc-0123456789ab.1"
OTHER = "0199c3f2-aaaa-7bbb-8ccc-0123456789ac.2"


@pytest.mark.parametrize(
    "texts",
    [
        [(50, 100, "Amount due: USD 1,234.56")],
        [(50, 100, "Amount due"), (300, 100, "USD 1,234.56")],
        [(50, 100, "Amount due"), (50, 115, "USD 1,234.56")],
        [(50, 115, "Amount due"), (50, 100, "USD 1,234.56")],
        [(50, 100, "Amount due (USD)"), (300, 100, "1,234.56")],
        [(50, 100, "AMOUNT DUE:"), (300, 100, "1234.56 USD")],
        [(50, 100, "Please pay USD 1,234.56 by 4 March 2026.")],
        [(50, 100, "Zu zahlen"), (300, 100, "1.234,56 USD")],
        [(50, 100, "Subtotal"), (300, 100, "1,000.00"), (50, 115, "Total"), (300, 115, "USD 1,234.56")],
        [(50, 100, "Total: 9.00"), (50, 130, "Amount due: USD 1,234.56")],
    ],
)
def test_the_amount_is_found_wherever_its_label_is(texts: list[tuple[float, float, str]]) -> None:
    invoice = read_texts(*texts)
    assert value(invoice.total) == Decimal("1234.56")
    assert value(invoice.currency) == "USD"


def test_what_was_found_says_where_and_how_surely() -> None:
    found = read_texts((50, 100, "Amount due"), (300, 100, "USD 12.50")).total
    assert isinstance(found, Found)
    assert found.confidence > 0.99
    assert found.place.page == 1
    assert found.place.left == pytest.approx(300 / 595, abs=0.01)
    assert found.place.top == pytest.approx(100 / 842, abs=0.02)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("skew", [-3.0, 0.0, 2.0])
def test_it_does_not_matter_how_the_page_lies(turn: int, skew: float) -> None:
    texts = [
        (50, 100, "Due date"),
        (200, 100, "Amount due"),
        (50, 115, "2026-03-04"),
        (200, 115, "EUR 12,50"),
    ]
    invoice = read_texts(*texts, paper=Paper(turn=turn, skew=skew))
    assert value(invoice.total) == Decimal("12.50")
    assert value(invoice.due) == date(2026, 3, 4)


@pytest.mark.parametrize(
    "texts",
    [
        [(50, 100, "Amount due: 12.50"), (50, 130, "Amount due: 13.50")],
        [(50, 100, "Amount due: 12.50"), (50, 130, "Total payable: 13.50")],
        [(50, 100, "12.50"), (50, 115, "Amount due"), (50, 130, "13.50")],
        [(50, 100, "Total: 12.50"), (50, 130, "Total: 13.50")],
    ],
)
def test_two_amounts_are_both(texts: list[tuple[float, float, str]]) -> None:
    total = read_texts(*texts).total
    assert isinstance(total, Ambiguous)
    assert value(total) == {Decimal("12.50"), Decimal("13.50")}


def test_the_same_amount_twice_is_one() -> None:
    assert value(
        read_texts((50, 100, "Amount due: 12.50"), (50, 130, "Total payable: 12.50")).total
    ) == Decimal("12.50")


@pytest.mark.parametrize(
    "text",
    [
        "Subtotal: 12.50",
        "VAT 20 %: 12.50",
        "Paid: 12.50",
        "Previous balance: 12.50",
        "Total tax: 12.50",
        "Amount due soon: 12.50",
        "The total is 12.50",
        "Amount due: 12",
    ],
)
def test_other_amounts_are_not_what_is_due(text: str) -> None:
    assert isinstance(read_texts((50, 100, text)).total, Missing)


def test_a_sum_is_doubtful_where_something_was_paid() -> None:
    total = read_texts((50, 100, "Paid: 5.00"), (50, 130, "Total: 12.50")).total
    assert isinstance(total, Found)
    assert total.confidence == 0.5


def test_a_dollar_needs_a_code_that_says_which() -> None:
    assert isinstance(read_texts((50, 100, "Amount due: $12.50")).currency, Ambiguous)
    assert value(read_texts((50, 100, "Amount due: $12.50"), (50, 130, "in CAD")).currency) == "CAD"
    assert isinstance(read_texts((50, 100, "Amount due: $12.50"), (50, 130, "in EUR")).currency, Ambiguous)
    assert isinstance(
        read_texts((50, 100, "Amount due: $12.50"), (50, 130, "CAD or USD")).currency, Ambiguous
    )
    assert isinstance(read_texts((50, 100, "Amount due: 12.50")).currency, Missing)


def test_words_are_no_codes() -> None:
    assert value(read_texts((50, 100, "ALL TOP TRY: EUR 12,50")).currency) == "EUR"


@pytest.mark.parametrize(
    ("texts", "due"),
    [
        (["Due date: 03/04/2026"], {date(2026, 3, 4), date(2026, 4, 3)}),
        (["Due date: 03/04/2026", "Printed on 03/14/2026"], date(2026, 3, 4)),
        (["Due date: 03/04/2026", "Printed on 14/03/2026"], date(2026, 4, 3)),
        (["Due date: 03/04/2026", "Invoice date: 05/03/2026"], date(2026, 4, 3)),
        (["Due date: 03/04/2026", "Invoice date: 02/05/2026"], date(2026, 3, 4)),
        (["Fällig am: 03/04/2026", "Rechnungsdatum: 01/03/2026"], date(2026, 4, 3)),
        (["Due date: 03/04/2026", "13/01/2026 and 01/13/2026"], {date(2026, 3, 4), date(2026, 4, 3)}),
        (["Invoice date: 2026-03-04", "Payment terms: net 30 days"], date(2026, 4, 3)),
        (["Invoice date: 2026-03-04", "Net 30 days", "Due date: 2026-04-03"], date(2026, 4, 3)),
        (
            ["Invoice date: 2026-03-04", "Net 30 days", "Due date: 2026-04-09"],
            {date(2026, 4, 3), date(2026, 4, 9)},
        ),
        (["Net 30 days"], None),
        (
            ["Rechnungsdatum: 4. März 2026", "Zahlbar innerhalb von 30 Tagen ab Rechnungsdatum"],
            date(2026, 4, 3),
        ),
        (["Ride date: 2026-03-04"], None),
    ],
)
def test_the_rest_of_the_invoice_says_which_day(texts: list[str], due: object) -> None:
    lines: list[tuple[float, float, str]] = [(50, 100 + 30 * index, text) for index, text in enumerate(texts)]
    assert value(read_texts(*lines).due) == due


def test_a_due_date_beside_another_label_is_not_taken() -> None:
    invoice = read_texts((50, 100, "Due date"), (200, 100, "Invoice date"), (200, 115, "2026-03-04"))
    assert isinstance(invoice.due, Missing)
    assert value(invoice.issued) == date(2026, 3, 4)


@pytest.mark.parametrize("number", ["INV-1", "2026/17", "R2026-0815", "87539"])
def test_a_number_is_found(number: str) -> None:
    assert value(read_texts((50, 100, f"Invoice no.: {number}")).number) == number


@pytest.mark.parametrize("text", ["Invoice no.: 2026-03-04", "Invoice no.: unknown", "Order no.: 17"])
def test_what_is_no_number_is_not_taken(text: str) -> None:
    assert isinstance(read_texts((50, 100, text)).number, Missing)


def test_an_empty_page_says_nothing() -> None:
    invoice = read_texts()
    assert isinstance(invoice.payee, Missing)
    assert invoice.lines == ()
