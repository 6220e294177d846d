"""Files of schemas and statements that are broken: each is named, with what is wrong, and nothing else is raised."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.registry.files import Unreadable
from infra.registry.history import unreadable
from infra.registry.published import publications
from infra.registry.readers import statements
from tests.unit.registry.test_history import commit, git
from tests.unit.registry.trips import publish, trip


def needing(**needs: Any) -> str:
    return json.dumps(
        {"consumer": "z", "needs": {key.replace("_", "."): value for key, value in needs.items()}}
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is no JSON: "),
        ("[]", "it is no JSON object"),
        ("[" * 100_000, "it is "),
        ('{"consumer": "y", "needs": {}}', "`consumer` is 'y', and the name of the file 'z'"),
        ('{"consumer": "z"}', "`needs` is no object"),
        ('{"consumer": "z", "needs": []}', "`needs` is no object"),
        (needing(RideCompleted={}), "`needs` has 'RideCompleted', which is no message"),
        (needing(RideCompleted_v1=[]), "`needs` has no object of fields for RideCompleted.v1"),
        (needing(RideCompleted_v1={"fare": "nonsense"}), "RideCompleted.v1.fare is no JSON Schema"),
        (needing(RideCompleted_v1={"fare": {"type": "strin"}}), "RideCompleted.v1.fare is no valid JSON Schema"),
        (needing(RideCompleted_v1={"fare": {"$ref": "#/$defs/X"}}), "RideCompleted.v1.fare: # refers to '#/$defs/X'"),
    ],
)  # fmt: skip
def test_a_statement_that_is_none_is_told(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "z.json").write_text(text)
    with pytest.raises(Unreadable) as found:
        statements(tmp_path)
    [problem] = found.value.problems
    assert (problem.file.name, problem.why[: len(why)]) == ("z.json", why)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("[]", "it is no JSON object"),
        ("{", "it is no JSON: "),
        ({"$schema": None}, "it has no $schema"),
        ({"$comment": "soon"}, "its $comment begins with 'soon', which is no day"),
        ({"$id": "urn:wild-rydes:TripEnded:1.1"}, "it does not say what it is"),
        ({"type": "strin"}, "it is no valid JSON Schema: #/type: "),
        ({"$defs": {}}, "it: #/properties/"),
    ],
)
def test_a_published_file_that_is_none_is_told(change: Any, why: str, tmp_path: Path) -> None:
    publish(tmp_path, trip())
    file = tmp_path / "TripEnded/1.0.json"
    document = {**json.loads(file.read_text()), **change} if isinstance(change, dict) else change
    if isinstance(document, dict):
        document = json.dumps({key: value for key, value in document.items() if value is not None})
    file.write_text(document)
    (file.parent / "1.1.txt").write_text("")
    with pytest.raises(Unreadable) as found:
        publications(tmp_path, checked=True)
    first, second = found.value.problems
    assert (first.file.name, first.why[: len(why)]) == ("1.0.json", why)
    assert (second.file.name, second.why) == ("1.1.txt", "a file's name is like 1.0.json")


def test_folders_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    publish(tmp_path, trip())
    (tmp_path / "TripEnded/.DS_Store").write_text("")
    (tmp_path / "TripEnded/more.json").mkdir()
    assert list(publications(tmp_path, checked=True)) == ["TripEnded"]
    (tmp_path / ".z.json").write_text("{")
    assert statements(tmp_path) == ()


def test_git_brings_back_what_it_has_and_nothing_else(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    for name in ("old", "new"):
        (tmp_path / f"{name}.json").write_text("{" if name == "new" else "{}")
        if name == "old":
            commit(tmp_path)
    (tmp_path / "old.json").write_text("{")
    with pytest.raises(Unreadable) as found:
        statements(tmp_path)
    new, old = unreadable(found.value.problems, "Mend it.")
    assert new.to_do == "Mend it."
    assert old.to_do.startswith("`git checkout HEAD -- ")
    assert old.where.endswith("/old.json")
