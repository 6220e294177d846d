"""How fast invoices are read, how well, and what Textract costs: `uv run python -m tests.bench.invoices`.

Makes invoices of all layouts and one of many pages, lets the simulator of Textract look at them, and measures the CPU time of what
the service does: a document to pages, Textract's blocks to an invoice and its decision. The simulator's own time is AWS's problem, and
only shown. The last table has what a thousand pages cost at list prices.
"""

import argparse
import itertools
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table

from infra.rydes.simulators.invoices.layouts import LAYOUTS
from infra.rydes.simulators.invoices.made import Made, invented
from infra.rydes.simulators.textract.analysis import analysed
from settlement.adapters.pdf_reader import PdfReader
from settlement.domain.blocks import parse
from settlement.domain.deciding import decide
from settlement.domain.invoice import Invoice
from settlement.domain.prices import of_function
from settlement.domain.reading import read
from tests.bench.cost.prices import (
    READ,
    S3_GET,
    S3_PUT,
    SQS,
    STATE_TRANSITION,
    TEXTRACT_FORMS,
    TEXTRACT_TEXT,
    WHOLE,
    WRITE,
)
from tests.support.settlement.invoices import account_of, value

console = Console()

_READER_MIB, _READER_SECONDS = 768, 120
_DECIDER_MIB: Final = 2048
_PART: Final = 25
"""Pages that a worker takes at once."""
_OF_AN_ITEM: Final = 50
_TRANSITIONS: Final = 6


@dataclass(frozen=True)
class Measured:
    """One invoice: its pages, seconds of CPU (of `drawn`: by the clock), whether its payee, due date and amount were right: and without keys and values."""

    made: Made
    pages: int
    drawn: float
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
        drawn(made.pdf, analysis.count),
        looked,
        parsed,
        read_,
        _right(invoice, made),
        _right(alone, made),
        type(decision).__name__.lower(),
    )


def drawn(pdf: bytes, pages: int) -> float:
    """Split and draw a document as its workers do, in parts. Returns the seconds that it takes, processes of its own included."""
    reader = PdfReader(_READER_MIB, _READER_SECONDS)
    began = time.perf_counter()
    with TemporaryDirectory() as name:
        directory = Path(name)
        file = directory / "document.pdf"
        file.write_bytes(pdf)
        reader.count(file)
        for first in range(1, pages + 1, _PART):
            part = range(first, min(first + _PART, pages + 1))
            reader.split(file, directory, part)
            reader.render(directory, part)
    return time.perf_counter() - began


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
        "split and drawn",
        "the simulator's text",
        "blocks parsed",
        "read and decided",
        "both",
    ):
        table.add_column(name, justify="right" if name else "left")
    for title, of in (("all layouts", all_), ("one long statement", [long])):
        pages = sum(one.pages for one in of)
        drawn_, looked, parsed, read_ = (
            sum(times) for times in zip(*((m.drawn, m.looked, m.parsed, m.read) for m in of), strict=True)
        )
        speeds = [f"{pages / seconds:,.0f}" for seconds in (drawn_, looked, parsed, read_, parsed + read_)]
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


def costs(all_: list[Measured], long: Measured) -> None:
    """Print what a thousand pages cost at list prices, by what takes it."""
    table = Table(title="Dollars a thousand pages, at list prices", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("", "all layouts", "one long statement"):
        table.add_column(name, justify="right" if name else "left")
    columns = [_costs(of) for of in (all_, [long])]
    for name in columns[0]:
        table.add_row(name, *(f"{column[name]:.3f}" for column in columns))
    table.add_row("together", *(f"{sum(column.values()):.3f}" for column in columns), style="bold")
    console.print(table)


def _costs(of: list[Measured]) -> dict[str, float]:
    """By what takes it. Calls are counted as the code makes them; bytes of S3 and of messages are left out: less than a cent."""
    pages, documents = sum(one.pages for one in of), len(of)
    parts = sum(-(-one.pages // _PART) for one in of)
    rides = sum(len(one.made.bill.rides) for one in of)
    drawing = sum(one.drawn for one in of)
    deciding = sum(one.parsed + one.read for one in of)
    chunks = sum(-(-one.pages // _OF_AN_ITEM) for one in of)
    # Documents, settlements, numbers, executions' tokens, and audit entries of five steps; a transaction counts twice.
    writes = documents * 14 + parts * 2 + chunks * 3 + 2 * rides
    messages = documents * 8 + 2 * parts
    dollars = {
        "Textract, text alone": pages * TEXTRACT_TEXT / 1000,
        "Lambda, splitting and drawing": float(of_function(drawing, _READER_MIB + 256)) + 2 * parts * 2e-7,
        "Lambda, reading and deciding": float(of_function(deciding, _DECIDER_MIB)) + documents * 5 * 2e-7,
        "Step Functions": documents * _TRANSITIONS * STATE_TRANSITION,
        "DynamoDB, writes and reads": (writes * WHOLE[WRITE] + (documents * 20 + rides) * WHOLE[READ]) / 1e6,
        "SQS and SNS": messages * 3 * WHOLE[SQS] / 1e6,
        "S3, requests": pages * 2 * S3_PUT + (documents * 4) * S3_PUT + pages * 2 * S3_GET,
    }
    return {name: 1000 * amount / pages for name, amount in dollars.items()}


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
    long = measured(invented(options.seed, layout=statement, rides=options.rides))
    report(all_, long)
    costs(all_, long)


if __name__ == "__main__":
    main()
