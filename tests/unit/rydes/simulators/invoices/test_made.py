"""Invoices that are made up: the same for the same seed, as many pages as wanted, and with what they say in them."""

from decimal import Decimal

import pypdfium2 as pdfium
import pytest

from infra.rydes.simulators.invoices.layouts import LAYOUTS, Layout
from infra.rydes.simulators.invoices.made import PAYEES, invented
from infra.rydes.simulators.invoices.pen import words
from infra.rydes.simulators.invoices.styles import CURRENCIES, DATES, MONTHS, NUMBERS_OF


def text_of(pdf: bytes) -> list[str]:
    """The text of each page."""
    with pdfium.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def test_a_seed_makes_the_same_invoice_each_time() -> None:
    assert invented(7) == invented(7)
    assert invented(7).pdf != invented(7 + len(LAYOUTS)).pdf


def test_there_are_at_least_twelve_layouts_and_each_has_its_turn() -> None:
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS) >= 12
    assert [invented(seed).layout for seed in range(len(LAYOUTS))] == list(LAYOUTS)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_what_is_true_of_it_stands_in_it(layout: Layout) -> None:
    made = invented(41, layout=layout)
    text = " ".join("".join(text_of(made.pdf)).split())
    bill, style = made.bill, made.style
    due = f"{bill.net_days}" if layout.net else style.date(bill.due)
    for said in (bill.payee.name, bill.number, style.amount(bill.total), due):
        assert " ".join(said.split()) in text
    for ride in bill.rides:
        assert ride.id in text
        assert " ".join(style.number(ride.amount).split()) in text


def test_it_has_as_many_pages_as_its_rides_need() -> None:
    statement = next(layout for layout in LAYOUTS if layout.name == "statement")
    assert 280 <= len(text_of(invented(1, layout=statement, rides=13_000).pdf)) <= 310


def test_some_pages_lie_on_their_side_and_some_are_askew() -> None:
    papers = [invented(seed).paper for seed in range(100)]
    assert {paper.turn for paper in papers} == {0, 90, 180, 270}
    assert any(paper.skew for paper in papers)


def test_a_page_that_lies_on_its_side_has_all_of_its_text() -> None:
    made = next(made for made in map(invented, range(100)) if made.paper.turn == 90)
    with pdfium.PdfDocument(made.pdf) as document:
        page = document[0]
        textpage = page.get_textpage()
        left, bottom, right, top = page.get_mediabox()
        boxes = [textpage.get_charbox(index) for index in range(textpage.count_chars())]
        assert all(left <= x and x_ <= right and bottom <= y and y_ <= top for x, y, x_, y_ in boxes)


def test_every_language_has_words_months_dates_numbers_and_currencies() -> None:
    languages = {language for layout in LAYOUTS for language in layout.languages}
    for table in (words(), MONTHS, DATES, NUMBERS_OF, CURRENCIES):
        assert languages <= set(table)
    kinds = set(words()["en"])
    assert all(set(words()[language]) == kinds for language in languages)


def test_what_is_invented_varies() -> None:
    bills = [invented(seed).bill for seed in range(60)]
    assert {bill.payee for bill in bills} == set(PAYEES)
    assert len({bill.currency for bill in bills}) >= 4
    assert all(bill.total == sum((ride.amount for ride in bill.rides), Decimal(0)) for bill in bills)
    assert all(bill.due > bill.issued for bill in bills)
