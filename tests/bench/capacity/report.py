"""The tables of the capacity model."""

from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table

from tests.bench.capacity.model import Model, Use
from tests.bench.capacity.simulation import Phase, percentile
from tests.bench.capacity.work import PARTNERS


def hops_table(models: Mapping[str, Model]) -> Table:
    """Each hop's ceiling by the settings of each scale; the first to break is bold."""
    table = Table(
        "hop", box=box.MARKDOWN, title="RFQs a second that each hop can do: 10 unicorns, 3 partners"
    )
    rows: dict[str, dict[str, str]] = {}
    for scale, model in models.items():
        table.add_column(scale, justify="right")
        first = model.first_to_break()
        for hop in model.hops():
            text = f"{hop.ceiling:,.0f}"
            rows.setdefault(hop.name, {})[scale] = f"[bold]{text}[/]" if hop == first else text
    table.add_column(f"by (at {[*models][-1]})")
    limits = {hop.name: hop.limit for hop in [*models.values()][-1].hops()}
    for name, ceilings in rows.items():
        table.add_row(name, *(ceilings.get(scale, "") for scale in models), limits.get(name, ""))
    return table


def keys_table(model: Model) -> Table:
    """What one key of a table or an index can do."""
    table = Table("key", box=box.MARKDOWN, title="RFQs a second that may have one key in common")
    table.add_column("at most", justify="right")
    table.add_column("by")
    for key in model.hot_keys():
        table.add_row(key.name, f"{key.ceiling:,.0f}", key.limit)
    return table


def functions_table(model: Model) -> Table:
    """How long each function takes for a message alone, and for one in a full batch."""
    table = Table("function", box=box.MARKDOWN, title="Milliseconds of a message: alone, and in a full batch")
    for column in ("memory, MB", "batch", "alone", "in a full one", "at once"):
        table.add_column(column, justify="right")
    for worker in model.workers.values():
        full = worker.milliseconds(worker.batch_size) / worker.batch_size
        table.add_row(
            worker.function,
            str(worker.memory_mib),
            str(worker.batch_size),
            f"{worker.milliseconds(1):,.0f}",
            f"{full:,.1f}",
            str(worker.at_once),
        )
    return table


def quotas_table(uses: Sequence[Use], rate: float) -> Table:
    """The account's quotas, what the rate uses of them, and what to ask for."""
    table = Table("quota of the account", box=box.MARKDOWN, title=f"At {rate:,.0f} RFQs a second")
    for column in ("today", "used", "ask for"):
        table.add_column(column, justify="right")
    table.add_column("because")
    for use in uses:
        ask = f"[bold]{use.ask:,}[/]" if use.ask else "enough"
        table.add_row(use.quota.name, f"{use.quota.limit:,.0f}", f"{use.used:,.0f}", ask, use.why)
    return table


def ramp_table(name: str, phases: Sequence[Phase]) -> Table:
    """What was seen in each phase of a ramp."""
    table = Table("RFQs/s", box=box.MARKDOWN, title=f"A ramp at {name}")
    for column in (
        "sent",
        "refused (429)",
        "all quotes, p50",
        "p95",
        "late",
        "declined: busy",
        "throttled writes",
    ):
        table.add_column(column, justify="right")
    queues = ("outbox", "responder", *PARTNERS, "aggregator")
    for queue in queues:
        table.add_column(f"{queue}, s", justify="right")
    table.add_column("workers", justify="right")
    for phase in phases:
        table.add_row(
            f"{phase.rate:,.0f} to {phase.then:,.0f}",
            f"{phase.sent:,}",
            f"{phase.refused:,}",
            *(f"{percentile(phase.times, percent):.2f} s" if phase.times else "" for percent in (50, 95)),
            f"{phase.late:,}",
            f"{phase.shed:,}",
            f"{phase.throttled:,}",
            *(f"{phase.oldest[queue]:.1f}" for queue in queues),
            f"{phase.busy:,}",
        )
    return table
