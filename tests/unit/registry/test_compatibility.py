"""What may follow on what: an example of each kind of change, with the rule that it breaks in either direction."""

from typing import Any

import pytest

from infra.registry.compatibility.modes import Mode, compare

Json = Any
NEW_DRAFT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
OLD_DRAFT = {"$schema": "http://json-schema.org/draft-04/schema#"}
FARE = {"type": "number"}
NAME = {"type": "string"}
FINE = ""


def closed(**properties: Json) -> dict[str, Json]:
    """Describe an object that has no other properties."""
    return {"type": "object", "properties": properties, "additionalProperties": False}


def opened(**properties: Json) -> dict[str, Json]:
    """Describe an object that may have other properties."""
    return {"type": "object", "properties": properties}


CHANGES: list[tuple[Json, Json, str, str]] = [
    # Kinds of values.
    ({"type": "integer"}, {"type": "number"}, FINE, "TYPE_NARROWED #"),
    ({"type": "string"}, {"type": "boolean"}, "TYPE_CHANGED #", "TYPE_CHANGED #"),
    ({"type": "string"}, {"type": ["string", "null"]}, FINE, "TYPE_CHANGED #"),
    ({"type": "string"}, {}, FINE, "TYPE_CHANGED #"),
    ({"type": "string"}, True, FINE, "TYPE_CHANGED #"),
    (False, {"type": "string"}, FINE, "TYPE_CHANGED #"),
    ({}, {"properties": {}}, "TYPE_CHANGED #", FINE),
    ({"title": "Ride", "default": 1}, {"title": "Trip", "description": "A ride"}, FINE, FINE),
    ({"type": "string", "connect.type": "bytes"}, {"type": "number", "connect.type": "bytes"}, FINE, FINE),
    # Values.
    ({"enum": ["gold"]}, {"enum": ["gold", "silver"]}, FINE, "ENUM_ARRAY_NARROWED #/enum"),
    ({"enum": ["gold"]}, {"enum": ["silver"]}, "ENUM_ARRAY_CHANGED #/enum", "ENUM_ARRAY_CHANGED #/enum"),
    ({"const": "gold"}, {"enum": ["gold"]}, FINE, FINE),
    ({"const": 1}, {"const": 1.0}, FINE, FINE),
    ({"const": 1}, {"const": True}, "ENUM_ARRAY_CHANGED #/const", "ENUM_ARRAY_CHANGED #/const"),
    ({"type": "boolean"}, {"enum": [True, False]}, FINE, FINE),
    ({"enum": ["gold", "red"]}, {"type": "string", "maxLength": 4}, FINE, "ENUM_ARRAY_CHANGED #/enum"),
    ({"enum": ["silver"]}, {"type": "string", "maxLength": 4}, "ENUM_ARRAY_CHANGED #", "ENUM_ARRAY_CHANGED #/enum"),
    ({"type": "string", "enum": ["a", None]}, {"enum": ["a"]}, "ENUM_ARRAY_NARROWED #/enum", FINE),
    # Numbers.
    ({"maximum": 4}, {"maximum": 5}, FINE, "MAXIMUM_DECREASED #/maximum"),
    ({"minimum": 4}, {}, FINE, "MINIMUM_ADDED #/minimum"),
    ({"exclusiveMaximum": 4}, {"maximum": 4}, FINE, "EXCLUSIVE_MAXIMUM_DECREASED #/exclusiveMaximum"),
    ({"type": "integer", "minimum": 1}, {"exclusiveMinimum": 0, "type": "integer"}, FINE, FINE),
    ({"exclusiveMinimum": 1}, {"exclusiveMinimum": 2}, "EXCLUSIVE_MINIMUM_INCREASED #/exclusiveMinimum", FINE),
    ({**OLD_DRAFT, "maximum": 4, "exclusiveMaximum": True}, {"exclusiveMaximum": 4}, FINE, FINE),
    ({"multipleOf": 0.5}, {"multipleOf": 0.1}, FINE, "MULTIPLE_OF_EXPANDED #/multipleOf"),
    ({"multipleOf": 2}, {"multipleOf": 3}, "MULTIPLE_OF_CHANGED #/multipleOf", "MULTIPLE_OF_CHANGED #/multipleOf"),
    ({"type": "integer"}, {"type": "integer", "multipleOf": 1}, FINE, FINE),
    # Strings.
    ({**NAME, "maxLength": 3}, {**NAME, "maxLength": 4}, FINE, "MAX_LENGTH_DECREASED #/maxLength"),
    ({**NAME, "minLength": 3}, NAME, FINE, "MIN_LENGTH_ADDED #/minLength"),
    ({**NAME, "minLength": 0}, NAME, FINE, FINE),
    ({**NAME, "pattern": "^a"}, {**NAME, "pattern": "a"}, "PATTERN_CHANGED #/pattern", "PATTERN_CHANGED #/pattern"),
    ({**NAME, "pattern": "^a"}, NAME, FINE, "PATTERN_ADDED #/pattern"),
    ({**NAME, "format": "date"}, NAME, FINE, "FORMAT_ADDED #/format"),
    ({**NAME, "contentEncoding": "base64"}, NAME, FINE, "CONTENT_ENCODING_ADDED #/contentEncoding"),
    (NAME, {**NAME, "examples": ["Ann"]}, FINE, FINE),
    # Objects: open, closed and partially open.
    (closed(), closed(name=NAME), FINE, "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/name"),
    (opened(), opened(name=NAME), "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/name", FINE),
    (opened(), opened(name={}), FINE, FINE),
    (closed(name=NAME), opened(name=NAME), FINE, "ADDITIONAL_PROPERTIES_REMOVED #/additionalProperties"),
    (closed(name=False), closed(), FINE, FINE),
    (
        {**closed(name=NAME), "additionalProperties": NAME},
        {**closed(), "additionalProperties": {**NAME, "maxLength": 5}},
        "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/properties/name",
        FINE,
    ),
    (
        {**closed(), "additionalProperties": NAME},
        {**closed(fare=FARE), "additionalProperties": NAME},
        "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/properties/fare",
        "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/properties/fare",
    ),
    (
        {**closed(), "patternProperties": {"^n": NAME}},
        {**closed(name=NAME), "patternProperties": {"^n": NAME}},
        FINE,
        FINE,
    ),
    (
        {**closed(), "patternProperties": {"^n": NAME}},
        {**closed(), "patternProperties": {"^n": FARE}},
        "PATTERN_PROPERTIES_CHANGED #/patternProperties/^n",
        "PATTERN_PROPERTIES_CHANGED #/patternProperties/^n",
    ),
    (opened(), {**opened(), "patternProperties": {"^n": NAME}}, "PATTERN_PROPERTIES_CHANGED #/patternProperties/^n", FINE),
    ({**opened(), "additionalProperties": NAME}, {**opened(), "patternProperties": {"^n": NAME}}, FINE, "ADDITIONAL_PROPERTIES_NARROWED #/additionalProperties"),
    ({**NEW_DRAFT, **opened(a=NAME)}, {**NEW_DRAFT, **opened(a=NAME), "unevaluatedProperties": False}, "UNEVALUATED_PROPERTIES_REMOVED #/unevaluatedProperties", FINE),
    (
        {**NEW_DRAFT, "allOf": [opened(a=NAME)], "unevaluatedProperties": False},
        {**NEW_DRAFT, "allOf": [opened(a=NAME, b=NAME)], "unevaluatedProperties": False},
        FINE,
        "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/b",
    ),
    (
        {**NEW_DRAFT, "oneOf": [opened(a={"const": 1}), opened(b=NAME)], "required": ["a"], "unevaluatedProperties": False},
        {**NEW_DRAFT, "oneOf": [opened(a={"const": 1}), opened(b=NAME)], "unevaluatedProperties": False},
        FINE,
        "REQUIRED_ATTRIBUTE_ADDED #/required/a",
    ),
    # What has to be there.
    ({**opened(a=NAME), "required": ["a"]}, opened(a=NAME), FINE, "REQUIRED_ATTRIBUTE_ADDED #/required/a"),
    (closed(), {**closed(a=NAME), "required": ["a"]}, "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/required/a", "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/a"),
    (closed(), {**closed(a={**NAME, "default": ""}), "required": ["a"]}, FINE, "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/a"),
    (opened(a=NAME), {**opened(a={"$ref": "#/definitions/n"}), "required": ["a"], "definitions": {"n": {**NAME, "default": ""}}}, FINE, FINE),
    (opened(a=NAME), {**opened(a=NAME), "required": ["b"]}, FINE, FINE),
    ({"type": "object"}, {"type": "object", "required": ["b"]}, "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/required/b", FINE),
    ({"dependencies": {"a": ["b"]}}, {"dependencies": {"a": ["b", "c"]}}, "DEPENDENCY_ARRAY_EXTENDED #/dependencies/a", FINE),
    ({"dependencies": {"a": ["b"]}}, {**NEW_DRAFT, "dependentRequired": {"a": ["b"]}}, FINE, FINE),
    ({"dependencies": {"a": ["b"]}}, {"dependencies": {"a": ["c"]}}, "DEPENDENCY_ARRAY_CHANGED #/dependencies/a", "DEPENDENCY_ARRAY_CHANGED #/dependencies/a"),
    (opened(), {**opened(), "dependencies": {"a": {"required": ["b"]}}}, "DEPENDENCY_SCHEMA_ADDED #/dependencies/a", FINE),
    ({"dependencies": {"a": {"maxProperties": 2}}}, {"dependencies": {"a": {"maxProperties": 3}}}, FINE, "MAX_PROPERTIES_DECREASED #/dependencies/a/maxProperties"),
    ({**opened(), "maxProperties": 2}, {**opened(), "maxProperties": 1}, "MAX_PROPERTIES_DECREASED #/maxProperties", FINE),
    ({**opened(), "propertyNames": {"maxLength": 2}}, {**opened(), "propertyNames": {"maxLength": 3}}, FINE, "PROPERTY_NAMES_CHANGED #/propertyNames"),
    (closed(ab=NAME), {**closed(ab=NAME), "propertyNames": {"maxLength": 2}}, FINE, FINE),
    (opened(), {**opened(), "propertyNames": {"pattern": "x*"}}, FINE, FINE),
    # Arrays.
    ({"type": "array"}, {"type": "array", "items": NAME}, "SCHEMA_ADDED #/items", FINE),
    ({"type": "array", "items": FARE}, {"type": "array", "items": {"type": "integer"}}, "TYPE_NARROWED #/items", FINE),
    ({"items": [NAME]}, {"items": [NAME, FARE]}, "ITEM_ADDED_TO_OPEN_CONTENT_MODEL #/items/1", FINE),
    ({"items": [NAME], "additionalItems": False}, {"items": [NAME, FARE], "additionalItems": False}, FINE, "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL #/items/1"),
    ({"items": [NAME], "additionalItems": FARE}, {"items": [NAME, FARE], "additionalItems": FARE}, FINE, FINE),
    ({"items": [NAME], "additionalItems": FARE}, {"items": [NAME, NAME], "additionalItems": FARE}, "ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/items/1", "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/items/1"),
    ({"items": [NAME]}, {**NEW_DRAFT, "prefixItems": [NAME]}, FINE, FINE),
    ({"items": [NAME], "additionalItems": False}, {**NEW_DRAFT, "prefixItems": [NAME], "items": False}, FINE, FINE),
    ({"items": [NAME]}, {"items": [NAME], "additionalItems": NAME}, "ADDITIONAL_ITEMS_NARROWED #/items", FINE),
    ({"type": "array", "items": NAME}, {"type": "array", "items": [NAME]}, "ITEM_ADDED_TO_OPEN_CONTENT_MODEL #/items/0", "SCHEMA_ADDED #/items"),
    ({"additionalItems": True}, {"additionalItems": False}, "ADDITIONAL_ITEMS_REMOVED #/items", FINE),
    ({**NEW_DRAFT, "prefixItems": [NAME]}, {**NEW_DRAFT, "prefixItems": [NAME], "unevaluatedItems": FARE}, "UNEVALUATED_ITEMS_NARROWED #/unevaluatedItems", FINE),
    ({"maxItems": 2, "type": "array"}, {"maxItems": 3, "type": "array"}, FINE, "MAX_ITEMS_DECREASED #/maxItems"),
    ({"uniqueItems": True, "type": "array"}, {"type": "array"}, FINE, "UNIQUE_ITEMS_ADDED #/uniqueItems"),
    ({"contains": {"minimum": 2}}, {"contains": {"minimum": 1}}, FINE, "CONTAINS_CHANGED #/contains"),
    ({**NEW_DRAFT, "contains": NAME, "minContains": 2}, {**NEW_DRAFT, "contains": NAME}, FINE, "MIN_CONTAINS_INCREASED #/minContains"),
    ({**NEW_DRAFT, "contains": NAME, "maxContains": 2}, {**NEW_DRAFT, "contains": NAME, "maxContains": 3}, FINE, "MAX_CONTAINS_DECREASED #/maxContains"),
    # Combined schemas.
    ({"allOf": [NAME, {"maxLength": 3}]}, {"maxLength": 3, "type": "string"}, FINE, FINE),
    ({"allOf": [NAME]}, {"allOf": [NAME, {"maxLength": 3}]}, "MAX_LENGTH_ADDED #/allOf/1/maxLength", FINE),
    ({"anyOf": [NAME, FARE]}, {"type": ["string", "number"]}, FINE, FINE),
    ({"oneOf": [NAME]}, {"oneOf": [FARE, NAME]}, FINE, "SUM_TYPE_NARROWED #/oneOf"),
    ({"oneOf": [NAME, FARE]}, {"anyOf": [FARE, NAME]}, FINE, FINE),
    ({"anyOf": [NAME, {"maxLength": 3}]}, {"oneOf": [NAME, {"maxLength": 3}]}, "ONE_OF_OVERLAPS #/oneOf", FINE),
    ({"oneOf": [{"type": "integer"}]}, {"oneOf": [{"type": "integer"}, FARE]}, "ONE_OF_OVERLAPS #/oneOf", "SUM_TYPE_NARROWED #/oneOf"),
    (
        {"oneOf": [opened(kind={"const": "card"}), opened(kind={"const": "cash"})]},
        {"oneOf": [opened(kind={"const": "cash"}), opened(kind={"const": "card"}), opened(kind={"const": "voucher"})]},
        FINE,
        "SUM_TYPE_NARROWED #/oneOf",
    ),
    ({"anyOf": [{"maximum": 3}, {"minimum": 9}]}, {"anyOf": [{"maximum": 4}, {"minimum": 8}]}, FINE, "COMBINED_TYPE_SUBSCHEMAS_CHANGED #/anyOf"),
    ({"not": FARE}, {"not": {"type": "integer"}}, FINE, "NOT_TYPE_EXTENDED #/not"),
    (NAME, {"not": FARE}, FINE, "TYPE_CHANGED #"),
    ({"not": {}}, {"not": True}, FINE, FINE),
    (
        {**opened(), "if": {"required": ["a"]}, "then": {"maxProperties": 2}},
        {**opened(), "if": {"required": ["a"]}, "then": {"maxProperties": 3}},
        FINE,
        "CONDITION_CHANGED #/if",
    ),
    (NAME, {**NAME, "if": {"maxLength": 3}, "else": {"pattern": "a"}}, "CONDITION_CHANGED #/if", FINE),
    # References.
    ({"$ref": "#/definitions/n", "definitions": {"n": NAME}}, NAME, FINE, FINE),
    ({"$ref": "#/definitions/n", "definitions": {"n": NAME}, "maxLength": 3}, {**NAME, "maxLength": 3}, "MAX_LENGTH_ADDED #/maxLength", FINE),
    ({**NEW_DRAFT, "$ref": "#/$defs/n", "$defs": {"n": NAME}, "maxLength": 3}, {**NAME, "maxLength": 3}, FINE, FINE),
    ({"$ref": "#n", "definitions": {"n": {"$id": "#n", **NAME}}}, NAME, FINE, FINE),
    ({**NEW_DRAFT, "$dynamicRef": "#n", "$defs": {"n": {"$dynamicAnchor": "n", **NAME}}}, NAME, FINE, FINE),
    ({"$ref": "http://json-schema.org/draft-07/schema#"}, {"type": ["object", "boolean"]}, FINE, "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/$id"),
]  # fmt: skip


def breaks(old: Json, new: Json, mode: Mode) -> list[str]:
    """List rules and places."""
    return [f"{difference.rule} {difference.path}" for difference in compare(old, new, mode).differences]


@pytest.mark.parametrize(("old", "new", "backward", "forward"), CHANGES)
def test_what_may_follow_on_what(old: Json, new: Json, backward: str, forward: str) -> None:
    for mode, rule in ((Mode.BACKWARD, backward), (Mode.FORWARD, forward)):
        found = breaks(old, new, mode)
        assert rule in found if rule else not found
    assert compare(old, new, Mode.FULL).compatible == (not backward and not forward)


@pytest.mark.parametrize("change", [{"allOf": [NAME]}, {"type": "string"}])
def test_a_linked_list_is_followed_to_the_change(change: Json) -> None:
    def chain(value: Json) -> Json:
        link = opened(value=value, next={"oneOf": [{"$ref": "#/definitions/link"}, {"type": "null"}]})
        return {"$ref": "#/definitions/link", "definitions": {"link": link}}

    assert breaks(chain(NAME), chain(change), Mode.FULL) == []
    assert breaks(chain(NAME), chain(FARE), Mode.BACKWARD)[0] == "TYPE_CHANGED #/properties/value"


def test_a_change_behind_a_cycle_is_not_hidden_by_what_was_assumed_of_the_cycle() -> None:
    def rides(first: str, second: str) -> Json:
        def leg(kind: str, then: str) -> Json:
            return opened(kind={"type": kind}, then={"anyOf": [{"$ref": f"#/definitions/{then}"}]})

        legs = {"A": leg(first, "C"), "B": leg(second, "C"), "C": leg("integer", "A")}
        return {
            **opened(leg={"anyOf": [{"$ref": "#/definitions/A"}, {"$ref": "#/definitions/B"}]}),
            "definitions": legs,
        }

    assert not compare(rides("integer", "boolean"), rides("boolean", "number"), Mode.BACKWARD).compatible


def test_a_difference_says_why() -> None:
    (difference,) = compare({**NAME, "maxLength": 9}, {**NAME, "maxLength": 8}, Mode.BACKWARD).differences
    assert difference.why == "The new schema has a maxLength of 8; in the old schema it is 9."
    (difference,) = compare({**NAME, "maxLength": 8}, {**NAME, "maxLength": 9}, Mode.FORWARD).differences
    assert difference.why == "The old schema has a maxLength of 8; in the new schema it is 9."


def test_of_many_differences_the_first_are_told() -> None:
    old, new = (
        closed(**{f"p{index}": {"type": kind} for index in range(150)}) for kind in ("string", "null")
    )
    assert len(compare(old, new, Mode.BACKWARD).differences) == 100


def test_a_name_in_a_path_is_escaped() -> None:
    assert breaks(opened(**{"a/b~": NAME}), opened(**{"a/b~": FARE}), Mode.BACKWARD) == [
        "TYPE_CHANGED #/properties/a~1b~0"
    ]
