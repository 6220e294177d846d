"""Dollars per million RFQs, counted from the calls made: `uv run python -m tests.bench.cost`.

Runs RFQs with 1, 10 and 50 responders one at a time, and with 10 at a steady rate, through the deployed functions on a
local cloud of its own; then what comes with and after an RFQ: live updates, unicorns that price by hand, the booking of a
ride. Nothing talks to AWS. Ends by itself after about ten minutes. The steady measurement runs in slow motion, rate,
windows and polling alike, so that any laptop keeps up: what fills a batch is how many come within a window.
"""

import argparse
from collections.abc import Sequence
from statistics import mean
from typing import Any

from rich.table import Table

from tests.bench.bench_cloud import bench_cloud
from tests.bench.cost import prices
from tests.bench.cost.bench import Bench, Measurement, console
from tests.bench.cost.event_sources import EventSources
from tests.bench.cost.flows import BY_HAND, CANCELLED, RIDE, SNAPSHOT, WATCHED, Flows
from tests.bench.cost.inviting import invite
from tests.bench.cost.recorder import Recorder


def units_table(title: str, measurements: Sequence[Measurement]) -> Table:
    """Billable units and dollars of each measurement."""
    table = Table("unit", title=title)
    table.add_column("$/M", justify="right")
    for m in measurements:
        table.add_column(f"N = {m.responders}\n{m.name}\n({m.runs} runs)", justify="right")
    for unit, price in prices.PER_MILLION.items():
        table.add_row(unit, f"{price:.4g}", *(f"{m.units[unit] / m.runs:.2f}" for m in measurements))
    table.add_section()
    table.add_row("[bold]Wild Rydes, $", "", *(f"[bold]{m.dollars:.2f}" for m in measurements))
    return table


def report_rfqs(measurements: Sequence[Measurement]) -> None:
    """Print units and dollars of each measurement, and the lab's published figures beside them."""
    table = units_table("Billable units of one RFQ, and dollars of a million", measurements)
    table.add_row("The lab, $", "", *(f"{prices.lab(m.responders):.2f}" for m in measurements))
    console.print(table)
    alone = sorted((m for m in measurements if m.name == "one at a time"), key=lambda m: m.responders)
    growth = (alone[-1].dollars - alone[0].dollars) / (alone[-1].responders - alone[0].responders)
    console.print(
        f"Growth per responder: {growth:.3f} (the lab: 2.56). "
        f"The lab: 34.51 at N = 10, 264.88 at N = 100; 8.91 + 2.56 N. "
        f"Prices: {prices.SOURCE}, us-east-1, {prices.AS_OF}. Idle polling is not in it."
    )
    report_batches(measurements)


def report_flows(measurements: Sequence[Measurement]) -> None:
    """Print what else there is to an RFQ. No column is part of another."""
    console.print(units_table("Billable units of one, and dollars of a million", measurements))
    console.print(
        f"{RIDE}: from the booking to the completion, without its RFQ and without the SMS after it. {WATCHED}: the whole"
        f" RFQ, and a customer's connection of a minute. {BY_HAND}: the whole RFQ, each answer a call of the API, one soon"
        f" after the other; the unicorns' connections are not in it. {CANCELLED}: the same, cancelled before anybody has"
        f" answered. {SNAPSHOT}: a message of an app to which one invitation is open, and the answer."
    )
    report_batches(measurements)


def report_batches(measurements: Sequence[Measurement]) -> None:
    """Print how well batches were filled."""
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
            report_rfqs(
                [
                    *(bench.one_at_a_time(site, options.rfqs) for site in sites.values()),
                    bench.steady(sites[10], options.rate, options.seconds, options.dilation),
                ]
            )
            with Flows(bench, cloud.cloud, options.rfqs) as flows:
                report_flows(
                    [
                        flows.watched(sites[10]),
                        flows.by_hand(10),
                        flows.cancelled(10),
                        flows.snapshots(),
                        flows.rides(),
                    ]
                )
            if sources.retried:
                console.print(
                    f"{sources.retried} batches failed and came again, and are counted", style="yellow"
                )
        invite(cloud.cloud)


if __name__ == "__main__":
    main()
