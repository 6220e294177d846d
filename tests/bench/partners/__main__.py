"""One partner that hangs until its timeout, side by side with all well: `uv run python -m tests.bench.partners`.

Runs RFQs one after another through a local cloud of its own, by turns with all responders well and with one partner that
accepts each call and says nothing. Its circuit is in METRICS_ONLY, so that every call to it runs into the timeout: with the
circuit open it would not even be asked. The customer looks at the quotes again and again; what counts are the milliseconds
from the POST until the quote of each *other* responder is visible.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table

from infra import roster
from infra.rydes.operator import modes
from infra.rydes.scenarios.customers import MERCER_ISLAND
from infra.rydes.simulators.partners import process
from tests.bench.bench_cloud import BenchCloud, Site, bench_cloud
from wild_rydes_circuit_breaker import Mode

SIDES = ("well", "hangs")

console = Console()


@dataclass(frozen=True)
class Seen:
    """One RFQ: milliseconds until each responder's quote was seen, and until the RFQ was done."""

    visible: Mapping[str, float]
    done: float


def run(cloud: BenchCloud, site: Site, hanging: str, others: int) -> Seen:
    """Submit one RFQ and look until all but the hanging one have quoted, and it is done."""
    start = time.perf_counter()
    rfq_id = cloud.submit(site, respond_within=60)
    visible: dict[str, float] = {}
    done = False
    while not done:
        found = {quote["responder-id"] for quote in cloud.quotes(rfq_id)}
        now = (time.perf_counter() - start) * 1000
        for responder in found:
            visible.setdefault(responder, now)
        done = len(visible.keys() - {hanging}) == others and cloud.done(rfq_id)
        if now > 30_000:
            raise SystemExit(f"RFQ {rfq_id}: not done within 30 s, quotes of {', '.join(visible)}")
    return Seen(visible, (time.perf_counter() - start) * 1000)


def measure(cloud: BenchCloud, hanging: str, unicorns: int, rfqs: int) -> dict[str, list[Seen]]:
    """The RFQs of both sides, made by turns so that whatever else the machine does falls on both."""
    site = cloud.site(unicorns, MERCER_ISLAND)
    partners = process.running(cloud.cloud.settings.run_dir)
    if partners is None:
        raise SystemExit("the partners have gone")
    order = modes.order(Mode.METRICS_ONLY, actor="bench", reason="each call is to hang", lasts="")
    modes.put(cloud.cloud, hanging, order)
    others = unicorns + len(partners.secrets) - 1
    for _ in range(5):
        run(cloud, site, hanging, others)  # warm up every function
    seen: dict[str, list[Seen]] = {side: [] for side in SIDES}
    for number in track(range(2 * rfqs), "Asking", console=console, transient=True):
        side = SIDES[number % 2]
        partners.misbehave(hanging, **({"hang": 1} if side == SIDES[1] else {}))
        seen[side].append(run(cloud, site, hanging, others))
    return seen


def report(seen: Mapping[str, Sequence[Seen]], hanging: str) -> None:
    """Print both distributions side by side."""
    well, hangs = (seen[side] for side in SIDES)
    title = f"Milliseconds from POST to visible: all well, and {hanging} hangs; {len(well)} RFQs each"
    table = Table(title=title, box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("quote of")
    for side in SIDES:
        for name in ("p50", "p90", "max"):
            table.add_column(f"{side}\n{name}", justify="right")
    table.add_column("p50\nadded", justify="right")
    partners = [id_ for id_ in roster.partners() if id_ != hanging]
    rows = {id_: [[one.visible[id_]] for one in (*well, *hangs)] for id_ in partners}
    rows["unicorns"] = [
        [ms for id_, ms in one.visible.items() if id_ not in roster.partners()] for one in (*well, *hangs)
    ]
    rows["last of these"] = [
        [max(ms for id_, ms in one.visible.items() if id_ != hanging)] for one in (*well, *hangs)
    ]
    rows["RFQ complete"] = [[one.done] for one in (*well, *hangs)]
    for name, values in rows.items():
        sides = values[: len(well)], values[len(well) :]
        flat = [[ms for one in side for ms in one] for side in sides]
        figures = [
            f"{ms:.0f}"
            for side in flat
            for ms in (median(side), quantiles(side, n=10, method="inclusive")[8], max(side))
        ]
        table.add_row(name, *figures, f"{median(flat[1]) - median(flat[0]):+.0f}")
    console.print(table)
    late = sum(hanging in one.visible for one in hangs)
    console.print(
        f"Quotes of {hanging}: {sum(hanging in one.visible for one in well)} of {len(well)} when well, "
        f"{late} of {len(hangs)} when it hangs for its timeout of {roster.partners()[hanging]['timeout']:g} s.\n"
        "The RFQ waits for it to be complete; what the customer sees of the others does not."
    )


def main() -> None:
    """Run the RFQs and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rfqs", type=int, default=40, help="on each side")
    arguments.add_argument("--unicorns", type=int, default=5)
    arguments.add_argument("--hanging", choices=tuple(roster.partners()), default="p-comet")
    options = arguments.parse_args()
    with bench_cloud() as cloud:
        report(measure(cloud, options.hanging, options.unicorns, options.rfqs), options.hanging)


if __name__ == "__main__":
    main()
