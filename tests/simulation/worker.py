"""A process that runs histories: `python -m tests.simulation.worker`, with what it has to do as JSON on its input.

It writes what it has found as JSON, too. `__main__` begins and reads it: only in here is the time not the real one.
"""

# The gates come before anything that asks for the time.
from tests.simulation.gates import collect_garbage, keep_for_good, real_time  # isort: skip

import json
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.simulation.code import DoesNotStart
from tests.simulation.history import History, System
from tests.simulation.invariants.violation import Violation
from tests.simulation.mutants import install
from tests.simulation.plan import Plan
from tests.simulation.shrink import smallest

_COLLECTED = 20
"""Histories after which garbage is collected. Each leaves some ten thousand objects, and looking for them takes a third of
the time if it is done as they come."""


def main() -> None:
    """Do one task."""
    task = json.loads(sys.stdin.read())
    if mutant := task.get("mutant"):
        install(mutant)
    try:
        system = System(Path(task["assembly"]), Path(task["old"]) if task.get("old") else None)
    except DoesNotStart as error:
        sys.exit(f"✗ --old: {error}")
    out = sys.stdout
    if task["do"] == "trace":
        for number in range(task["after"]):
            _violation(History(Plan(f"before {number}"), system))
        history = History(Plan(**task["plan"]), system, traced=True)
        violation = _violation(history)
        found: Any = {"trace": [*history.world.trace.lines()], "violation": violation}
    elif task["do"] == "shrink":
        try:
            plan, why = smallest(Plan(**task["plan"]), system)
        except ValueError as error:
            sys.exit(f"✗ {error}")
        found = {"plan": asdict(plan), "violation": why}
    else:
        found = _run(task, system)
    out.write(json.dumps(found))


def _run(task: dict[str, Any], system: System) -> dict[str, Any]:
    began = real_time()
    violations: list[dict[str, Any]] = []
    faults: Counter[str] = Counter()
    states: set[str] = set()
    done = steps = 0
    for seed in range(task["first"], task["first"] + task["count"], task["stride"]):
        history = History(Plan(str(seed), **task["plan"]), system)
        violation = _violation(history)
        done += 1
        steps += history.world.kernel.steps
        faults += history.faults.injected
        states |= history.scene.states
        del history
        if done % _COLLECTED == 0:
            collect_garbage()
            keep_for_good()  # the workers that were made: nobody has to look through them again
        if violation:
            violations.append({"seed": str(seed), "plan": {"seed": str(seed), **task["plan"]}, **violation})
            if len(violations) >= task["most"]:
                break
    return {
        "histories": done,
        "violations": violations,
        "steps": steps,
        "seconds": real_time() - began,
        "faults": faults,
        "states": sorted(states),
    }


def _violation(history: History) -> dict[str, str] | None:
    try:
        history.run()
    except Violation as found:
        return {"name": found.name, "why": str(found)}
    except Exception as error:  # noqa: BLE001 - an actor was not served as it should be
        return {"name": type(error).__name__, "why": f"{type(error).__name__}: {error}"}
    return None


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
        sys.exit()
    sys.exit(130)
