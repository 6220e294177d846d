"""Circuits in a DynamoDB table, one item each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import TypeAdapter

from wild_rydes_messaging.circuit_breaker.record import Record
from wild_rydes_messaging.circuit_breaker.store import Conflict, StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutItemInputTypeDef

KEY_PREFIX = "circuit#"

_RECORD = TypeAdapter(Record)


class DynamoDbStore:
    """Keeps circuits in a table whose partition key is `id`.

    An item holds the record as JSON, and beside it `state` and `epoch`, for people and for the filters of the table's
    stream: a transition is a write that changes `epoch`. Each write is a PutItem of less than 1 KB conditional
    on `revision`. Reads are strongly consistent, so that a cached state is never older than the cache says. Give it a
    client with short timeouts: a partner's call waits for it.
    """

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table = table_name

    def read(self, circuit: str) -> Record:
        """See Store."""
        try:
            answer = self._dynamodb.get_item(
                TableName=self._table, Key={"id": {"S": KEY_PREFIX + circuit}}, ConsistentRead=True
            )
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(str(error)) from error
        return record_in(answer.get("Item"))

    def replace(self, circuit: str, record: Record) -> None:
        """See Store."""
        request: PutItemInputTypeDef = {
            "TableName": self._table,
            "Item": {
                "id": {"S": KEY_PREFIX + circuit},
                "revision": {"N": str(record.revision)},
                "epoch": {"N": str(record.epoch)},
                "state": {"S": record.state},
                "record": {"S": _RECORD.dump_json(record).decode()},
            },
            "ConditionExpression": "attribute_not_exists(id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if before := record.revision - 1:
            request["ConditionExpression"] = "revision = :before"
            request["ExpressionAttributeValues"] = {":before": {"N": str(before)}}
        try:
            self._dynamodb.put_item(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                current: Any = error.response.get("Item")
                raise Conflict(record_in(current)) from None
            raise StoreUnavailable(str(error)) from error
        except BotoCoreError as error:
            raise StoreUnavailable(str(error)) from error


def record_in(item: Mapping[str, Any] | None) -> Record:
    """The record in an item, or in an image of the table's stream; `Record()` if there is none.

    Raises StoreUnavailable when the item is not one of ours: what cannot be read is not trusted.
    """
    if not item:
        return Record()
    try:
        return _RECORD.validate_json(item["record"]["S"])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreUnavailable("the item holds no circuit that can be read") from error
