"""Check what is promised to those who read our messages: `python -m infra.registry`.

Exits with 1 if what is published was changed, or if a class breaks who reads it.
"""

import sys
from functools import partial

from infra.proof import filters
from infra.proof.finding import report
from infra.registry import gate, hearing, history, succession
from infra.registry.audience import emitters, listeners
from infra.registry.examples import everything, examples
from infra.registry.files import Unreadable
from infra.registry.published import publications
from infra.registry.readers import OURS, Readers, Statement, statements
from wild_rydes_contracts import EVENTS, MESSAGES, RETIRED

PUBLISH = "Take it out, and publish what the class says: `uv run rydes contracts publish`."
STATE = "Let the consumer's tests write it anew, or take it out: shared/contracts/README.md has the way."


def main() -> int:
    """Check everything, and tell what is not published yet; the exit status."""
    findings = list(history.changes())
    told: list[str] = []
    stated: tuple[Statement, ...] = ()
    try:
        stated = statements()
    except Unreadable as error:
        findings += history.unreadable(error.problems, STATE)
    try:
        published = publications(checked=True)
    except Unreadable as error:
        findings += history.unreadable(error.problems, PUBLISH)
    else:
        assembly, failing = everything()
        findings += failing
        readers = Readers(assembly, stated)
        findings += history.gaps(published)
        findings += succession.check((*EVENTS, *MESSAGES), published, RETIRED, readers)
        findings += gate.unknown((*EVENTS, *MESSAGES), readers)
        for contract in (*EVENTS, *MESSAGES):
            evolving = gate.evolution(contract, published)
            findings += gate.check(evolving, readers)
            told += gate.news(evolving, readers)
        if assembly and not failing:
            hears = partial(listeners, assembly=assembly)
            findings += hearing.check(EVENTS, published, hears, emitters, OURS)
            findings += filters.check(examples())  # `make proof` checks those of the services
    if findings:
        sys.stdout.write(f"{report(findings)}\n")
        return 1
    lines = [f"{len(EVENTS) + len(MESSAGES)} messages keep what is published of them", *told]
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
