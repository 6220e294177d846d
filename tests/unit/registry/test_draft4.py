"""What Draft 4 says with other words than 2020-12 means the same."""

from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft202012Validator

from infra.registry.documents.draft4 import draft4

VALUES: list[Any] = [None, True, 0, 1, 2, 3, 2.5, "", "a", "ab", [], [1], ["a"], [1, "a"], [1, "a", 2], {}]
VALUES += [{"a": value} for value in (1, "a", None)] + [{"a": 1, "b": 1}, {"b": "x"}]


@pytest.mark.parametrize(
    "schema",
    [
        {"const": 1},
        {"const": None},
        {"exclusiveMinimum": 1},
        {"exclusiveMaximum": 2},
        {"minimum": 2, "exclusiveMinimum": 1},
        {"minimum": 1, "exclusiveMinimum": 2},
        {"maximum": 2, "exclusiveMaximum": 2},
        {"prefixItems": [{"type": "integer"}, {"type": "string"}]},
        {"prefixItems": [{"type": "integer"}], "items": {"type": "string"}},
        {"prefixItems": [{"type": "integer"}], "items": False},
        {"dependentRequired": {"a": ["b"]}},
        {"properties": {"a": {"const": 1}}, "additionalProperties": False},
        {"$ref": "#/$defs/text", "maxLength": 1, "$defs": {"text": {"type": "string"}}},
        {"allOf": [{"$ref": "#/$defs/text", "minLength": 1}], "$defs": {"text": {"type": "string"}}},
        {"anyOf": [{"type": "integer", "exclusiveMinimum": 1}, {"not": {"type": ["integer", "array"]}}]},
    ],
    ids=str,
)
def test_both_drafts_take_the_same_values(schema: dict[str, Any]) -> None:
    older = draft4({"$schema": Draft202012Validator.META_SCHEMA["$id"], **schema})
    Draft4Validator.check_schema(older)
    taken = [value for value in VALUES if Draft202012Validator(schema).is_valid(value)]
    assert [value for value in VALUES if Draft4Validator(older).is_valid(value)] == taken
    assert taken != VALUES, "the schema tells nothing apart"


def test_every_validator_of_draft_4_knows_what_a_uuid_is() -> None:
    validator = Draft4Validator(draft4({"type": "string", "format": "uuid"}))
    assert validator.is_valid("01a218d0-9439-77b0-837a-f79b98336a5c")
    assert not validator.is_valid("01a218d0943977b0837af79b98336a5c")


@pytest.mark.parametrize("schema", [{"if": {}}, {"properties": {"a": {"unevaluatedProperties": False}}}])
def test_what_draft_4_has_no_words_for_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Draft 4 has nothing that means (if|unevaluatedProperties)"):
        draft4(schema)
