"""No schema keeps a comparison from ending with a clear word."""

import contextlib
import json
import time
from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.registry.compatibility.dialects import DRAFT_4, DRAFT_7, DRAFT_2020_12
from infra.registry.compatibility.modes import Mode, compare
from infra.registry.compatibility.result import Unusable

Json = Any
NEW_DRAFT = "https://json-schema.org/draft/2020-12/schema"
OLD_DRAFT = "http://json-schema.org/draft-04/schema#"
KEYWORDS = sorted(DRAFT_2020_12.keywords | DRAFT_7.keywords | DRAFT_4.keywords)
SECONDS = 120
"""Far more than any comparison takes; without a limit these would take hours."""


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < SECONDS


def only_rule(old: Json, new: Json) -> str:
    """Compare, and expect one kind of difference."""
    (rule,) = {difference.rule for difference in compare(old, new, Mode.BACKWARD).differences}
    return rule


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        (5, "neither an object nor true or false"),
        ([], "neither an object nor true or false"),
        ({"type": "text"}, "#/type"),
        ({"properties": []}, "#/properties"),
        ({"properties": {"a": 5}}, "#/properties/a is no schema"),
        ({"allOf": []}, "#/allOf"),
        ({"minLength": -1}, "#/minLength"),
        ({"$schema": NEW_DRAFT, "items": [{}]}, "#/items"),
        ({"$schema": "http://json-schema.org/draft-03/schema#"}, "a draft that is not known"),
        ({"$schema": 7}, "a draft that is not known"),
        ({"$ref": "#/definitions/ride"}, "which is not there"),
        ({"$ref": "#ride"}, "which is not there"),
        ({"$ref": 7}, "#/$ref"),
        ({"title": {"a": 5}, "$schema": NEW_DRAFT, "$ref": "#/title/a"}, "#/title"),
        ({"$ref": "#"}, "refers to itself without an end"),
        (
            {"anyOf": [{"$ref": "#/definitions/a"}], "definitions": {"a": {"not": {"$ref": "#"}}}},
            "without an end",
        ),
        ({"maximum": float("inf")}, "too large"),
        pytest.param(
            {"properties": {str(index): {} for index in range(20_001)}}, "too large", marks=pytest.mark.slow
        ),
    ],
)
def test_what_is_no_schema_is_unusable(schema: Json, word: str) -> None:
    for old, new in ((schema, {}), ({"type": "string"}, schema)):
        with pytest.raises(Unusable, match=word.replace("$", r"\$")):
            compare(old, new, Mode.BACKWARD)


@pytest.mark.parametrize(
    "reference", ["https://example.com/ride.json", "other.json#/definitions/a", "urn:example:ride"]
)
def test_what_another_document_says_is_not_decided(reference: str) -> None:
    schema = {"properties": {"ride": {"$ref": reference}}}
    (difference,) = compare(schema, schema, Mode.FULL).differences[:1]
    assert difference.rule == "REFERENCE_UNRESOLVED"
    assert difference.path == "#/properties/ride"
    assert reference in difference.why


def test_a_document_may_name_itself_and_its_parts() -> None:
    rides = {"$id": "https://example.com/rides", "items": {"$ref": "https://example.com/ride"}}
    parts = {"definitions": {"ride": {"$id": "/ride", "type": "object"}}}
    assert compare({**rides, **parts}, {"items": {"type": "object"}}, Mode.FULL).compatible


@pytest.mark.slow
def test_a_pattern_that_never_ends_is_given_up() -> None:
    evil = {"additionalProperties": False, "patternProperties": {"^(a|aa)+$": {"type": "string"}}}
    named = {**evil, "properties": {"a" * 60 + "!": {}}}
    assert only_rule(named, evil) == "UNDECIDED"
    assert only_rule({"enum": ["a" * 60 + "!"]}, {"pattern": "^(a|aa)+$"}) == "UNDECIDED"


def test_a_pattern_in_another_language_is_compared_as_text() -> None:
    assert compare({"pattern": "(?<n"}, {"pattern": "(?<n"}, Mode.BACKWARD).compatible
    assert only_rule({"enum": ["a"]}, {"pattern": "(?<n"}) == "UNDECIDED"


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers(-3, 3)
    | st.sampled_from(["", "#", "string", "#/not", "(", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.slow
@given(ANYTHING, ANYTHING, st.sampled_from([{}, {"$schema": NEW_DRAFT}, {"$schema": OLD_DRAFT}]))
def test_anything_is_compared_or_unusable(old: Json, new: Json, draft: dict[str, str]) -> None:
    for schema in (old, new):
        if isinstance(schema, dict):
            schema.update(draft)
    with contextlib.suppress(Unusable):
        compare(old, new, Mode.FULL)


def nested(depth: int, inside: Json) -> Json:
    """Put a schema deep into others."""
    return reduce(lambda schema, _: {"properties": {"a": schema}}, range(depth), inside)


def test_a_deep_schema_is_compared_or_given_up() -> None:
    assert compare(nested(400, {}), nested(400, {}), Mode.FULL).compatible
    assert compare(nested(50, {"maximum": 1}), nested(50, {"maximum": 2}), Mode.BACKWARD).compatible
    assert only_rule(nested(400, {"maximum": 1}), nested(400, {"maximum": 2})) == "UNDECIDED"


@pytest.mark.slow
def test_many_choices_are_compared_or_given_up() -> None:
    def choices(limit: int) -> Json:
        pairs = [{"anyOf": [{"maxLength": limit + i}, {"minLength": 90 + i}]} for i in range(30)]
        return {"type": "string", "allOf": pairs}

    assert only_rule(choices(3), {"allOf": [choices(2)]}) in ("UNDECIDED", "COMBINED_TYPE_SUBSCHEMAS_CHANGED")


@pytest.mark.slow
def test_a_large_union_that_leads_back_to_itself_is_compared() -> None:
    def fleet(name: Json) -> Json:
        base = {"type": "object", "properties": {"name": name}}
        either = {"oneOf": [{"$ref": "#/$defs/id"}, {"$ref": "#/$defs/any"}]}
        definitions: dict[str, Json] = {
            "id": {"type": "object", "required": ["id"]},
            "base": base,
            "either": either,
        }
        for index in range(12):
            inner = {f"part{part}": {"$ref": "#/$defs/either"} for part in range(5)}
            properties = {**inner, "kind": {"const": f"kind{index}"}}
            definitions[f"kind{index}"] = {
                "$ref": "#/$defs/base",
                "properties": properties,
                "required": ["kind"],
            }
        definitions["any"] = {"oneOf": [{"$ref": f"#/$defs/kind{index}"} for index in range(12)]}
        return {"$schema": NEW_DRAFT, "$defs": definitions, "$ref": "#/$defs/any"}

    assert compare(fleet({"type": "string"}), fleet({"type": ["string", "null"]}), Mode.BACKWARD).compatible
    assert not compare(fleet({"type": "string"}), fleet({"type": "null"}), Mode.BACKWARD).compatible


@pytest.mark.slow
def test_a_large_schema_is_compared() -> None:
    old = {"properties": {f"p{index}": {"type": "string", "maxLength": index} for index in range(2_000)}}
    new = json.loads(json.dumps(old).replace('"maxLength": 1999', '"maxLength": 1998'))
    (difference,) = compare(old, new, Mode.BACKWARD).differences
    assert difference.path == "#/properties/p1999/maxLength"
