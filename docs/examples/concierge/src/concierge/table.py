"""The table: an item for each answer to a request. The first answer of each responder stands, whenever it comes."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from wild_rydes_contracts import Decline, Quote

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=1)


class Table:
    """The answers in a DynamoDB table."""

    def __init__(self, dynamodb: "DynamoDBClient", name: str) -> None:
        self._dynamodb = dynamodb
        self._name = name

    def note(self, rfq_id: str, answer: Quote | Decline, now: datetime) -> bool:
        """Keep an answer for a day, unless its responder has answered before. Tell whether it is new."""
        try:
            self._dynamodb.put_item(
                TableName=self._name,
                Item={
                    "rfq_id": {"S": rfq_id},
                    "responder_id": {"S": answer.responder_id},
                    "answer": {"S": answer.model_dump_json(exclude_none=True)},
                    "kind": {"S": answer.kind},
                    "expires": {"N": str(int((now + KEPT).timestamp()))},
                },
                ConditionExpression="attribute_not_exists(rfq_id)",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def quotes(self, rfq_id: str) -> list[Quote]:
        """Read the quotes of a request so far, the cheapest first."""
        found: Any = self._dynamodb.get_paginator("query").paginate(
            TableName=self._name,
            KeyConditionExpression="rfq_id = :id",
            FilterExpression="kind = :quote",
            ExpressionAttributeValues={":id": {"S": rfq_id}, ":quote": {"S": "quote"}},
        )
        quotes = [Quote.model_validate_json(item["answer"]["S"]) for page in found for item in page["Items"]]
        return sorted(quotes, key=lambda quote: (quote.price.amount, quote.responder_id))
