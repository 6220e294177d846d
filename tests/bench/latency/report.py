"""The tables of the simulation."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from infra.proof.synthesis import templates
from tests.bench import aws_latencies
from tests.bench.capacity.settings import read
from tests.bench.latency.on_aws import Plan, Run, compared, dollars, simulate, steps

RFQS = 4000


def report_on_aws(console: Console, *, rate: float, seed: int) -> None:
    """Print each hop, then what each further step would bring and cost, alone and at this many RFQs a second."""
    functions = read(templates()).functions
    plans = steps({name: function.memory_mib for name, function in functions.items()})
    loads = {"alone": 0.0, f"{rate:g} a second": rate}
    console.print(
        _hops({name: simulate(plans[0], rate=at, rfqs=RFQS, seed=seed) for name, at in loads.items()})
    )
    for name, at in loads.items():
        console.print(_steps(name, plans, at, seed))
    assumed = sorted(name for name, latency in aws_latencies.CALLS.items() if latency.assumed)
    console.print(
        "All ten quotes come in one message: the first is seen when all are. Ranges are AWS's, where it documents them;"
        f" assumed are the queue's, the stream's and the invocation's, and those of {', '.join(assumed)}:"
        " see tests/bench/aws_latencies.py.",
        style="dim",
    )


def _hops(runs: dict[str, Run]) -> Table:
    table = Table("hop", title="Milliseconds from POST to all quotes visible, as AWS would have it")
    for name in runs:
        table.add_column(f"{name}\nmedian", justify="right")
    before = None
    for hop in next(iter(runs.values())).journeys[0].ends:
        table.add_row(hop, *(f"{run.hop(hop, before):.0f}" for run in runs.values()))
        before = hop
    table.add_section()
    for label, share in (("[bold]together, median", 0.5), ("[bold]together, p95", 0.95)):
        table.add_row(label, *(f"[bold]{run.milliseconds(share):.0f}" for run in runs.values()))
    return table


def _steps(load: str, plans: Sequence[Plan], rate: float, seed: int) -> Table:
    table = Table("step", title=f"What each step brings, and what it costs a million RFQs more, {load}")
    for name in ("median", "p95", "$, as the lab", "$, whole bill", "$ a month"):
        table.add_column(name, justify="right")
    base = dollars(plans[0], simulate(plans[0], rate=rate, rfqs=RFQS, seed=seed))
    for plan, run in compared(plans, rate=rate, rfqs=RFQS, seed=seed):
        convention, whole = (cost - before for cost, before in zip(dollars(plan, run), base, strict=True))
        table.add_row(
            plan.name,
            f"{run.milliseconds(0.5):.0f}",
            f"{run.milliseconds(0.95):.0f}",
            f"{convention:+.2f}",
            f"{whole:+.2f}",
            f"{plan.month:.2f}" if plan.month else "",
        )
    return table
