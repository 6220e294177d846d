"""How fast invoices are read, how well, and what Textract costs: `uv run python -m tests.bench.invoices`.

Makes invoices of all layouts and one of many pages, lets the simulator of Textract look at them, and measures the CPU time of what
the service will do: Textract's blocks to an invoice and its decision. The simulator's own time is AWS's problem, and only shown.
"""

import argparse
import itertools
import time
from collections import Counter
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table

from infra.rydes.simulators.invoices.layouts import LAYOUTS
from infra.rydes.simulators.invoices.made import Made, invented
from infra.rydes.simulators.textract.analysis import analysed
from settlement.domain.blocks import parse
from settlement.domain.deciding import decide
from settlement.domain.invoice import Invoice
from settlement.domain.reading import read
from tests.bench.cost.prices import TEXTRACT_FORMS, TEXTRACT_TEXT
from tests.support.settlement.invoices import account_of, value

console = Console()


@dataclass(frozen=True)
class Measured:
    """One invoice: its pages, seconds of CPU, whether its payee, due date and amount were right: and without keys and values."""

    made: Made
    pages: int
    looked: float
    parsed: float
    read: float
    right: tuple[bool, bool, bool]
    right_alone: tuple[bool, bool, bool]
    decision: str


def measured(made: Made) -> Measured:
    """Read one invoice."""
    times = [time.process_time()]
    analysis = analysed(made.pdf, forms=True, seed="bench")
    times.append(time.process_time())
    blocks = parse(analysis.blocks)
    times.append(time.process_time())
    invoice = read(blocks, analysis.unread)
    decision = decide(invoice, account_of(made.bill), made.bill.issued)
    times.append(time.process_time())
    looked, parsed, read_ = (end - begin for begin, end in itertools.pairwise(times))
    alone = read([block for block in blocks if block.block_type != "KEY_VALUE_SET"])
    return Measured(
        made,
        analysis.count,
        looked,
        parsed,
        read_,
        _right(invoice, made),
        _right(alone, made),
        type(decision).__name__.lower(),
    )


def _right(invoice: Invoice, made: Made) -> tuple[bool, bool, bool]:
    bill = made.bill
    return (
        value(invoice.payee) == bill.payee.name,
        value(invoice.due) == bill.due,
        value(invoice.total) == bill.total,
    )


def report(all_: list[Measured], long: Measured) -> None:
    """Print speed, accuracy and price."""
    table = Table(title="Pages a second of CPU time", box=SIMPLE_HEAD, pad_edge=False)
    for name in (
        "",
        "invoices",
        "pages",
        "the simulator's text",
        "blocks parsed",
        "read and decided",
        "both",
    ):
        table.add_column(name, justify="right" if name else "left")
    for title, of in (("all layouts", all_), ("one long statement", [long])):
        pages = sum(one.pages for one in of)
        looked, parsed, read_ = (
            sum(times) for times in zip(*((m.looked, m.parsed, m.read) for m in of), strict=True)
        )
        speeds = [f"{pages / seconds:,.0f}" for seconds in (looked, parsed, read_, parsed + read_)]
        table.add_row(title, str(len(of)), str(pages), *speeds)
    console.print(table)
    outcomes = ", ".join(
        f"{count} {name}" for name, count in sorted(Counter(m.decision for m in all_).items())
    )
    console.print(f"Decisions: {outcomes}.")
    for title, rights in (
        ("With keys and values", [m.right for m in all_]),
        ("With text alone", [m.right_alone for m in all_]),
    ):
        payee, due, total = (sum(column) / len(all_) for column in zip(*rights, strict=True))
        console.print(f"{title}: payee {payee:.1%} right, due date {due:.1%}, amount {total:.1%}.")
    mean = sum(one.pages for one in all_) / len(all_)
    console.print(
        f"Textract, a thousand pages: {TEXTRACT_FORMS:.2f} dollars with keys and values, {TEXTRACT_TEXT:.2f} with text alone.\n"
        f"A thousand of these invoices have {1000 * mean:,.0f} pages: {mean * TEXTRACT_FORMS:.2f} or {mean * TEXTRACT_TEXT:.2f} dollars."
    )


def main() -> None:
    """Make, read, report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--invoices", type=int, default=160)
    arguments.add_argument(
        "--seed", type=int, default=40_000, help="the first; those below 10,000 the rules have seen"
    )
    arguments.add_argument("--rides", type=int, default=13_000, help="on the long statement, 45 a page")
    options = arguments.parse_args()
    seeds = range(options.seed, options.seed + options.invoices)
    all_ = [measured(invented(seed)) for seed in track(seeds, "Reading", console=console, transient=True)]
    statement = next(layout for layout in LAYOUTS if layout.name == "statement")
    report(all_, measured(invented(options.seed, layout=statement, rides=options.rides)))


if __name__ == "__main__":
    main()
