"""The tables of the cost bench."""

from collections.abc import Iterable, Sequence
from statistics import mean

from rich.table import Table

from infra.proof.synthesis import templates
from tests.bench.cost import fixed, prices
from tests.bench.cost.bench import Measurement, console
from tests.bench.cost.flows import BY_HAND, CANCELLED, RIDE, SNAPSHOT, WATCHED

_UNITS = tuple(dict.fromkeys((*prices.CONVENTION, *prices.WHOLE)))


def report_rfqs(measurements: Sequence[Measurement]) -> None:
    """Print units and dollars of each measurement, and the lab's published figures beside them."""
    table = _units("Billable units of one RFQ, and dollars of a million", measurements)
    table.add_row("The lab, $", "", "", *(f"{prices.lab(m.responders):.2f}" for m in measurements))
    console.print(table)
    alone = sorted((m for m in measurements if m.name == "one at a time"), key=lambda m: m.responders)
    if len(alone) > 1:
        each = (alone[-1].convention - alone[0].convention) / (alone[-1].responders - alone[0].responders)
        console.print(f"Growth per responder: {each:.3f} (the lab: 2.56).")
    console.print(
        f"The lab: 34.51 at N = 10, 264.88 at N = 100; 8.91 + 2.56 N. Prices: {prices.SOURCE}, us-east-1,"
        f" {prices.AS_OF}. Idle polling is a fixed cost."
    )
    _details(measurements)


def report_flows(measurements: Sequence[Measurement]) -> None:
    """Print what else there is to an RFQ. No column is part of another."""
    console.print(_units("Billable units of one, and dollars of a million", measurements))
    console.print(
        f"{RIDE}: from the booking to the completion, without its RFQ and without the SMS after it. {WATCHED}: the whole"
        f" RFQ, and a customer's connection of a minute. {BY_HAND}: the whole RFQ, each answer a call of the API, one soon"
        f" after the other; the unicorns' connections are not in it. {CANCELLED}: the same, cancelled before anybody has"
        f" answered. {SNAPSHOT}: a message of an app to which one invitation is open, and the answer. What goes to the"
        " internet is counted for plain RFQs only."
    )
    _details(measurements)


def report_fixed() -> None:
    """Print what an environment costs a month, and what each partner adds."""
    assembly = templates()
    for title, items in (
        ("An environment, dollars a month, before anybody comes", fixed.environment(assembly)),
        ("Each partner fleet adds", fixed.partner(assembly)),
    ):
        if items:
            console.print(_fixed(title, items))


def _fixed(title: str, items: Sequence[fixed.Item]) -> Table:
    table = Table("what the templates have", title=title)
    for name in ("number", "$ each", "$"):
        table.add_column(name, justify="right")
    for item in items:
        table.add_row(item.what, str(item.count), f"{item.each:.3f}", f"{item.dollars:.2f}")
    table.add_section()
    table.add_row("[bold]together", "", "", f"[bold]{sum(item.dollars for item in items):.2f}")
    return table


def _units(title: str, measurements: Sequence[Measurement]) -> Table:
    """Billable units of each measurement, and its dollars by both ways of counting."""
    table = Table("unit", title=title)
    table.add_column("$/M, as\nthe lab", justify="right")
    table.add_column("$/M, whole\nbill", justify="right")
    for m in measurements:
        table.add_column(f"N = {m.responders}\n{m.name}\n({m.runs} runs)", justify="right")
    for unit in _UNITS:
        if any(m.units[unit] for m in measurements):
            table.add_row(
                unit,
                *(f"{some[unit]:.4g}" if unit in some else "" for some in (prices.CONVENTION, prices.WHOLE)),
                *(f"{m.units[unit] / m.runs:.3f}" for m in measurements),
            )
    table.add_section()
    table.add_row("[bold]as the lab, $", "", "", *(f"[bold]{m.convention:.2f}" for m in measurements))
    table.add_row("[bold]whole bill, $", "", "", *(f"[bold]{m.whole:.2f}" for m in measurements))
    return table


def _details(measurements: Iterable[Measurement]) -> None:
    """Print how well batches were filled, and what an invocation is billed for."""
    for m in measurements:
        sizes = ", ".join(f"{name} {mean(batches):.1f}" for name, batches in sorted(m.batch_sizes.items()))
        times = ", ".join(f"{name} {time:.0f}" for name, time in sorted(m.milliseconds.items()))
        console.print(f"Mean batch, N = {m.responders}, {m.name}: {sizes}", style="dim")
        console.print(f"Billed milliseconds, N = {m.responders}, {m.name}: {times}", style="dim")
