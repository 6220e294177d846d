"""How the circuit breaker does in a fleet: `uv run python -m tests.bench.breaker`.

The breaker's real code, every environment with its own, over a store in memory that is as far away as DynamoDB, in a
simulation: deterministic, and done in two minutes. Beside it, in the same simulation, AWS Lambda Powertools'
breaker with its default settings. Exits with 1 when ours misses one of the limits below.
"""

import argparse
import sys
from collections.abc import Sequence
from statistics import median

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.bench.breaker import low_traffic
from tests.bench.breaker.scenarios import BREAKERS, Healthy, Outage, healthy, outage
from wild_rydes_circuit_breaker import Settings

FAILED_BEFORE_TRIP = 10
CLOSED_AFTER = 20.0
"""Seconds after the partner's recovery."""

FLEETS = (20, 100)

FEW_CALLS = ((1, 0.05), (1, 0.3), (1, 1.0), (5, 0.2), (100, 0.05))
"""Environments, and calls/s of each."""

MORE_CALLS = ((1, 5.0), (100, 5.0))
"""They show what errors before an outage cost where calls are many; nothing is promised."""

console = Console()
if not console.is_terminal:
    console = Console(width=120)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="runs of each outage")
    parser.add_argument("--minutes", type=float, default=60, help="length of the healthy hour")
    parser.add_argument(
        "--deaths", type=int, default=20, help="runs of each death of a partner with few calls"
    )
    parser.add_argument(
        "--hours", type=float, default=6, help="length of the hours with few calls and some errors"
    )
    arguments = parser.parse_args()
    misses = outages(range(arguments.seeds))
    misses += health(arguments.minutes * 60)
    misses += deaths(range(arguments.deaths))
    misses += errors(arguments.hours)
    for miss in misses:
        console.print(f"[red]missed:[/] {miss}")
    return 1 if misses else 0


def outages(seeds: Sequence[int]) -> list[str]:
    """The partner is out for 30 to 50 s: median and worst of the runs."""
    table = Table(
        "breaker",
        "environ-\nments",
        "partner",
        "failed\nbefore trip",
        "failed\nafter it",
        "failed\nprobes",
        "probes\nat once",
        "closed\nagain after",
        "last refusal\nafter",
        "writes",
        title=f"An outage of 30 to 50 s, 5 requests/s an environment: median (worst) of {len(seeds)} runs",
    )
    misses = []
    for breaker in BREAKERS:
        for number in FLEETS:
            for hangs in (False, True):
                name = f"{breaker}, {number} environments, the partner {'hangs' if hangs else 'refuses'}"
                runs = [
                    outage(breaker, number, hangs=hangs, seed=seed)
                    for seed in track(
                        seeds, name, console=console, transient=True, disable=not console.is_terminal
                    )
                ]
                table.add_row(breaker, str(number), "hangs" if hangs else "refuses", *_columns(runs))
                misses += [f"{name}: {miss}" for run in runs if breaker == "ours" for miss in _missed(run)]
    console.print(table)
    console.print(
        "Failed after the trip: calls under way when it came, and of environments whose view of the state was not yet "
        "renewed. Where the partner hangs until a timeout of 2 s, everybody's call is under way at the trip.\n"
    )
    return misses


def _columns(runs: Sequence[Outage]) -> list[str]:
    def column(name: str, unit: str = "") -> str:
        values = [getattr(run, name) for run in runs]
        return f"{median(values):.0f} ({max(values):.0f}){unit}"

    return [
        column("failed_before"),
        column("failed_after"),
        column("failed_probes"),
        column("probes_at_once"),
        column("closed_after", " s"),
        column("last_refused_after", " s"),
        column("writes"),
    ]


def _missed(run: Outage) -> list[str]:
    permitted = Settings().permitted_number_of_calls_in_half_open_state
    limits = {
        f"{run.failed_before} failed calls before the trip": run.failed_before > FAILED_BEFORE_TRIP,
        f"closed {run.closed_after:.1f} s after recovery": run.closed_after > CLOSED_AFTER,
        f"{run.probes_at_once} probes at once": run.probes_at_once > permitted,
    }
    return [miss for miss, missed in limits.items() if missed]


def health(seconds: float) -> list[str]:
    """No outage, but for the usual errors."""
    table = Table(
        "environments",
        "minutes",
        "error rate",
        "calls",
        "reads a call",
        "writes",
        "refused",
        "stopped to check",
        title="No outage: what ours costs, and whether it keeps still",
    )
    rows = [(20, seconds, 0.0), *((100, 120.0, rate) for rate in (0.0, 0.001, 0.01, 0.1, 0.3))]
    misses = []
    for number, length, rate in track(
        rows, "no outage", console=console, transient=True, disable=not console.is_terminal
    ):
        run: Healthy = healthy(number, length, error_rate=rate, seed=1)
        table.add_row(
            str(number),
            f"{length / 60:g}",
            f"{rate:.1%}",
            f"{run.calls:,}",
            f"{run.reads / run.calls:.2f}",
            f"{run.writes:,}",
            f"{run.refused / (run.calls + run.refused):.2%}",
            str(run.checked),
        )
        if rate == 0 and run.writes:
            misses.append(f"{run.writes} writes in {length / 60:g} healthy minutes")
    console.print(table)
    return misses


def deaths(seeds: Sequence[int]) -> list[str]:
    """A partner with few calls dies for good."""
    table = Table(
        "environ-\nments",
        "calls/s\nin all",
        "before",
        "runs",
        "noticed",
        "failed until then",
        title=f"A partner with few calls dies: median (worst); noticed within {low_traffic.MANY_CALLS} calls",
    )
    misses = []

    def row(number: int, rate: float, before: str, runs: Sequence[int | None]) -> None:
        noticed = [failed for failed in runs if failed is not None]
        figures = f"{median(noticed):.0f} ({max(noticed)})" if noticed else "-"
        table.add_row(
            str(number),
            f"{number * rate:.3g}",
            before,
            str(len(runs)),
            f"{len(noticed) / len(runs):.0%}",
            figures,
        )
        if (number, rate) not in MORE_CALLS and (
            len(noticed) < len(runs) or max(noticed) > FAILED_BEFORE_TRIP
        ):
            misses.append(f"{number} environments, {number * rate:.3g} calls/s: failed until noticed {runs}")

    for apart in (2, 5, 10, 29):
        row(1, 1 / apart, "a failure, a success", [low_traffic.dies_after_one_success(apart)])
    for number, rate in (*FEW_CALLS, *MORE_CALLS):
        minutes = 20 if (number, rate) in FEW_CALLS else 1
        runs = [
            low_traffic.dies_after_errors(number, rate, error_rate=0.05, minutes=minutes, seed=seed)
            for seed in track(
                seeds, "deaths", console=console, transient=True, disable=not console.is_terminal
            )
        ]
        row(number, rate, f"5 % errors for {minutes} min", runs)
    console.print(table)
    return misses


def errors(hours: float) -> list[str]:
    """A partner with few calls has errors at random."""
    table = Table(
        "environ-\nments",
        "calls/s\nin all",
        "error rate",
        "calls",
        "stopped\nto check",
        "expected\np⁵(1-p)",
        "refused",
        "errors",
        "writes",
        title=f"{hours:g} hours with few calls and some errors",
    )
    misses = []
    rows = [(number, rate, p) for number, rate in FEW_CALLS for p in (0.0, 0.01, 0.05)]
    for number, rate, p in track(
        rows, "errors", console=console, transient=True, disable=not console.is_terminal
    ):
        run = low_traffic.errors(number, rate, error_rate=p, hours=hours, seed=1)
        table.add_row(
            str(number),
            f"{number * rate:.3g}",
            f"{p:.0%}",
            f"{run.calls:,}",
            str(run.checks),
            f"{run.calls * p ** Settings().consecutive_failures * (1 - p):.1g}",
            str(run.refused),
            f"{run.errors:,}",
            f"{run.writes:,}",
        )
        if run.checks:
            misses.append(
                f"stopped to check {run.checks} times at {p:.0%} errors, {number * rate:.3g} calls/s"
            )
        if p == 0 and run.writes:
            misses.append(f"{run.writes} writes in {hours:g} healthy hours")
    console.print(table)
    return misses


if __name__ == "__main__":
    sys.exit(main())
