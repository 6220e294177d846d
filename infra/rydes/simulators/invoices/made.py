"""Makes invoices: invented ones from a seed, and ones about rides that there are."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from infra.rydes.simulators.invoices.bill import Bill, Party, Ride
from infra.rydes.simulators.invoices.drawing import draw_invoice
from infra.rydes.simulators.invoices.layouts import LAYOUTS, Layout
from infra.rydes.simulators.invoices.pen import Pen
from infra.rydes.simulators.invoices.sheet import Paper, Sheet
from infra.rydes.simulators.invoices.styles import Style, style_of
from wild_rydes_contracts.ids import RANDOM_BITS, uuid7

PAYEES: Final[Sequence[Party]] = (
    Party("Comet Cars", ("400 Pine Street", "Seattle, WA 98101")),
    Party("Pegasus Airways", ("17 Harbour Road", "London E1 6AN")),
    Party("Nimbus Broomsticks", ("9 Rue des Martyrs", "75009 Paris")),
    Party("Einhorn & Söhne KG", ("Lindenallee 12", "10115 Berlin")),
    Party("Étoile Filante SA", ("Avenue du Lac 3", "1204 Genève")),
    Party("Rocinante Viajes S.L.", ("Calle Mayor 21", "28013 Madrid")),
    Party("Ippogrifo S.r.l.", ("Via Garibaldi 8", "20121 Milano")),
    Party("Sleipnir Logistics Ltd.", ("4 Quay Lane", "Bristol BS1 4DJ")),
)
PAYER: Final = Party("Wild Rydes, Inc.", ("2121 7th Avenue", "Seattle, WA 98121"))
TURNS: Final = (0, 0, 0, 0, 0, 0, 90, 180, 270)
SKEWS: Final = (0.0, 0.0, 0.0, 0.0, 1.2, -2.3)
FIRST_DAY: Final = date(2026, 1, 5)


@dataclass(frozen=True, slots=True)
class Made:
    """An invoice as PDF, with what is true about it."""

    pdf: bytes
    bill: Bill
    layout: Layout
    style: Style
    paper: Paper


def invented(
    seed: int, *, layout: Layout | None = None, rides: int | None = None, currency: str | None = None
) -> Made:
    """Make an invoice that depends on nothing but the arguments.

    The layouts take turns by the seed unless one is given; `rides` says how many lines it has, a few if left out.
    """
    draw = random.Random(seed)  # noqa: S311 - a simulation
    layout = layout or LAYOUTS[seed % len(LAYOUTS)]
    style = style_of(draw, draw.choice(layout.languages), currency)
    bill = invented_bill(draw, layout, style, draw.randrange(1, 30) if rides is None else rides)
    paper = Paper(layout.format, draw.choice(TURNS), draw.choice(SKEWS))
    return Made(drawn(bill, layout, style, paper, seed), bill, layout, style, paper)


def invented_bill(draw: random.Random, layout: Layout, style: Style, rides: int) -> Bill:
    """Invent what an invoice says."""
    issued = FIRST_DAY + timedelta(days=draw.randrange(700))
    net_days = draw.choice([10, 14, 30, 45]) if layout.net else None
    due = issued + timedelta(days=net_days or draw.randrange(7, 60))
    lines = []
    for _ in range(rides):
        day = issued - timedelta(days=draw.randrange(1, 31))
        at = datetime.combine(day, time(draw.randrange(24), draw.randrange(60)), UTC)
        booking = draw.randrange(1, 4)
        price = Decimal(draw.choice([draw.randrange(400, 9_900), draw.randrange(400, 250_000)])) / 100
        lines.append(Ride(f"{uuid7(at, draw.getrandbits(RANDOM_BITS))}.{booking}", day, price))
    form = draw.choice(["INV-{0}", "{1}-{0}", "R{1}/{0}", "{0}", "CC{0}"])
    number = form.format(draw.randrange(1_000, 99_999), issued.year)
    return Bill(draw.choice(PAYEES), PAYER, number, issued, due, style.currency, tuple(lines), net_days)


def drawn(bill: Bill, layout: Layout, style: Style, paper: Paper, seed: int) -> bytes:
    """Draw a bill as a PDF. The seed chooses among words that say the same."""
    sheet = Sheet(paper, family=layout.family)
    draw_invoice(Pen(sheet, bill, layout, style, random.Random(seed)))  # noqa: S311 - a simulation
    return sheet.pdf()
