"""Who is to be paid."""

import pytest

from infra.rydes.simulators.invoices.sheet import Sheet
from settlement.domain.invoice import Ambiguous, Found, Invoice, Missing
from tests.support.settlement.invoices import read_pdf, read_texts, value


def letter(*texts: tuple[float, float, str], head: str = "Comet Cars") -> Invoice:
    """What is read of a page with a letterhead and these texts."""
    sheet = Sheet()
    sheet.text(50, 60, head, 18)
    for x, y, text in [*texts, (50, 400, "Thank you."), (50, 420, "Tel. 555-0100"), (50, 440, "Seattle")]:
        sheet.text(x, y, text, 9)
    return read_pdf(sheet.pdf())


def test_a_letterhead_is_whose_letter_it_is() -> None:
    found = letter().payee
    assert isinstance(found, Found)
    assert (found.value, found.confidence) == ("Comet Cars", 0.9)


@pytest.mark.parametrize("name", ["Comet Cars", "COMET CARS", "Cómet  Cars"])
def test_a_label_that_agrees_makes_it_sure(name: str) -> None:
    found = letter((50, 150, f"Remit to: {name}")).payee
    assert isinstance(found, Found)
    assert found.confidence > 0.99


def test_a_label_that_names_somebody_else_makes_two() -> None:
    found = letter((50, 150, "Remit to: Shady Factoring Ltd.")).payee
    assert isinstance(found, Ambiguous)
    assert value(found) == {"Comet Cars", "Shady Factoring Ltd."}


def test_the_payer_is_not_the_payee() -> None:
    invoice = read_texts(
        (50, 100, "From"), (300, 100, "Bill to"), (50, 113, "Comet Cars"), (300, 113, "Wild Rydes, Inc.")
    )
    assert value(invoice.payee) == "Comet Cars"
    assert value(letter((50, 150, "Bill to: Comet Cars"), head="Comet Cars").payee) is None


def test_a_title_is_no_letterhead() -> None:
    assert isinstance(letter(head="INVOICE").payee, Missing)


def test_text_of_one_size_has_no_letterhead() -> None:
    assert isinstance(
        read_texts(*[(50, 100 + 15 * i, f"Line {'abcdefgh'[i]}") for i in range(8)]).payee, Missing
    )


def test_a_label_does_not_begin_a_name() -> None:
    assert isinstance(read_texts((50, 100, "De Groot Taxi")).payee, Missing)
