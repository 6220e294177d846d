"""From the submission to all quotes visible, and what each hop takes: `uv run python -m tests.bench.latency`.

Runs RFQs one after another through a local cloud of its own. The customer looks at the quotes again and again until all
are there. What each hop takes is read from the functions' own log lines. `--on-aws` simulates the same as AWS would have
it, in a few seconds and without a cloud.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from rich.console import Console
from rich.progress import track
from rich.table import Table

from infra.rydes.operator import trace
from tests.bench.bench_cloud import BenchCloud, Site, bench_cloud
from tests.bench.latency.report import report_on_aws

LAB_MS = (66, 105)
"""The workshop's lab on the same emulator: the request's two writes and answers straight through SNS, SQS and Lambda."""

HOPS = (
    ("ride-booking-api", "POST", "API: validate, write the RFQ"),
    ("ride-booking-outbox", "scheduled RfqDeadline", "outbox: the table's stream, the deadline message"),
    ("ride-booking-outbox", "published RfqRequested", "outbox: PutEvents"),
    ("unicorn-mgmt-responder", "received RfqRequested", "bus, rule, inbox queue"),
    ("unicorn-mgmt-responder", "replied", "responder: find the unicorns, quote, answer"),
    ("ride-booking-aggregator", "received RfqResponse", "return address"),
    ("ride-booking-aggregator", "gathered", "aggregator: one read, one conditional update"),
)
"""Function, the beginning of the log line that ends the hop, and what the hop is."""

console = Console()


@dataclass(frozen=True)
class Journey:
    """One RFQ: milliseconds until all quotes were seen, and the milliseconds each hop ended after the one before."""

    visible: float
    hops: tuple[float | None, ...]


def run(cloud: BenchCloud, site: Site) -> Journey:
    """Submit one RFQ and look until all quotes are there."""
    start = time.perf_counter()
    rfq_id = cloud.submit(site, respond_within=60)
    while len(cloud.quotes(rfq_id)) < site.responders:
        if time.perf_counter() - start > 30:
            raise SystemExit(f"RFQ {rfq_id}: not all quotes within 30 s")
    visible = (time.perf_counter() - start) * 1000
    return Journey(visible, _hops(trace.lines(cloud.cloud, rfq_id)))


def _hops(lines: Sequence[trace.Line]) -> tuple[float | None, ...]:
    found = [
        next((line.at for line in lines if line.function == function and line.what.startswith(what)), None)
        for function, what, _ in HOPS
    ]
    ends = [None, *found]
    return tuple(
        (b - a).total_seconds() * 1000 if a and b else None for a, b in zip(ends, found, strict=False)
    )


def report(journeys: Sequence[Journey]) -> None:
    """Print the distribution and the median of each hop."""
    times = [journey.visible for journey in journeys]
    tenths = quantiles(times, n=10)
    table = Table(title=f"Milliseconds from POST to all quotes visible ({len(times)} RFQs)")
    for name in ("min", "median", "p90", "max", "the lab", "2 x the lab"):
        table.add_column(name, justify="right")
    low, high = LAB_MS
    table.add_row(
        *(f"{t:.0f}" for t in (min(times), median(times), tenths[8], max(times))),
        f"{low} to {high}",
        f"{2 * low} to {2 * high}",
    )
    console.print(table)
    hops = Table("function", "until it logged", "hop", title="Median milliseconds of each hop")
    hops.add_column("ms", justify="right")
    for i, (function, what, meaning) in enumerate(HOPS):
        values = [value for journey in journeys if (value := journey.hops[i]) is not None]
        hops.add_row(function, what, meaning, f"{median(values):.1f}" if values else "-")
    console.print(hops)
    console.print("As AWS would have it: `--on-aws`.")


def main() -> None:
    """Run the journeys and print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rfqs", type=int, default=40)
    arguments.add_argument("--responders", type=int, default=10)
    arguments.add_argument("--on-aws", action="store_true", help="simulate it as AWS would have it")
    arguments.add_argument("--rate", type=float, default=20, help="RFQs a second of the simulation")
    arguments.add_argument("--seed", type=int, default=1, help="of the simulation")
    options = arguments.parse_args()
    if options.on_aws:
        report_on_aws(console, rate=options.rate, seed=options.seed)
        return
    with bench_cloud() as cloud:
        site = cloud.site(options.responders)
        for _ in range(5):
            run(cloud, site)  # warm up every function
        report(
            [run(cloud, site) for _ in track(range(options.rfqs), "Asking", console=console, transient=True)]
        )


if __name__ == "__main__":
    main()
