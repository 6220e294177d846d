"""The simulation itself: the same seed is the same history, small histories are found, and planted bugs, too."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.proof.ruler import EventPattern
from tests.simulation.mutants import ROOT, all_mutants
from tests.simulation.patterns import compiled

pytestmark = pytest.mark.slow

HISTORIES = {"rides": 300, "fleets": 100, "surveys": 100}
QUICKLY_FOUND = ("acknowledge-before-work", "clock-for-deadline", "claim-without-condition")
TO_BE_SHRUNK = "clock-for-deadline"
REGRESSIONS = tomllib.loads(Path(__file__).with_name("regressions.toml").read_text())


def simulation(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def said(run: "subprocess.CompletedProcess[str]") -> Any:
    assert run.stdout, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("scene", HISTORIES)
def test_histories_keep_every_promise(scene: str) -> None:
    run = simulation("--scene", scene, "--histories", str(HISTORIES[scene]), "--jobs", "1", "--json")
    told = said(run)
    assert told["violations"] == []
    assert told["histories"] == HISTORIES[scene]
    assert run.returncode == 0
    assert len(told["coverage"]["faults"]) > 15, "of most kinds"
    assert told["coverage"]["states"] > 30


def test_a_seed_is_a_history_byte_for_byte() -> None:
    first, second, other = (simulation("--seed", seed) for seed in ("41", "41", "42"))
    assert first.stdout.count("\n") > 30
    assert first.stdout == second.stdout
    assert first.stdout != other.stdout


def test_a_worker_that_is_used_again_is_as_good_as_new() -> None:
    """The histories before it make no difference to one."""
    alone = simulation("--seed", "45").stdout
    after_others = simulation("--seed", "45", "--after", "5").stdout
    assert alone == after_others


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (("--scene", "nope"), "'nope' is not one of"),
        (("--mutant", "nope"), "there is no nope"),
        (("--plan", "{"), "is no plan"),
        (("--plan", '{"seed": "1", "place": "nope"}'), "place: Input should be"),
        (("--plan", '{"seed": "1", "kinds": ["nope"]}'), "no such kind of faults"),
        (("--plan", '{"seed": "1", "customers": -3}'), "greater than or equal to 0"),
        (("--shrink",), "of which history?"),
        (("--mutants", "--seed", "1"), "one history has one bug"),
        (("--seed", "1", "--plan", '{"seed": "1"}'), "it has its seed"),
        (("--seed", "1", "--old", "nope"), "not a valid object name"),
    ],
)
def test_a_wrong_option_is_refused(wrong: tuple[str, ...], why: str) -> None:
    run = simulation(*wrong)
    assert run.returncode == 2
    assert why in " ".join(run.stderr.replace("│", " ").split())
    assert not run.stdout


def test_what_breaks_nothing_cannot_be_made_smaller() -> None:
    run = simulation("--seed", "1", "--shrink")
    assert (run.returncode, run.stderr.splitlines()[-1]) == (1, "✗ seed 1 breaks nothing")


@pytest.mark.parametrize("mutant", QUICKLY_FOUND)
def test_planted_bugs_are_found(mutant: str) -> None:
    found = said(simulation("--mutant", mutant, "--histories", "300", "--jobs", "1", "--json"))["mutants"]
    assert found[mutant]["caught"]


def test_a_failing_history_is_made_smaller() -> None:
    found = said(simulation("--mutant", TO_BE_SHRUNK, "--histories", "300", "--jobs", "1", "--json"))
    run = simulation("--mutant", TO_BE_SHRUNK, "--seed", found["mutants"][TO_BE_SHRUNK]["seed"], "--shrink")
    assert run.returncode == 1
    why, plan = run.stderr.strip().splitlines()[-2:]
    assert why.startswith("✗ ")
    small = json.loads(plan)
    assert small.get("customers", 1) == 1, "one RFQ is enough"
    assert len(small["kinds"]) <= 3, "and little has to go wrong"
    assert small["most_faults"] <= 5
    again = simulation("--mutant", TO_BE_SHRUNK, "--plan", plan)
    assert (again.stdout, again.stderr.splitlines()[-2:]) == (run.stdout, [why, plan])


@pytest.mark.parametrize("name", REGRESSIONS)
def test_what_once_failed_is_mended(name: str) -> None:
    run = simulation("--plan", json.dumps(REGRESSIONS[name]["plan"]))
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("mutant", all_mutants().values(), ids=str)
def test_each_planted_bug_still_fits_the_code(mutant: Any) -> None:
    assert mutant.source() != (ROOT / mutant.file).read_text()


LEAVES = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b", "running"])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)
MATCHERS = st.lists(
    LEAVES | st.sampled_from([{"exists": True}, {"exists": False}, {"prefix": "a"}, {"anything-but": "a"}]),
    min_size=1,
    max_size=2,
)
PATTERNS = st.recursive(
    st.dictionaries(st.sampled_from("xyz"), MATCHERS, min_size=1, max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("xyz"), inner | MATCHERS, min_size=1, max_size=2),
    max_leaves=4,
)


@given(PATTERNS, st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3))
def test_a_compiled_pattern_says_what_the_pattern_says(pattern: Any, event: Any) -> None:
    assert compiled(pattern)(event) == EventPattern.of(pattern).matches(event)
