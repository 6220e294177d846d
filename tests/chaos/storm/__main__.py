"""Many RFQs with bookings and SMS while everything breaks: `uv run python -m tests.chaos.storm --rfqs 200 --seed 1`.

On a local cloud of its own, with IAM enforced. Who asks where and does what, and which faults come when, follows from the
seed; what meets what depends on the machine. The report is in .run/chaos.md and .run/chaos.json, too.
"""

import argparse
import json
import sys
import time

import pytest
from rich.console import Console

from infra.rydes.cloud.settings import ROOT
from tests.chaos.storm.invariants import Verdict, verdicts
from tests.chaos.storm.plan import plan
from tests.chaos.storm.report import SHOWN, Report, report
from tests.chaos.storm.storm import storm
from tests.support.own_cloud import own_cloud
from tests.support.patience import take_slowest
from tests.support.personal_data import Watch

FOLDER = ROOT / ".run"
SLOWEST = 10


def run(rfqs: int, seed: int, progress: Console) -> Report:
    """Have a storm on a cloud of its own, and write the report."""
    began = time.monotonic()

    def tell(what: str) -> None:
        progress.print(f"{time.monotonic() - began:6.0f} s  {what}")

    with own_cloud(FOLDER / "chaos") as cloud:
        watch = Watch(cloud)
        with storm(cloud, plan(rfqs, seed), tell) as outcome:
            found = [*verdicts(outcome), _private(watch)]
            told = report(outcome, found, take_slowest(SLOWEST))
            # Before the cloud ends, which looks at the calls of all functions and may find one that is new.
            (FOLDER / "chaos.md").write_text(told.markdown())
            (FOLDER / "chaos.json").write_text(json.dumps(told.json(), indent=2))
    return told


def _private(watch: Watch) -> Verdict:
    claim = "no personal data is on the bus, in logs, metrics, dead letters or documents"
    try:
        watch.settle()
    except AssertionError as found:
        return Verdict(claim, 1, [str(found).partition("\n")[0]])
    return Verdict(claim, 1, [])


def main() -> None:
    """Have a storm; exit with 1 if it has violated anything."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rfqs", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--json", action="store_true", help="print the report as JSON")
    options = arguments.parse_args()
    try:
        told = run(options.rfqs, options.seed, Console(stderr=True))
    except pytest.fail.Exception as unknown:
        sys.exit(str(unknown))  # a call that infra/proof does not know, or that AWS would refuse
    if options.json:
        Console().print_json(data=told.json())
    else:
        told.show(Console())
    if not told.holds:
        sys.exit("\n".join(["Violated:", *(v for each in told.verdicts for v in each.violations[:SHOWN])]))


if __name__ == "__main__":
    main()
