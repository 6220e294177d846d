"""The static proof runs all checkers over the templates of the AWS stage, and says what to do."""

import pytest

from infra.assembly import Assembly
from infra.proof import __main__ as proof
from infra.proof.finding import Checker, Finding

SMALL = Finding("visibility", "Stack/a", "it is too short", "Raise it.")
LARGE = Finding("event size", "RideCompleted", "it is too large", "Bound it.")


@pytest.mark.parametrize("check", proof.CHECKERS, ids=lambda check: check.__module__.rpartition(".")[2])
def test_our_stacks_pass(aws: Assembly, check: Checker) -> None:
    assert proof.report(check(aws)) == ""


def test_findings_are_shown_by_rule() -> None:
    more = Finding("visibility", "Stack/b", "it is too short", "Raise it.")
    assert proof.report([more, LARGE, SMALL]).splitlines() == [
        "✗ event size",
        "    RideCompleted",
        "        it is too large",
        "        → Bound it.",
        "✗ visibility",
        "    Stack/a",
        "        it is too short",
        "        → Raise it.",
        "    Stack/b",
        "        it is too short",
        "        → Raise it.",
    ]


@pytest.mark.parametrize(("findings", "status"), [([], 0), ([SMALL, LARGE], 1)])
def test_a_finding_fails_the_run(
    findings: list[Finding],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(proof, "templates", lambda: None)
    monkeypatch.setattr(proof, "CHECKERS", (lambda _: findings,))
    assert proof.main() == status
    assert ("visibility" in capsys.readouterr().out) == bool(findings)
