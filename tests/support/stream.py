"""What a table's stream says of a piece of work: each item that it has changed, before and after."""

import json
from collections.abc import Callable
from typing import Any

Item = dict[str, Any]


def changes(dynamodb: Any, table: str, work: Callable[[], object]) -> list[dict[str, Any]]:
    """The records of Lambda's stream event for what `work` does to a small table, in the order of the keys."""
    before = _items(dynamodb, table)
    work()
    after = _items(dynamodb, table)
    return [
        {
            "eventID": key,
            "eventName": "MODIFY" if key in before else "INSERT",
            "dynamodb": _change(before, item),
        }
        for key, item in sorted(after.items())
        if before.get(key) != item
    ]


def _items(dynamodb: Any, table: str) -> dict[str, Item]:
    found = dynamodb.scan(TableName=table, ConsistentRead=True)["Items"]
    # As Lambda's event has it: JSON, in which bytes are base64 text.
    streamed: list[Item] = json.loads(json.dumps(found, default=lambda _: "Zg=="))
    return {item["id"]["S"]: item for item in streamed}


def _change(before: dict[str, Item], item: Item) -> dict[str, Any]:
    old = before.get(item["id"]["S"])
    return {"Keys": {"id": item["id"]}, "NewImage": item} | ({"OldImage": old} if old else {})
