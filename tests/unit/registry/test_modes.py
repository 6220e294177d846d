"""What a class's mode lets pass, and what is said of it."""

from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field

from infra.proof.finding import Finding
from infra.registry import gate
from tests.unit.registry.trips import READERS, Fare, of, publish, trip
from wild_rydes_contracts import Compatibility, Message


def told(contract: type[Message], directory: Path) -> list[Finding]:
    return list(gate.check(gate.evolution(contract, publish(directory, trip())), READERS))


MODES: list[tuple[Compatibility, dict[str, Any], list[str]]] = [
    ("NONE", {"without": "score"}, []),
    ("FORWARD", {"score": (int, Field(ge=2, le=10))}, []),
    ("FORWARD", {"score": (int, Field(ge=0, le=10))}, ["data.score  MINIMUM_INCREASED"]),
    ("FORWARD", {"without": "note"}, ["data.note  FIELD_REMOVED"]),
    ("FORWARD", {"driver": (str, ...)}, []),
    ("FULL", {"driver": (str | None, None)}, []),
    (
        "FULL",
        {"reason": (Literal["arrived", "given-up", "stuck"], ...)},
        ["data.reason  ENUM_ARRAY_NARROWED"],
    ),
    (
        "FULL",
        {"score": (int, Field(ge=0, le=9))},
        ["data.score  MAXIMUM_DECREASED", "data.score  MINIMUM_INCREASED"],
    ),
]


@pytest.mark.parametrize(("mode", "change", "expected"), MODES)
def test_an_event_may_choose_its_mode(
    mode: Compatibility, change: dict[str, Any], expected: list[str], tmp_path: Path
) -> None:
    found = told(trip(of(mode), **change), tmp_path)
    assert [each.where for each in found if each.rule != gate.NEEDED] == expected


def test_an_unknown_mode_is_refused_with_those_that_there_are() -> None:
    unknown: Any = "none"
    with pytest.raises(TypeError, match="has the mode 'none': there are NONE, BACKWARD, "):
        of(unknown)


@pytest.mark.parametrize(("mode", "found"), [("BACKWARD", 0), ("BACKWARD_TRANSITIVE", 1)])
def test_all_revisions_count_if_the_mode_is_transitive(
    mode: Compatibility, found: int, tmp_path: Path
) -> None:
    wider, shorter = (trip(of(mode), score=(int, Field(ge=1, le=most))) for most in (20, 11))
    published = publish(tmp_path, wider, shorter)
    assert len(list(gate.check(gate.evolution(shorter, published), READERS))) == 1, "it was published by hand"
    same = trip(of(mode), score=(int, Field(ge=1, le=11)), tip=(Fare | None, None), driver=(str | None, None))
    assert len(list(gate.check(gate.evolution(same, published), READERS))) == found


NARROWER = Field(ge=1, le=5)


def test_what_one_revision_was_published_under_none_for_is_not_held_against_later_ones(
    tmp_path: Path,
) -> None:
    loose = trip(of("NONE"), score=(int, NARROWER))
    published = publish(tmp_path, trip(), loose)
    assert [each.compatibility for each in published["TripEnded"]] == ["BACKWARD_TRANSITIVE", "NONE"]
    strict = trip(score=(int, NARROWER))
    later = trip(score=(int, NARROWER), driver=(str | None, None))
    narrower = trip(score=(int, Field(ge=1, le=4)))
    assert list(gate.check(gate.evolution(strict, published), READERS)) == []
    assert list(gate.check(gate.evolution(later, published), READERS)) == []
    [found] = gate.check(gate.evolution(narrower, published), READERS)
    assert found.where == "data.score  MAXIMUM_DECREASED"


@pytest.mark.parametrize("mode", ["NONE", "FORWARD"])
def test_another_mode_is_told_with_what_it_lets_pass(mode: Compatibility, tmp_path: Path) -> None:
    published = publish(tmp_path, trip())
    _, changed, passed = gate.news(gate.evolution(trip(of(mode), score=(int, NARROWER)), published), READERS)
    assert changed.strip() == f"TripEnded.v1 has the mode {mode}; 1.0 was published under BACKWARD_TRANSITIVE"
    assert passed.strip().startswith("data.score  MAXIMUM_DECREASED: The class has 5 as its maximum")
    assert f"{mode} lets it pass. Hurt: feedback" in passed
    [changed] = gate.news(gate.evolution(trip(of(mode)), published), READERS)
    assert "has the mode" in changed


def test_what_is_published_by_hand_is_judged_under_the_mode_in_its_file(tmp_path: Path) -> None:
    published = publish(tmp_path, trip(), trip(score=(int, NARROWER)))
    later_none = trip(of("NONE"), score=(int, NARROWER))
    assert len(list(gate.check(gate.evolution(later_none, published), READERS))) == 1
