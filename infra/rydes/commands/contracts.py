"""Commands for whoever changes a schema that others read."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from infra.registry.compatibility.modes import Mode, compare
from infra.registry.compatibility.result import Unusable, Verdict
from infra.registry.compatibility.values import Json
from infra.rydes.commands.terminal import complain, console

app = typer.Typer()
contracts = typer.Typer(help="Look after the schemas that others read.", no_args_is_help=True)
app.add_typer(contracts, name="contracts")

INCOMPATIBLE, UNUSABLE = 1, 2
_Schema = typer.Argument(exists=True, dir_okay=False, readable=True, help="A file with a JSON Schema.")


@contracts.command(name="compare")
def compare_(
    old: Annotated[Path, _Schema],
    new: Annotated[Path, _Schema],
    *,
    mode: Annotated[
        Mode,
        typer.Option(
            case_sensitive=False,
            help="Who has to read what: backward, the new schema what the old one wrote; forward, the reverse; or full.",
        ),
    ] = Mode.BACKWARD,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell whether a JSON Schema may follow another, by the rules of Confluent's registry.

    Drafts 4 to 2020-12 are known. The exit status is 0 if they are compatible, 1 if they are not or if nobody can tell,
    and 2 if one of the files is no JSON Schema. References to other documents are never fetched.
    """
    before, after = _read(old), _read(new)
    try:
        verdict = compare(before, after, mode)
    except Unusable as unusable:
        _refuse(str(unusable))
    if as_json:
        differences = [asdict(difference) for difference in verdict.differences]
        print(json.dumps({"compatible": verdict.compatible, "differences": differences}, indent=2))
    else:
        _show(verdict, mode)
    if not verdict.compatible:
        raise typer.Exit(INCOMPATIBLE)


def _read(file: Path) -> Json:
    try:
        return json.loads(file.read_text("utf-8-sig"), parse_constant=_refuse_constant)
    except RecursionError:
        _refuse(f"{file} is nested too deeply.")
    except ValueError as error:  # neither JSON nor UTF-8, or a number with thousands of digits
        _refuse(f"{file} is no JSON: {error}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _refuse(problem: str) -> NoReturn:
    complain(problem)
    raise typer.Exit(UNUSABLE)


def _show(verdict: Verdict, mode: Mode) -> None:
    if verdict.compatible:
        console.print(f"[green]✓[/] compatible ({mode.value})", highlight=False)
    for difference in verdict.differences:
        told = f"[bold red]✗[/] {difference.rule} [dim]{escape(difference.path)}[/]\n    {escape(difference.why)}"
        console.print(told, highlight=False, soft_wrap=True)
