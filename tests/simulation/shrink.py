"""Find a smaller history that breaks the same promise: fewer actors, fewer kinds of faults, fewer faults."""

from collections.abc import Iterator
from dataclasses import replace

from tests.simulation.history import History, System
from tests.simulation.invariants.violation import Violation
from tests.simulation.plan import Plan

_MANY = 1_000_000


def smallest(plan: Plan, system: System) -> tuple[Plan, str]:
    """Shrink a plan for as long as a smaller one fails in the same way. Return it, and how it fails.

    Raises ValueError if it does not fail.
    """
    found = _failure(plan, system)
    if found is None:
        raise ValueError(f"seed {plan.seed} breaks nothing")
    shrunk = True
    while shrunk:
        shrunk = False
        for smaller in _smaller(plan, system):
            again = _failure(smaller, system)
            if again is not None and again.name == found.name:
                plan, found, shrunk = smaller, again, True
                break
    return plan, str(found)


def _failure(plan: Plan, system: System) -> Violation | None:
    try:
        History(plan, system).run()
    except Violation as violation:
        return violation
    except Exception as error:  # noqa: BLE001 - whatever an actor was not prepared for
        return Violation(type(error).__name__, str(error))
    return None


def _smaller(plan: Plan, system: System) -> Iterator[Plan]:
    """List plans that are a step smaller, those first that are much smaller."""
    history = History(plan, system)
    history.world.close()
    for name, count in history.scene.counts.items():
        yield from (replace(plan, **{name: fewer}) for fewer in range(count))  # type: ignore[arg-type]
    kinds = sorted(history.faults.rates.keys() if plan.kinds is None else plan.kinds)
    part = len(kinds)
    while part:  # all of them, a half, a quarter, …, one after the other
        for start in range(0, len(kinds), part):
            yield replace(plan, kinds=[*kinds[:start], *kinds[start + part :]])
        part //= 2
    most = _MANY if plan.most_faults is None else plan.most_faults
    for fewer in (1, 2, 3, 5, 8, 13, 21, 34, 55, 89):
        if fewer < most:
            yield replace(plan, most_faults=fewer)
