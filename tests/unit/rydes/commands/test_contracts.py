"""`rydes contracts compare`: what it prints, and its exit status."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.rydes import cli


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, schema in (("text", {"type": "string"}), ("any", {}), ("bad", {"type": "text"})):
        Path(f"{name}.json").write_text(json.dumps(schema))


def compare(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["contracts", "compare", *arguments])


@pytest.mark.parametrize(
    ("mode", "status"),
    [((), 0), (("--mode", "backward"), 0), (("--mode", "FORWARD"), 1), (("--mode", "full"), 1)],
)
def test_a_wider_schema_reads_what_was_written_and_not_the_reverse(
    mode: tuple[str, ...], status: int
) -> None:
    answer = compare("text.json", "any.json", *mode, "--json")
    assert answer.exit_code == status
    told: dict[str, Any] = json.loads(answer.stdout)
    assert told["compatible"] == (status == 0)
    why = "The new schema allows null or boolean or number or string or array or object, and the old schema string."
    expected = [{"rule": "TYPE_CHANGED", "path": "#", "why": why}] if status else []
    assert told["differences"] == expected


def test_people_read_the_same() -> None:
    assert "compatible (backward)" in compare("text.json", "any.json").stdout
    refused = compare("any.json", "text.json")
    assert refused.exit_code == 1
    assert "TYPE_CHANGED #" in refused.stdout


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "is no JSON"),
        (b"{", "is no JSON"),
        (b'{"maximum": NaN}', "NaN is no JSON number"),
        (b"\xff\xfe", "is no JSON"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"maximum": 1e999}', "too large"),
        (b"[]", "the new schema is no JSON Schema"),
        (b'{"type": "text"}', "the new schema is no valid JSON Schema: #/type"),
    ],
)
def test_what_is_no_schema_is_refused(text: bytes, problem: str) -> None:
    Path("other.json").write_bytes(text)
    answer = compare("text.json", "other.json", "--json")
    assert answer.exit_code == 2
    assert problem in answer.stderr
    assert not answer.stdout


def test_a_file_that_is_not_there_is_refused() -> None:
    answer = compare("text.json", "nowhere.json")
    assert answer.exit_code == 2
    assert "nowhere.json" in answer.stderr
