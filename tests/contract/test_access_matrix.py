"""The matrix of who may do what has a row for all that the APIs' documents offer, and docs/threats.md shows it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.access.matrix import COLUMNS, DOCUMENTS, ROWS, markdown

ROOT = Path(__file__).parents[2]
SERVICES = ROOT / "services"
THREATS = (ROOT / "docs/threats.md").read_text()
METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}


def offered(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The routes of an OpenAPI document, and the messages that an AsyncAPI document's socket takes, by their actions."""
    for path, item in document.get("paths", {}).items():
        yield from ((method.upper(), path) for method in METHODS & {*item})
    if "channels" in document:
        yield "connect", "/"
    for name, operation in document.get("operations", {}).items():
        if operation["action"] == "receive":
            [message] = operation["messages"]
            found = resolve(document, resolve(document, message)["payload"])
            action = resolve(document, found["properties"]["action"])
            yield from ((each, name) for each in action.get("enum", ["send"]))


def resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follow references."""
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def missing(api: str, document: dict[str, Any]) -> str:
    """What to write for routes that have no row."""
    rows = {(row.method, row.path) for row in ROWS if row.api == api}
    return "\n".join(
        f"{api} has no row for {method} {path}: write one into tests/support/access/matrix.py, with what each of"
        f" {', '.join(COLUMNS)} gets; if it needs something to be about, make that in scene.py"
        for method, path in offered(document)
        if (method, path) not in rows
    )


@pytest.mark.parametrize("api", DOCUMENTS)
def test_every_route_and_message_has_a_row(api: str) -> None:
    document = json.loads((SERVICES / DOCUMENTS[api]).read_text())
    assert not missing(api, document), missing(api, document)
    stale = {(row.method, row.path) for row in ROWS if row.api == api} - {*offered(document)}
    assert not stale, f"rows about what {DOCUMENTS[api]} does not offer: {stale}"


def test_every_document_of_an_api_is_looked_at() -> None:
    found = {str(path.relative_to(SERVICES)) for path in SERVICES.glob("*/*api.json")}
    assert found == {*DOCUMENTS.values()}, "name the document in tests/support/access/matrix.py"


def test_a_new_route_is_told_by_name() -> None:
    document = json.loads((SERVICES / DOCUMENTS["rfq-api"]).read_text())
    document["paths"]["/rides/{id}/tips"] = {"post": {}}
    assert missing("rfq-api", document).startswith("rfq-api has no row for POST /rides/{id}/tips: write one")


def test_every_row_is_whole() -> None:
    for row in ROWS:
        assert len(row.expected) == len(COLUMNS), row
    assert len({(*row.route, row.of) for row in ROWS}) == len(ROWS)


def test_the_threat_model_shows_the_matrix() -> None:
    assert markdown() in THREATS, f"put this into docs/threats.md:\n\n{markdown()}"


NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = NAMED.findall(THREATS)
    assert len(named) > 20
    for file, function in named:
        assert (ROOT / file).is_file(), file
        assert not function or f"def {function}(" in (ROOT / file).read_text(), f"{file}::{function}"


def test_every_threat_names_a_test_or_says_that_nothing_shows_it() -> None:
    rows = [line for line in THREATS.splitlines() if re.match(r"\| [STRIDE]\d+ \|", line)]
    assert len(rows) > 15
    for row in rows:
        assert "`tests/" in row or "no test:" in row, row


def test_every_file_that_the_threat_model_points_to_exists() -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", THREATS):
        assert (ROOT / "docs" / target).exists(), target
