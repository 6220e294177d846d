"""Tables to test, of the model and of the emulator, behind the same client."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulation.aws.client import Client
from tests.simulation.aws.dynamodb import DynamoDb
from tests.support.bare_emulator import NOON, BareEmulator

THINGS: Mapping[str, Any] = {
    "TableName": "things",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "kin", "AttributeType": "S"},
        {"AttributeName": "place", "AttributeType": "N"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-kin",
            "KeySchema": [
                {"AttributeName": "kin", "KeyType": "HASH"},
                {"AttributeName": "place", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]},
        },
        {
            "IndexName": "of-kin",
            "KeySchema": [{"AttributeName": "kin", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
    ],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires_at"},
}
"""A table as services have it."""

LINES: Mapping[str, Any] = {
    "TableName": "lines",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [
        {"AttributeName": "book", "KeyType": "HASH"},
        {"AttributeName": "line", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "book", "AttributeType": "S"},
        {"AttributeName": "line", "AttributeType": "N"},
        {"AttributeName": "word", "AttributeType": "B"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-word",
            "KeySchema": [{"AttributeName": "word", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
"""A table whose keys have two parts."""

REFUSED = "ValidationException"
FAILED = "ConditionalCheckFailedException"
NOTHING: dict[str, Any] = {}

MEASURED = pytest.mark.aws_alone("https://github.com/scylladb/scylladb/tree/master/test/alternator")
"""Tests that their authors run against DynamoDB, too: its documentation does not go into such detail."""

_numbers = count()


def s(text: str) -> dict[str, Any]:
    return {"S": text}


def n(number: object) -> dict[str, Any]:
    return {"N": str(number)}


class Tables:
    """Both tables on one side. Tests share them, so each has keys of its own: `new` makes them."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def new(self, prefix: str = "t") -> str:
        return f"{prefix}{next(_numbers)}"

    def put(self, **attributes: Any) -> dict[str, Any]:
        """A new thing."""
        item = {"id": {"S": self.new()}, **attributes}
        self.client.put_item(TableName="things", Item=item)
        return item

    def thing(self, item: Mapping[str, Any]) -> Any:
        """What the table has in place of an item."""
        found = self.client.get_item(TableName="things", Key={"id": item["id"]}, ConsistentRead=True)
        return in_order(found.get("Item"))


def model_tables() -> Tables:
    return Tables(Client.of(DynamoDb.of([THINGS, LINES], lambda: NOON)))


def emulated_tables(emulator: BareEmulator) -> Tables:
    client = emulator.client("dynamodb")
    for table in (THINGS, LINES):
        client.create_table(
            **{name: value for name, value in table.items() if name != "TimeToLiveSpecification"}
        )
    return Tables(client)


def outcome(call: Callable[..., Any], **arguments: Any) -> Any:
    """What a call answers, or how it is refused; in a form that can be compared."""
    try:
        answer = call(**arguments)
    except ClientError as error:
        response: Any = error.response
        return {
            "refused": response["Error"]["Code"],
            **{name: in_order(response[name]) for name in ("Item",) if name in response},
            "reasons": [
                (reason["Code"], in_order(reason.get("Item")))
                for reason in response.get("CancellationReasons", ())
            ],
        }
    return in_order({name: value for name, value in answer.items() if name != "ResponseMetadata"})


def in_order(value: Any) -> Any:
    """The same with sets in order, which have none."""
    if isinstance(value, Mapping):
        return {
            name: sorted(inner, key=Decimal if name == "NS" else None)
            if name in ("SS", "NS", "BS")
            else in_order(inner)
            for name, inner in value.items()
        }
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [in_order(inner) for inner in value]
    return value
