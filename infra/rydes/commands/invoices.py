"""Commands for whoever looks after payees' documents: `rydes invoices`, `rydes invoices ID` and `rydes invoices send`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from typer.core import TyperGroup

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import console, one_line_errors, quiet_end
from infra.rydes.operator.invoices import Invoices, InvoiceView, StepView, now
from infra.rydes.operator.printable import printable


class _Short(TyperGroup):
    """`list` need not be said, nor `show` before an id."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own click
        if not args or (args[0].startswith("-") and args[0] != "--help"):
            args = ["list", *args]
        elif args[0] not in {*self.commands, "--help"}:
            args = ["show", *args]
        return list(super().parse_args(ctx, args))


app = typer.Typer()
invoices = typer.Typer(
    cls=_Short, help="Look after payees' documents: list them, show one (`rydes invoices ID`), send some."
)
app.add_typer(invoices, name="invoices")

_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, a line for each.")]
_NEWEST = 20


@invoices.command("list")
def list_(
    *,
    partner: Annotated[str, typer.Option(help="A partner's id: its documents alone.")] = "",
    batch: Annotated[str, typer.Option(help="A batch of the partner's.")] = "",
    most: Annotated[int, typer.Option(min=1, help="How many of the newest.")] = _NEWEST,
    as_json: _AsJson = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """List the newest documents. Without a batch, the whole table is read for it."""
    with one_line_errors(), quiet_end():
        found = Invoices(system(aws=aws, profile=profile, region=region, env=env)).newest(
            most, partner, batch
        )
        if as_json:
            for invoice in found:
                print(_json(invoice))
            return
        if not found:
            console.print("There are no documents yet.")
            return
        table = Table(box=None)
        table.add_column("document", no_wrap=True, min_width=32)  # to be copied
        for name in ("partner", "state", "amount", "pages", "age", "why", "batch", "name"):
            table.add_column(name)
        moment = now()
        for each in found:
            table.add_row(
                each.id,
                each.partner,
                each.state,
                each.amount,
                str(each.pages or ""),
                _told(each.age(moment)),
                ", ".join(each.reasons),
                printable(each.batch),
                printable(each.name),
            )
        console.print(table)


@invoices.command()
def show(
    document: Annotated[str, typer.Argument(metavar="ID", help="A document's id.")],
    *,
    follow: Annotated[
        bool, typer.Option("--follow", help="Show each change of the document until it ends.")
    ] = False,
    as_json: _AsJson = False,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Show a document, and what was done to it."""
    with one_line_errors(), quiet_end():
        found = Invoices(system(aws=aws, profile=profile, region=region, env=env))
        for seen in found.follow(document) if follow else [found.find(document)]:
            if as_json:
                print(_json(seen))
            else:
                _show(seen, now())
        trail = found.trail(document)
        if as_json:
            for step in trail:
                print(json.dumps(asdict(step), default=str))
            return
        _show_trail(trail)


@invoices.command()
def send(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="PDFs.", exists=True, dir_okay=False, readable=True)
    ],
    *,
    partner: Annotated[str, typer.Option(help="Whose invoices they are.")],
    batch: Annotated[str, typer.Option(help="What they belong to, such as 2026-11.")],
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
) -> None:
    """Put files where documents are taken in. One that is there already is replaced."""
    with one_line_errors():
        if len({file.name for file in files}) != len(files):
            raise LocalCloudError("Two files have one name.", "Send them in two batches.")
        found = Invoices(system(aws=aws, profile=profile, region=region, env=env))
        for file in files:
            console.print(
                f"Sent {found.send(file, partner, batch)}.", highlight=False, soft_wrap=True, markup=False
            )


def _show(invoice: InvoiceView, moment: datetime) -> None:
    took = "after" if invoice.ended_at else "for"
    console.print(
        f"{invoice.received_at:%Y-%m-%d %H:%M:%S}  {invoice.id}  [bold]{invoice.state}[/] {took} {_told(invoice.age(moment))}",
        highlight=False,
        soft_wrap=True,
    )
    details = {
        "partner": invoice.partner,
        "batch": invoice.batch,
        "name": invoice.name,
        "pages": str(invoice.pages or ""),
        "bytes": f"{invoice.size:,}",
        "amount": invoice.amount,
        "why": ", ".join(invoice.reasons),
    }
    for name, text in details.items():
        if text:
            console.print(f"  {name:9}{printable(text)}", highlight=False, markup=False, soft_wrap=True)


def _show_trail(trail: Sequence[StepView]) -> None:
    if not trail:
        return
    table = Table("at", "step", "pages", "by", "outcome", "dollars", box=None)
    for step in trail:
        table.add_row(
            f"{step.at:%H:%M:%S.%f}"[:-3],
            step.step,
            _ranges(step.pages),
            step.by,
            printable(step.outcome),
            f"{step.cost:.6f}" if step.cost else "",
        )
    console.print(table)


def _ranges(pages: Sequence[int]) -> str:
    """Write numbers in order as ranges: 1-3, 7."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][-1] + 1:
            runs[-1].append(page)
        else:
            runs.append([page])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _told(age: timedelta) -> str:
    seconds = age.total_seconds()
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.1f} s"


def _json(invoice: InvoiceView) -> str:
    return json.dumps(asdict(invoice), default=str)
