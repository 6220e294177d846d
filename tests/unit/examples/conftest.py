"""The examples' functions on moto, with the environment that their stacks give them."""

import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws


class Surge:
    """The functions of surge, its table and its queue for what it parks."""

    def __init__(self) -> None:
        self.dynamodb: Any = boto3.client("dynamodb")
        self.sqs: Any = boto3.client("sqs")
        self.dynamodb.create_table(
            TableName="surge",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        self.dead_letters = self.sqs.create_queue(QueueName="surge-inbox-dlq")["QueueUrl"]

    def function(self, name: str) -> ModuleType:
        """A function's module, as a new worker imports it."""
        sys.modules.pop(f"surge.{name}", None)
        return import_module(f"surge.{name}")

    def items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.dynamodb.scan(TableName="surge")["Items"]
        return items

    def parked(self) -> list[tuple[str, str]]:
        """Body and reason of each parked message."""
        found = self.sqs.receive_message(
            QueueUrl=self.dead_letters, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [
            (message["Body"], message["MessageAttributes"]["reason"]["StringValue"])
            for message in found.get("Messages", [])
        ]


@pytest.fixture
def surge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Surge]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("TABLE_NAME", "surge")
    with mock_aws():
        made = Surge()
        monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", made.dead_letters)
        yield made
