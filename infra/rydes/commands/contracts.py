"""Commands for whoever changes a message, or a schema that others read."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from infra.artifacts import ROOT
from infra.proof.finding import Finding, report
from infra.registry import gate, next_version
from infra.registry.compatibility.modes import Mode, compare
from infra.registry.compatibility.result import Unusable, Verdict
from infra.registry.compatibility.values import Json
from infra.registry.examples import everything
from infra.registry.files import Unreadable
from infra.registry.published import draft, publications, write
from infra.registry.readers import Readers, statements
from infra.rydes.commands import published
from infra.rydes.commands.terminal import complain, console
from wild_rydes_contracts import EVENTS, MESSAGES, RETIRED, Message

app = typer.Typer()
contracts = typer.Typer(help="Look after the schemas that others read.", no_args_is_help=True)
app.add_typer(contracts, name="contracts")
contracts.command(name="list")(published.list_)
contracts.command()(published.show)
contracts.command()(published.versions)

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


@contracts.command()
def publish(
    names: Annotated[
        list[str] | None, typer.Argument(help="Messages; all that have changed, if left out.")
    ] = None,
    *,
    note: Annotated[str, typer.Option(help="What is new, in a sentence. It is published with the schema.")],
) -> None:
    """Publish what the classes of messages say now as the next revisions, if nobody who reads them is hurt."""
    try:
        before = publications(checked=True)
        statements()
    except Unreadable as unreadable:
        _refuse(f"{unreadable}.")
    known = [contract for contract in (*EVENTS, *MESSAGES) if not names or contract.name in names]
    if unknown := set(names or ()) - {contract.name for contract in known}:
        _refuse(f"There is no message {', '.join(sorted(unknown))}.")
    if not (words := " ".join(note.split())):
        _refuse("A note says what is new.")
    today = datetime.now(UTC).date()
    drafts = {each: new for each in known if (new := draft(each, before, today, words))}
    if not drafts:
        console.print("Nothing to publish: the newest revisions say what the classes say.")
        return
    _hold(list(drafts))
    for new in drafts.values():
        file = write(new).relative_to(ROOT)
        console.print(f"[green]✓[/] {new.name} {new.number}  {file}", highlight=False, soft_wrap=True)
    console.print("Next: `make generate`, and commit these files with the classes. Then nothing edits them.")


@contracts.command()
def bump(name: Annotated[str, typer.Argument(help="The message, such as RideCompleted.")]) -> None:
    """Write the next version of a message beside the newest one: a class with the same fields, to be changed."""
    old = next_version.newest(name)
    if old is None:
        _refuse(f"There is no message {name}.")
    if not gate.evolution(old, publications()).published:
        _refuse(f"{old.versioned_name()} is not published yet: change {old.__name__} itself.")
    new, files = next_version.write(old)
    for file in files:
        console.print(f"[green]✓[/] {file.relative_to(ROOT)}", highlight=False, soft_wrap=True)
    for number, step in enumerate(_steps(old, new), 1):
        console.print(f"  {number}. {step}", highlight=False, soft_wrap=True)


def _hold(contracts: list[type[Message]]) -> None:
    """Refuse to publish what the gate refuses, and tell who should be deployed first."""
    findings, lines = _judged(contracts, Readers(None, statements()))
    if findings or lines:
        with console.status("Looking at who has rules for it"):
            assembly, failing = everything()
        findings, lines = _judged(contracts, Readers(assembly, statements()))
        lines = [*lines, *(f"{each.where} cannot be synthesized: {each.why}" for each in failing)]
    for line in [report(findings)] if findings else lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if findings:
        raise typer.Exit(INCOMPATIBLE)


def _judged(contracts: list[type[Message]], readers: Readers) -> tuple[list[Finding], list[str]]:
    from infra.registry import succession  # noqa: PLC0415 (it loads hypothesis, which no other command needs)

    before = publications()
    chosen = {contract.versioned_name() for contract in contracts}
    followed = succession.check((*EVENTS, *MESSAGES), before, RETIRED, readers)
    findings = [each for each in followed if each.where.partition(",")[0] in chosen]
    lines: list[str] = []
    for contract in contracts:
        evolving = gate.evolution(contract, before)
        findings += gate.check(evolving, readers)
        lines += gate.remarks(evolving, readers)
    return findings, lines


def _steps(old: type[Message], new: str) -> list[str]:
    return [
        f"Change {new} and its `upcast`, which reads what version {old.version} has written.",
        f"Emit both: where a service makes a {old.__name__}, let it make a {new}, too, with metadata of its own.",
        f'Publish it: `uv run rydes contracts publish {old.name} --note "…"`, then `make generate`.',
        f"Move consumers to {new}, one after the other; then stop emitting {old.__name__}.",
    ]


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
