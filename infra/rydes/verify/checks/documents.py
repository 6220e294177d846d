"""Policies: whether a document still has what the template wrote."""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from infra.assembly import as_list

Document = Mapping[str, Any]


def document(found: str | Document) -> Document:
    """Read a policy, which some APIs give as text."""
    return json.loads(found) if isinstance(found, str) else found


def missing(promised: Document, found: Document) -> Iterator[tuple[str, str]]:
    """Yield each action with its resource, which the promised document allows and the found one does not.

    A `*` in the promised document stands for anything: the template does not always know the name.
    """
    there = [
        (action, resource, _principal(statement))
        for statement in _allowed(found)
        for action in as_list(statement["Action"])
        for resource in as_list(statement.get("Resource", "*"))
    ]
    for statement in _allowed(promised):
        for action in as_list(statement["Action"]):
            for resource in as_list(statement.get("Resource", "*")):
                wanted = (action, resource, _principal(statement))
                if not any(_meets(each, wanted) for each in there):
                    yield action, resource


def _meets(there: tuple[str, str, str], wanted: tuple[str, str, str]) -> bool:
    return (
        there[0].lower() == wanted[0].lower()  # IAM writes some actions in a case of its own
        and fnmatchcase(there[1], wanted[1])
        and there[2] == wanted[2]
    )


def _allowed(policy: Document) -> Iterator[Mapping[str, Any]]:
    for statement in as_list(policy.get("Statement", [])):
        if statement["Effect"] == "Allow":
            yield statement


def _principal(statement: Mapping[str, Any]) -> str:
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        return ",".join(sorted(str(each) for values in principal.values() for each in as_list(values)))
    return str(principal or "")
