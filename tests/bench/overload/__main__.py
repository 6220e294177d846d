"""A partner that is asked for more than it can answer: `uv run python -m tests.bench.overload`.

The consumer of the partner's queue is the real one; queue, partner and time are simulated, so that it is done in two minutes.
Rows: as many RFQs a second as are asked, and how long each may wait in the queue before it is declined with `partner-busy`:
for the time that a call may take, as built; for half and for twice that; and for ever, as it was before there was shedding.
Everything is counted in the second half of the run, when the queue is as long as it gets.
"""

import argparse
from dataclasses import replace

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.support.unicorn_mgmt.partner_samples import PARTNERS
from tests.support.unicorn_mgmt.partner_simulation import Load, Seen, Simulation

RATES = (3, 4, 4.5, 6, 20, 100)


def main() -> None:
    """Run the loads and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--partner", choices=tuple(PARTNERS), default="p-comet")
    parser.add_argument("--call-seconds", type=float, default=1.0, help="what each call takes")
    parser.add_argument("--minutes", type=float, default=15, help="of load, at most an hour")
    parser.add_argument("--rates", type=float, nargs="+", default=RATES, help="RFQs a second, at most 200")
    options = parser.parse_args()
    partner = PARTNERS[options.partner]
    capacity = partner.concurrency / options.call_seconds
    console = Console()
    table = Table(
        title=f"{partner.id}: {partner.concurrency} calls at once of {options.call_seconds:g} s each, so"
        f" {capacity:g} RFQs a second; RFQs are open for 5 minutes",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    headings = (
        "RFQs\na second",
        "may wait",
        "end\nall-answered",
        "last answer\np50",
        "p95",
        "quotes\na second",
    )
    for heading in headings:
        table.add_column(heading, justify="right")
    loads = [Load(min(rate, 200.0), min(options.minutes, 60) * 60) for rate in options.rates]
    rows = [
        (load, patience)
        for load in loads
        for patience in (partner.timeout / 2, partner.timeout, partner.timeout * 2, None)
    ]
    for load, patience in track(rows, "Asking", console=console, transient=True):
        one = replace(partner, timeout=patience or partner.timeout)
        simulation = Simulation(one, call_seconds=options.call_seconds, patient=patience is None)
        seen = simulation.run(load, since=load.seconds / 2)
        table.add_row(*_figures(seen, patience), end_section=patience is None)
    console.print(table)


def _figures(seen: Seen, patience: float | None) -> tuple[str, ...]:
    return (
        f"{seen.load.rate:g}",
        "for ever" if patience is None else f"{patience:g} s",
        f"{seen.all_answered:.1%}",
        f"{seen.last_answer(50):.2f} s",
        f"{seen.last_answer(95):.2f} s",
        f"{seen.goodput:.2f}",
    )


if __name__ == "__main__":
    main()
