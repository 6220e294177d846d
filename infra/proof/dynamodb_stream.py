"""The changes of a table as its stream hands them to Lambda's filters, as JSON Schemas.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html
"""

from typing import Any, Final

from infra.assembly import Assembly, Resource

_IMAGES: Final = {"INSERT": ("NewImage",), "MODIFY": ("OldImage", "NewImage"), "REMOVE": ("OldImage",)}
"""Event name -> the images of the item that there are: as it was before, and after."""
_SEEN: Final = {
    "KEYS_ONLY": (),
    "NEW_IMAGE": ("NewImage",),
    "OLD_IMAGE": ("OldImage",),
    "NEW_AND_OLD_IMAGES": ("OldImage", "NewImage"),
}
"""View type of the stream -> the images that it shows."""

_TEXT: Final = {"type": "string"}
_NUMBER: Final = {"type": "string", "pattern": r"^-?[0-9.]+([eE][+-]?[0-9]+)?$"}
"""A number travels as text, so that no numeric operator matches one."""
_TYPES: Final[dict[str, Any]] = {
    "S": _TEXT,
    "N": _NUMBER,
    "B": _TEXT,
    "BOOL": {"type": "boolean"},
    "NULL": {"const": True},
    "SS": {"type": "array", "items": _TEXT, "minItems": 1},
    "NS": {"type": "array", "items": _NUMBER, "minItems": 1},
    "BS": {"type": "array", "items": _TEXT, "minItems": 1},
    "L": {"type": "array", "items": {"$ref": "#/$defs/attribute"}},
    "M": {"type": "object", "additionalProperties": {"$ref": "#/$defs/attribute"}},
}


def records(assembly: Assembly, mapping: Resource) -> list[dict[str, Any]]:
    """Make the schemas of the records of a mapping's stream: of an insertion, a modification and a removal."""
    template = assembly.templates[mapping.stack]["Resources"]
    source = mapping.properties["EventSourceArn"]
    table = template[source["Fn::GetAtt"][0]]["Properties"]
    if "StreamSpecification" not in table:
        return []
    keys = [key["AttributeName"] for key in table["KeySchema"]]
    types = {
        each["AttributeName"]: {
            "type": "object",
            "properties": {each["AttributeType"]: _TYPES[each["AttributeType"]]},
            "required": [each["AttributeType"]],
        }
        for each in table["AttributeDefinitions"]
    }
    seen = _SEEN[table["StreamSpecification"]["StreamViewType"]]
    return [
        _record(name, types, keys, [image for image in images if image in seen])
        for name, images in _IMAGES.items()
    ]


def _record(name: str, types: dict[str, Any], keys: list[str], images: list[str]) -> dict[str, Any]:
    item = {
        "type": "object",
        "properties": types,
        "required": keys,
        "additionalProperties": {"$ref": "#/$defs/attribute"},
    }
    only_keys = {"type": "object", "properties": {key: types[key] for key in keys}, "required": keys}
    change = {
        "type": "object",
        "properties": {
            "Keys": only_keys,
            "SequenceNumber": _TEXT,
            "SizeBytes": {"type": "integer", "minimum": 0},
            "StreamViewType": {"enum": [*_SEEN]},
            **dict.fromkeys(images, item),
        },
        "required": ["Keys", *images],
    }
    texts = ("eventID", "eventVersion", "awsRegion", "eventSourceARN")
    return {
        "type": "object",
        "properties": {
            **dict.fromkeys(texts, _TEXT),
            "eventName": {"const": name},
            "eventSource": {"const": "aws:dynamodb"},
            "dynamodb": change,
        },
        "required": [*texts, "eventName", "eventSource", "dynamodb"],
        "$defs": {"attribute": {"type": "object", "properties": _TYPES}},
    }
