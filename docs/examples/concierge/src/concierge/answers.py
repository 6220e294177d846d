"""The function behind the return address: it keeps what responders answer."""

import os
from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from concierge.table import Table
from wild_rydes_contracts import RfqResponse
from wild_rydes_contracts.invalid import InvalidMessage
from wild_rydes_contracts.reading import read

_logger = Logger()
_sqs = boto3.client("sqs")
_table = Table(boto3.client("dynamodb"), os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Keep the answers of a batch. What nobody can read is parked with the reason; what fails otherwise comes again."""
    failed = []
    for record in event["Records"]:
        try:
            _keep(record["body"])
        except InvalidMessage as why:
            _sqs.send_message(
                QueueUrl=os.environ["DEAD_LETTER_QUEUE_URL"],
                MessageBody=record["body"],
                MessageAttributes={"reason": {"DataType": "String", "StringValue": str(why)[:1024]}},
            )
            _logger.error("parked", message_id=record["messageId"], reason=str(why))
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the batch goes on
            _logger.warning("comes again", message_id=record["messageId"], error=type(error).__name__)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _keep(body: str) -> None:
    response = read(body, RfqResponse)
    rfq_id, now = response.metadata.correlation_id, datetime.now(UTC)
    new = sum(_table.note(rfq_id, answer, now) for answer in response.data.answers)
    _logger.info("answered", rfq_id=rfq_id, new=new, known=len(response.data.answers) - new)
