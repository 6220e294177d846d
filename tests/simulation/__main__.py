"""Run histories, or one of them again: `python -m tests.simulation --help`."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from signal import SIGTERM, signal
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from infra.proof.synthesis import templates
from tests.simulation.branches import branches_of, measured
from tests.simulation.mutants import ROOT, all_mutants
from tests.simulation.plan import Plan

app = typer.Typer(add_completion=False)

_MOST = 10
"""Violations after which a worker has seen enough."""
_MEASURED = 150
"""Histories in which the branches of the rules are counted, which makes them slower."""

Task = dict[str, Any]

_workers: "list[subprocess.Popen[str]]" = []


class SceneName(StrEnum):
    """What histories are about."""

    rides = "rides"
    fleets = "fleets"
    surveys = "surveys"


def _plan(text: str) -> dict[str, Any]:
    try:
        plan = TypeAdapter(Plan).validate_json(text)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise typer.BadParameter(f"{text} is no plan: {wrong.removeprefix(': ')}") from None
    return asdict(plan)


def _known(names: list[str] | None) -> list[str] | None:
    for name in names or ():
        if name not in all_mutants():
            raise typer.BadParameter(f"there is no {name} in tests/simulation/mutants.toml")
    return names


@app.command()
def main(  # noqa: PLR0917 - the command's options
    seed: Annotated[
        str | None, typer.Option(help="Run this one history, and show what happens in it.")
    ] = None,
    plan: Annotated[
        dict[str, Any] | None,
        typer.Option(help="Run this plan, as --shrink writes it.", parser=_plan, metavar="JSON"),
    ] = None,
    after: Annotated[int, typer.Option(min=0, help="Run so many others before it.")] = 0,
    shrink: Annotated[bool, typer.Option(help="Make that history as small as it can be.")] = False,
    histories: Annotated[int, typer.Option(min=1, help="How many to run.")] = 1000,
    first: Annotated[int, typer.Option(help="The seed of the first.")] = 0,
    scene: Annotated[
        SceneName | None,
        typer.Option(help="What they are about; rides if not said, or what the mutant is about."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="How many to run at once.")] = os.cpu_count() or 1,
    old: Annotated[
        str | None,
        typer.Option(help="A commit whose code is replaced in each history. It has the templates of now."),
    ] = None,
    branches: Annotated[bool, typer.Option(help="Count the branches of the rules, too.")] = False,
    mutants: Annotated[bool, typer.Option(help="Plant each bug, and see whether it is found.")] = False,
    mutant: Annotated[list[str] | None, typer.Option(help="Plant this bug.", callback=_known)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say it to a program.")] = False,
) -> None:
    """Run the services on models of AWS, in histories in which much goes wrong, and hold them to what they promise."""
    one = seed is not None or plan is not None
    if plan is not None and (seed is not None or scene):
        raise typer.BadParameter("it has its seed and its scene", param_hint="--plan")
    if not one and (shrink or after):
        raise typer.BadParameter("of which history? Give --seed or --plan", param_hint="--shrink, --after")
    if one and (mutants or (mutant and len(mutant) > 1)):
        raise typer.BadParameter("one history has one bug", param_hint="--mutants")
    about = scene.value if scene else all_mutants()[mutant[0]].scene if mutant else SceneName.rides.value
    signal(SIGTERM, _stop)
    with _checkout(old) as checkout, _assembly() as assembly:
        base = {"assembly": assembly, "old": checkout}
        if one:
            wanted = plan if plan is not None else {"seed": seed, "scene": about}
            planted = mutant[0] if mutant else None
            _one({**base, "mutant": planted, "after": after}, wanted, shrink=shrink, as_json=as_json)
        elif mutants or mutant:
            _mutants(base, mutant or [*all_mutants()], scene, histories, jobs, as_json=as_json)
        else:
            task = {**base, "plan": {"scene": about}}
            _many(task, first, histories, jobs, branches=branches, as_json=as_json)


def _one(base: Task, plan: dict[str, Any], *, shrink: bool, as_json: bool) -> None:
    if shrink:
        plan = _work({**base, "do": "shrink", "plan": plan})["plan"]
    found = _work({**base, "do": "trace", "plan": plan})
    print(json.dumps({"plan": plan, **found}) if as_json else "\n".join(found["trace"]))
    if found["violation"]:
        print(f"✗ {found['violation']['why']}\n  {_written(plan)}", file=sys.stderr)
        raise typer.Exit(1)


def _many(base: Task, first: int, histories: int, jobs: int, *, branches: bool, as_json: bool) -> None:
    tasks = [
        {**base, "do": "run", "first": first + job, "count": histories - job, "stride": jobs, "most": _MOST}
        for job in range(min(jobs, histories))
    ]
    with ThreadPoolExecutor(jobs) as pool:
        results = [*pool.map(_work, tasks)]
    faults: Counter[str] = Counter()
    for each in results:
        faults.update(each["faults"])
    states = {state for each in results for state in each["states"]}
    coverage: dict[str, Any] = {"states": len(states), "faults": dict(sorted(faults.items()))}
    if branches:
        coverage["branches"] = _branches({**tasks[0], "count": _MEASURED, "stride": 1})
    told = {
        "histories": sum(each["histories"] for each in results),
        "violations": [each for result in results for each in result["violations"]],
        "steps": sum(each["steps"] for each in results),
        "seconds": round(max(each["seconds"] for each in results), 1),
        "coverage": coverage,
    }
    print(json.dumps(told) if as_json else _readable(told))
    if told["violations"]:
        raise typer.Exit(1)


def _readable(told: dict[str, Any]) -> str:
    coverage = told["coverage"]
    faults = ", ".join(f"{name} {count}" for name, count in coverage["faults"].items())
    lines = [
        f"{told['histories']} histories, {told['steps']} steps in {told['seconds']} s",
        f"  {coverage['states']} states of RFQs and their rides",
        f"  {sum(coverage['faults'].values())} faults: {faults}",
        *(f"  {file}: {share} branches" for file, share in coverage.get("branches", {}).items()),
        *(f"✗ {_written(each['plan'])}: {each['why']}" for each in told["violations"]),
    ]
    return "\n".join(lines)


def _branches(task: Task) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory, "coverage")
        _work(task, measured(data))
        return branches_of(data)


def _mutants(
    base: Task, names: Sequence[str], scene: str | None, most: int, jobs: int, *, as_json: bool
) -> None:
    def find(name: str) -> dict[str, Any]:
        plan = {"scene": scene or all_mutants()[name].scene}
        task = {
            **base,
            "mutant": name,
            "plan": plan,
            "do": "run",
            "first": 0,
            "count": most,
            "stride": 1,
            "most": 1,
        }
        found = _work(task)
        told = {"caught": bool(found["violations"]), "histories": found["histories"]}
        if found["violations"]:
            told |= {"by": found["violations"][0]["name"], "seed": found["violations"][0]["seed"]}
        mark = "✓" if told["caught"] else "✗"
        print(f"{mark} {name:<32} {told['histories']:>6}  {told.get('by', '')}", file=sys.stderr)
        return told

    with ThreadPoolExecutor(jobs) as pool:
        found = dict(zip(names, pool.map(find, names), strict=True))
    caught = sum(told["caught"] for told in found.values())
    print(json.dumps({"mutants": found}) if as_json else f"{caught} of {len(found)} caught")
    if caught < len(found):
        raise typer.Exit(1)


@contextmanager
def _checkout(commit: str | None) -> Iterator[str | None]:
    """Write the code of a commit to a directory, for a while."""
    if commit is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as directory:
        archive = subprocess.run(
            ["git", "archive", commit, "services", "shared"], cwd=ROOT, capture_output=True, check=False
        )
        if archive.returncode:
            raise typer.BadParameter(f"{commit}: {archive.stderr.decode().strip()}", param_hint="--old")
        subprocess.run(["tar", "x", "-C", directory], input=archive.stdout, check=True)
        yield directory


@contextmanager
def _assembly() -> Iterator[str]:
    """Copy the templates: those that others synthesize meanwhile may drive them out of the cache."""
    with tempfile.TemporaryDirectory() as directory:
        shutil.copytree(templates().directory, directory, dirs_exist_ok=True)
        yield directory


def _work(task: Task, run: Sequence[str] = ()) -> Any:
    worker = subprocess.Popen(
        [sys.executable, *run, "-m", "tests.simulation.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    _workers.append(worker)
    told, _ = worker.communicate(json.dumps(task))
    if worker.returncode:
        raise typer.Exit(worker.returncode)  # it has said why
    return json.loads(told)


def _stop(*_: object) -> None:
    for worker in _workers:
        worker.terminate()
    sys.exit(128 + SIGTERM)


def _written(plan: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in plan.items() if value is not None})


if __name__ == "__main__":
    app()
