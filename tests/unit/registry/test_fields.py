"""Paths of fields as people say them."""

from typing import Any

import pytest

from infra.registry.fields import closed, fields, name_in, spoken

TREE: dict[str, Any] = {
    "$ref": "#/$defs/Node",
    "$defs": {
        "Node": {
            "type": "object",
            "title": "Node",
            "properties": {
                "name": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
                "pair": {"prefixItems": [{"type": "string"}, {"$ref": "#/$defs/Leaf"}]},
                "by_name": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Leaf"}},
                "value": {"anyOf": [{"$ref": "#/$defs/Leaf"}, {"type": "integer"}]},
                "a/b": {"allOf": [{"$ref": "#/$defs/Leaf"}, {"required": ["size"]}]},
            },
            "required": ["name"],
        },
        "Leaf": {"type": "object", "title": "Leaf", "properties": {"size": {"type": "integer"}}},
    },
}


def test_a_schema_that_contains_itself_is_gone_through_once() -> None:
    assert {path: field.required for path, field in fields(TREE).items()} == {
        "": True,
        "name": True,
        "children": False,
        "children[]": True,
        "pair": False,
        "pair[0]": True,
        "pair[1]": True,
        "pair[1].size": False,
        "by_name": False,
        "by_name.*": True,
        "by_name.*.size": False,
        "value": False,
        "value[Leaf]": True,
        "value[Leaf].size": False,
        "value[1]": True,
        "a/b": False,
        "a/b.size": True,
    }


@pytest.mark.parametrize(
    ("pointer", "path"),
    [
        ("#", "the message"),
        ("#/type", "the message"),
        ("#/properties/name/maxLength", "name"),
        ("#/required/name", "name"),
        (
            "#/properties/children/items/properties/children/items/properties/name",
            "children[].children[].name",
        ),
        ("#/properties/pair/prefixItems/1/properties/size/type", "pair[1].size"),
        ("#/properties/value/anyOf/0/properties/size", "value[Leaf].size"),
        ("#/properties/value/anyOf/1", "value[1]"),
        ("#/properties/value/anyOf", "value"),
        ("#/properties/a~1b/allOf/0/properties/size", "a/b.size"),
        ("#/properties/gone/properties/deeper", "gone.deeper"),
    ],
)
def test_a_pointer_is_said_as_a_path(pointer: str, path: str) -> None:
    assert spoken(pointer, TREE) == path


@pytest.mark.parametrize(
    ("path", "name"), [("data.fare.amount", "amount"), ("data.stops[]", "stops"), ("a", "a")]
)
def test_a_field_has_a_name_of_its_own(path: str, name: str) -> None:
    assert name_in(path) == name


def test_what_is_written_has_no_other_fields() -> None:
    leaf = closed(TREE)["$defs"]["Leaf"]
    assert leaf["additionalProperties"] is False
    by_name = closed(TREE)["$defs"]["Node"]["properties"]["by_name"]
    assert by_name["additionalProperties"] == {"$ref": "#/$defs/Leaf"}
