"""Draws an invoice: header, facts, table and totals, each in the way of its layout."""

from infra.rydes.simulators.invoices.facts import write_facts
from infra.rydes.simulators.invoices.headers import HEADERS
from infra.rydes.simulators.invoices.pen import Pen
from infra.rydes.simulators.invoices.ride_rows import write_rides
from infra.rydes.simulators.invoices.sheet import MARGIN
from infra.rydes.simulators.invoices.totals import write_statement, write_totals


def draw_invoice(pen: Pen) -> None:
    """Draw all pages of an invoice."""
    HEADERS[pen.layout.header](pen)
    if pen.layout.totals == "statement":
        write_statement(pen)
    write_facts(pen)
    sheet = pen.sheet
    if not pen.style.names_currency:
        text = pen.word("in_currency").format(currency=pen.bill.currency)
        sheet.text(MARGIN, sheet.y, text, 8)
        sheet.y += 22
    write_rides(pen)
    write_totals(pen)
    sheet.text(MARGIN, sheet.height - 40, pen.word("thanks"), 8)
