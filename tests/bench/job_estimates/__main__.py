"""How good estimates of jobs are under load: `uv run python -m tests.bench.job_estimates`.

It brings up a local cloud, has a partner drive rides, and begins jobs in bursts, one burst after the other. Of each job it
compares when it was to be done, as its 202 said, with when it was done. The first burst begins with nothing measured.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from infra.rydes.cloud.cloud import Cloud
from tests.bench.bench_cloud import bench_cloud
from tests.support.machines import Machine
from unicorn_mgmt.adapters.partner_ride_table import RIDES

BURSTS = (1, 1, 20, 40, 5, 1)
"""Jobs at once. Alone, then more than there are workers for, then few again: what was learnt must fit all."""
FACTOR = 2.0
_PARTNER = "p-comet"
_AT_ONCE = 25


@dataclass(frozen=True)
class Went:
    """A job: how long it was to take and how long it took, in seconds."""

    estimate: float
    actual: float

    @property
    def ratio(self) -> float:
        """By which factor the estimate was too long, or below 1 too short."""
        return self.estimate / self.actual

    @property
    def good(self) -> bool:
        """Whether it was within a factor of two."""
        return 1 / FACTOR <= self.ratio <= FACTOR


def drive(cloud: Cloud, count: int) -> None:
    """Write rides that were driven a while ago: of each what a statement reads."""
    dynamodb, table = cloud.client("dynamodb"), cloud.names.of("unicorn-mgmt")
    began = datetime.now(UTC) - timedelta(hours=2)

    def item(i: int) -> dict[str, Any]:
        at = began + timedelta(milliseconds=i)
        return {
            "id": {"S": f"bench#{i}"},  # no ride of which anybody is told
            "listed": {"S": f"{RIDES}{_PARTNER}"},
            "listed_at": {"N": str(int(at.timestamp() * 1000))},
            "ride_id": {"S": f"bench-{i}"},
            "rfq_id": {"S": f"rfq-bench-{i}"},
            "amount": {"N": str(Decimal(i % 5000) / 100)},
            "currency": {"S": "USD"},
        }

    def write(start: int) -> None:
        items = [{"PutRequest": {"Item": item(i)}} for i in range(start, min(count, start + _AT_ONCE))]
        dynamodb.batch_write_item(RequestItems={table: items})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(0, count, _AT_ONCE)))


def burst(jobs: httpx.Client, count: int, period: dict[str, str]) -> list[Went]:
    """Begin jobs one right after the other, and wait until all have succeeded."""
    body = {"kind": "ride-statement", "parameters": period}
    begun = [jobs.post("/jobs", json=body).raise_for_status().json() for _ in range(count)]
    return [_went(jobs, job) for job in begun]


def _went(jobs: httpx.Client, begun: dict[str, Any]) -> Went:
    while (job := jobs.get(begun["links"]["self"]).raise_for_status().json())["status"] != "succeeded":
        assert job["status"] in ("pending", "running"), job
        time.sleep(0.5)
    created = datetime.fromisoformat(job["created-at"])
    estimated = datetime.fromisoformat(begun["estimated-completion-at"])
    ended = datetime.fromisoformat(job["ended-at"])
    return Went((estimated - created).total_seconds(), (ended - created).total_seconds())


def report(rounds: Sequence[list[Went]]) -> None:
    """Print a line for each burst: what was estimated of its first and last job, and how many were good."""
    table = Table(
        "burst", "jobs", "first: said", "took", "last: said", "took", "ratio, median", "within 2", box=None
    )
    for number, went in enumerate(rounds, start=1):
        first, last = went[0], went[-1]
        table.add_row(
            str(number),
            str(len(went)),
            *(f"{seconds:.1f} s" for seconds in (first.estimate, first.actual, last.estimate, last.actual)),
            f"{statistics.median(each.ratio for each in went):.2f}",
            f"{sum(each.good for each in went)} of {len(went)}",
        )
    Console().print(table)


def main() -> None:
    """Run the bursts and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rides", type=int, default=3_000, help="rides of each statement")
    rides = parser.parse_args().rides
    with bench_cloud() as bench:
        drive(bench.cloud, rides)
        machine = Machine(bench.cloud, "gold", _PARTNER)
        now = datetime.now(UTC)
        period = {"from": (now - timedelta(days=1)).date().isoformat(), "to": now.date().isoformat()}
        report([burst(machine.jobs, count, period) for count in BURSTS])


if __name__ == "__main__":
    main()
