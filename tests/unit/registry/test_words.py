"""The fields of a schema as people read them."""

from typing import Any

import pytest

from infra.registry.documents.words import Row, rows
from wild_rydes_contracts import RfqResponse, RideCompleted
from wild_rydes_contracts.schemas import json_schema


def row(schema: dict[str, Any]) -> Row:
    definitions = {
        "Part": {"title": "Part", "type": "object", "properties": {}, "description": "A part.\nOf it."}
    }
    [found] = rows({"properties": {"a": schema}}, definitions)
    return found


@pytest.mark.parametrize(
    ("schema", "type_", "bounds"),
    [
        ({"type": "string"}, "text", ""),
        ({"type": "string", "maxLength": 3}, "text", "at most 3 characters"),
        ({"type": "string", "pattern": "^x$"}, "text", "`^x$`"),
        ({"type": "string", "format": "date-time"}, "instant", ""),
        ({"type": "integer", "minimum": 1, "maximum": 100_000}, "whole number", "1 to 100,000"),
        ({"type": "number", "minimum": 0}, "number", "at least 0"),
        ({"type": "boolean"}, "true or false", ""),
        ({"enum": ["a", "b"]}, "one of these", "`a`, `b`"),
        ({"const": "a"}, "constant", "`a`"),
        (
            {"type": "array", "items": {"type": "string", "maxLength": 3}},
            "list of text",
            "at most 3 characters",
        ),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 2}, "list of text", "at most 2"),
        ({"$ref": "#/$defs/Part"}, "object", ""),
    ],
    ids=str,
)
def test_a_field_in_words(schema: dict[str, Any], type_: str, bounds: str) -> None:
    assert (row(schema).type, row(schema).bounds) == (type_, bounds)


def test_a_field_says_its_own_meaning_else_that_of_its_type() -> None:
    assert row({"$ref": "#/$defs/Part"}).meaning == "A part."
    assert row({"$ref": "#/$defs/Part", "description": "mine"}).meaning == "mine"


def test_fields_of_alternatives_say_whose_they_are() -> None:
    definitions = json_schema(RfqResponse)["$defs"]
    found = {(each.name, each.meaning): each for each in rows(definitions["RfqResponse"], definitions)}
    assert found["answers[].reason", "decline: a short code"].required
    assert found["answers[].price.amount", "quote: with two decimal places"].bounds == "like `12.50`"


def test_known_patterns_are_in_words() -> None:
    definitions = json_schema(RideCompleted)["$defs"]
    bounds = [each.bounds for each in rows(definitions["RideCompleted"], definitions)]
    assert not [each for each in bounds if "^" in each]
