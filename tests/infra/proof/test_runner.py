"""The static proof runs all checkers over the templates of the AWS stage, and says what to do."""

import json
from pathlib import Path

import pytest

from infra.assembly import Assembly
from infra.proof import __main__ as proof
from infra.proof import synthesis
from infra.proof.finding import Checker, Finding, report
from infra.proof.synthesis import Refused

SMALL = Finding("visibility", "Stack/a", "it is too short", "Raise it.")
LARGE = Finding("event size", "RideCompleted", "it is too large", "Bound it.")


@pytest.mark.parametrize("check", proof.CHECKERS, ids=lambda check: check.__module__.rpartition(".")[2])
def test_our_stacks_pass(aws: Assembly, check: Checker) -> None:
    assert report(check(aws)) == ""


def test_findings_are_shown_by_rule() -> None:
    more = Finding("visibility", "Stack/b", "it is too short", "Raise it.")
    assert report([more, LARGE, SMALL]).splitlines() == [
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


def test_a_checker_that_fails_is_a_finding_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_: Assembly) -> list[Finding]:
        raise KeyError("Fn::Transform")

    monkeypatch.setattr(proof, "templates", lambda: None)
    monkeypatch.setattr(proof, "CHECKERS", (fails, lambda _: [SMALL]))
    assert proof.main() == 1
    said = capsys.readouterr().out
    assert "KeyError: 'Fn::Transform'" in said
    assert "it is too short" in said


def test_what_cdk_refuses_is_told_with_what_the_checkers_find(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> Assembly:
        raise Refused([LARGE], Assembly(Path(), {}))

    monkeypatch.setattr(proof, "templates", refuse)
    monkeypatch.setattr(proof, "CHECKERS", (lambda _: [SMALL],))
    assert proof.main() == 1
    said = capsys.readouterr().out
    assert "it is too large" in said
    assert "it is too short" in said


def test_a_report_of_cdk_is_read_as_findings(tmp_path: Path) -> None:
    violation = {
        "ruleName": "F3034",
        "description": "MemorySize: 96 is less than the minimum of 128",
        "violatingConstructs": [{"constructPath": "Stack/function/Resource"}],
    }
    plugin = {"pluginName": "CloudFormation Validate", "violations": [violation]}
    (tmp_path / "validation-report.json").write_text(json.dumps({"pluginReports": [plugin]}))
    [found] = synthesis._refusals(tmp_path, RuntimeError("Validation failed"))
    assert (found.rule, found.where) == ("CloudFormation Validate F3034", "Stack/function/Resource")
    assert "less than the minimum" in found.why


def test_an_error_of_cdk_without_a_report_is_a_finding(tmp_path: Path) -> None:
    [found] = synthesis._refusals(tmp_path, RuntimeError("Circular dependency between a and b"))
    assert found.why == "Circular dependency between a and b"


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
