"""What tests ask of AsyncAPI documents."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator


def references(value: Any) -> Iterator[str]:
    """Every `$ref` in a document."""
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        for child in value.values():
            yield from references(child)
    elif isinstance(value, list):
        for child in value:
            yield from references(child)


def check_references(document: Mapping[str, Any]) -> None:
    """Every reference leads somewhere in the document."""
    found = set(references(document))
    assert found
    for reference in found:
        assert reference.startswith("#/")
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


def validator(document: Mapping[str, Any], action: str) -> Draft202012Validator:
    """Checks that something is a message of one of the operations with this action: `send` or `receive`."""
    operations = [found for found in document["operations"].values() if found["action"] == action]
    names = [ref["$ref"].rpartition("/")[2] for found in operations for ref in found["messages"]]
    payloads = [document["components"]["messages"][name]["payload"] for name in names]
    schema = {"oneOf": payloads, "components": document["components"]}
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
