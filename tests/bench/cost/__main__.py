"""Dollars per million RFQs, and a month's fixed costs: `uv run python -m tests.bench.cost`.

Runs RFQs with 10 and 50 responders one at a time, and with 10 at a steady rate, through the deployed functions on a
local cloud of its own; then what comes with and after an RFQ: live updates, unicorns that price by hand, the booking of a
ride. Nothing talks to AWS. Ends by itself after about ten minutes; `--only` runs parts: `alone`, `steady`, `flows`, or
`fixed`, which needs no cloud. The steady measurement runs in slow motion, rate, windows and polling alike, so that any
laptop keeps up: what fills a batch is how many come within a window.
"""

import argparse
from collections.abc import Sequence
from typing import Any

from tests.bench.bench_cloud import bench_cloud
from tests.bench.cost.bench import Bench, console
from tests.bench.cost.event_sources import EventSources
from tests.bench.cost.flows import Flows
from tests.bench.cost.inviting import invite
from tests.bench.cost.recorder import Recorder
from tests.bench.cost.report import report_fixed, report_flows, report_rfqs

PARTS = ("alone", "steady", "flows", "fixed")


def all_functions(client: Any) -> list[str]:
    """The names of all deployed functions."""
    pages = client("lambda").get_paginator("list_functions").paginate()
    return [function["FunctionName"] for page in pages for function in page["Functions"]]


def main() -> None:
    """Run the measurements and print their tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--only", choices=PARTS, nargs="+", default=PARTS, help="parts of it; otherwise all"
    )
    arguments.add_argument("--rfqs", type=int, default=5, help="RFQs of each one-at-a-time measurement")
    arguments.add_argument("--rate", type=float, default=20, help="RFQs a second of the steady measurement")
    arguments.add_argument("--seconds", type=int, default=15, help="length of the steady measurement")
    arguments.add_argument(
        "--dilation", type=float, default=4, help="how much slower the steady one really runs"
    )
    options = arguments.parse_args()
    if "fixed" in options.only:
        report_fixed()
    if set(options.only) > {"fixed"} or "fixed" not in options.only:
        _measure(options.only, options)


def _measure(parts: Sequence[str], options: argparse.Namespace) -> None:
    with bench_cloud() as cloud:
        sites = {n: cloud.site(n) for n in ((10, 50) if "alone" in parts else (10,))}
        recorder = Recorder(cloud.port)
        between = recorder.between(cloud.client("lambda"), all_functions(cloud.client))
        with between, EventSources(cloud.client) as sources:
            bench = Bench(cloud, recorder, sources)
            bench.one_at_a_time(sites[10], 1)  # warm up: first calls look up queue URLs
            alone = sites.values() if "alone" in parts else ()
            rfqs = [bench.one_at_a_time(site, options.rfqs) for site in alone]
            if rfqs:
                report_rfqs(rfqs)
            if "steady" in parts:
                report_rfqs([bench.steady(sites[10], options.rate, options.seconds, options.dilation)])
            if "flows" in parts:
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
        if "flows" in parts:
            invite(cloud.cloud)


if __name__ == "__main__":
    main()
