"""Dollars per million RFQs, counted from the calls made: `uv run python -m tests.load.cost`.

Runs RFQs with 1, 10 and 50 responders one at a time, and with 10 at a steady rate, through the deployed functions on a
local cloud of its own. Nothing talks to AWS. Ends by itself after about five minutes. The
steady measurement runs in slow motion, rate, windows and polling alike, so that any laptop keeps up: what fills a batch
is how many come within a window.
"""

import argparse
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import mean
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.load.bench_cloud import BenchCloud, Site, bench_cloud
from tests.load.cost import prices
from tests.load.cost.event_sources import EventSources
from tests.load.cost.meter import Units, api_call, dollars_per_million, function_calls, stored
from tests.load.cost.recorder import Recorder

RESPOND_WITHIN = 20
"""Seconds; also how long after an RFQ its deadline message comes and costs."""

APART = 4.0
"""Seconds between RFQs that shall not meet: longer than any batching window, so that no two share a batch."""

console = Console()


@dataclass(frozen=True)
class Measurement:
    """What `rfqs` RFQs with `responders` responders each took."""

    name: str
    responders: int
    rfqs: int
    units: Units
    batch_sizes: Mapping[str, list[int]]

    @property
    def dollars(self) -> float:
        """Per million RFQs."""
        return dollars_per_million(self.units, self.rfqs)


class Bench:
    """RFQs through a cloud whose functions' calls are recorded."""

    def __init__(self, cloud: BenchCloud, recorder: Recorder, sources: EventSources) -> None:
        self._cloud, self._recorder, self._sources = cloud, recorder, sources
        # A batch completes ten RFQs at once; ten customers at once would each start a worker of the API.
        self._at_the_api = threading.BoundedSemaphore(3)

    def one_at_a_time(self, site: Site, rfqs: int) -> Measurement:
        """RFQs that share no batch with one another."""
        self._reset()
        for _ in track(range(rfqs), f"N = {site.responders}, one at a time", console=console, transient=True):
            next_one = time.monotonic() + APART
            self._rfq(site)
            time.sleep(max(0.0, next_one - time.monotonic()))
        self._wait_for_deadlines()
        return self._measured("one at a time", site, rfqs)

    def steady(self, site: Site, per_second: float, seconds: int, dilation: float) -> Measurement:
        """RFQs at a steady rate, everything that has to do with time slowed down by `dilation`."""
        self._sources.dilation = dilation
        self._reset()
        rfqs = int(per_second * seconds)
        start = time.monotonic()
        name = f"{per_second:g} a second"
        with ThreadPoolExecutor(128) as pool:
            futures = []
            for i in track(range(rfqs), f"N = {site.responders}, {name}", console=console, transient=True):
                time.sleep(max(0.0, start + i * dilation / per_second - time.monotonic()))
                futures.append(pool.submit(self._rfq, site))
            for future in futures:
                future.result()
        self._wait_for_deadlines()
        return self._measured(name, site, rfqs)

    def _rfq(self, site: Site) -> None:
        """Submit, wait without calling anything, look at the result once: the two API calls that are counted."""
        with self._at_the_api:
            rfq_id = self._cloud.submit(site, respond_within=RESPOND_WITHIN)
        self._wait_completed(rfq_id)
        with self._at_the_api:
            result = self._cloud.result(rfq_id)
        if len(result["quotes"]) != site.responders or result["completed-by"] != "all-answered":
            sys.exit(f"RFQ {rfq_id} is not as expected: {result}")

    def _wait_for_deadlines(self) -> None:
        for _ in track(range(RESPOND_WITHIN + 6), "the deadlines", console=console, transient=True):
            time.sleep(1)

    def _wait_completed(self, rfq_id: str) -> None:
        give_up = time.monotonic() + RESPOND_WITHIN + 5
        while time.monotonic() < give_up:
            if self._sources.failures:
                sys.exit(f"an event source failed: {self._sources.failures[0]}")
            if rfq_id in self._sources.completed:
                return
            time.sleep(0.02)
        sys.exit(f"RFQ {rfq_id} did not complete")

    def _reset(self) -> None:
        self._sources.reset()
        self._recorder.calls.clear()

    def _measured(self, name: str, site: Site, rfqs: int) -> Measurement:
        units = Units(self._sources.units)
        units.add(function_calls(self._recorder.calls))
        units.add(stored(self._sources.stream_records.values(), ("customer", "created_at")))
        for _ in range(2 * rfqs):
            units.add(api_call())
        return Measurement(name, site.responders, rfqs, units, dict(self._sources.batch_sizes))


def report(measurements: list[Measurement]) -> None:
    """Print units and dollars of each measurement, and the lab's published figures beside them."""
    table = Table(title="Billable units of one RFQ, and dollars of a million")
    table.add_column("unit")
    table.add_column("$/M", justify="right")
    for m in measurements:
        table.add_column(f"N = {m.responders}\n{m.name}\n({m.rfqs} RFQs)", justify="right")
    for unit, price in prices.PER_MILLION.items():
        table.add_row(unit, f"{price:.4g}", *(f"{m.units[unit] / m.rfqs:.2f}" for m in measurements))
    table.add_section()
    table.add_row("[bold]Wild Rydes, $", "", *(f"[bold]{m.dollars:.2f}" for m in measurements))
    table.add_row("The lab, $", "", *(f"{prices.lab(m.responders):.2f}" for m in measurements))
    console.print(table)
    alone = sorted((m for m in measurements if m.name == "one at a time"), key=lambda m: m.responders)
    growth = (alone[-1].dollars - alone[0].dollars) / (alone[-1].responders - alone[0].responders)
    console.print(
        f"Growth per responder: {growth:.3f} (the lab: 2.56). "
        f"The lab: 34.51 at N = 10, 264.88 at N = 100; 8.91 + 2.56 N. "
        f"Prices: {prices.SOURCE}, us-east-1, {prices.AS_OF}. Idle polling is not in it."
    )
    for m in measurements:
        sizes = ", ".join(f"{name} {mean(batches):.1f}" for name, batches in sorted(m.batch_sizes.items()))
        console.print(f"Mean batch, N = {m.responders}, {m.name}: {sizes}", style="dim")


def all_functions(client: Any) -> list[str]:
    """The names of all deployed functions."""
    pages = client("lambda").get_paginator("list_functions").paginate()
    return [function["FunctionName"] for page in pages for function in page["Functions"]]


def main() -> None:
    """Run all measurements and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rfqs", type=int, default=5, help="RFQs of each one-at-a-time measurement")
    arguments.add_argument("--rate", type=float, default=20, help="RFQs a second of the steady measurement")
    arguments.add_argument("--seconds", type=int, default=15, help="length of the steady measurement")
    arguments.add_argument(
        "--dilation", type=float, default=4, help="how much slower the steady one really runs"
    )
    options = arguments.parse_args()
    with bench_cloud() as cloud:
        sites = {n: cloud.site(n) for n in (1, 10, 50)}
        recorder = Recorder(cloud.port)
        between = recorder.between(cloud.client("lambda"), all_functions(cloud.client))
        with between, EventSources(cloud.client) as sources:
            bench = Bench(cloud, recorder, sources)
            bench.one_at_a_time(sites[10], 1)  # warm up: first calls look up queue URLs
            report(
                [
                    *(bench.one_at_a_time(site, options.rfqs) for site in sites.values()),
                    bench.steady(sites[10], options.rate, options.seconds, options.dilation),
                ]
            )
            if sources.retried:
                console.print(
                    f"{sources.retried} batches failed and came again, and are counted", style="yellow"
                )


if __name__ == "__main__":
    main()
