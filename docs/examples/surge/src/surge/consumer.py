"""The function that takes in events from the queue."""

import os
from datetime import UTC, datetime
from functools import partial
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from surge.figures import Rfq
from surge.table import KEPT, Table
from wild_rydes_contracts import Envelope, RfqCompleted, RfqRequested
from wild_rydes_contracts.invalid import InvalidMessage
from wild_rydes_contracts.reading import read

_logger = Logger()
_sqs = boto3.client("sqs")
_table = Table(boto3.client("dynamodb"), os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Count the events of a batch.

    A message that nobody can use is parked in the dead-letter queue with the reason. Any other that fails comes again.
    """
    failed = []
    for record in event["Records"]:
        try:
            _count(record["body"])
        except InvalidMessage as why:
            _park(record, str(why))
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the batch goes on
            # No text of it: it may quote the message.
            _logger.warning("comes again", message_id=record["messageId"], error=type(error).__name__)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _count(body: str) -> None:
    envelope: Envelope[RfqRequested | RfqCompleted] = read(body, RfqRequested, RfqCompleted)
    at = envelope.metadata.occurred_at
    if at + KEPT < datetime.now(UTC):  # of a replay: nobody knows any more whether it was counted
        _logger.info("too old", event_name=envelope.data.name, rfq_id=envelope.data.rfq_id)
        return
    new = _table.change(envelope.data.rfq_id, partial(Rfq.told, event=envelope.data, at=at), at)
    _logger.info(
        "counted" if new else "counted before", event_name=envelope.data.name, rfq_id=envelope.data.rfq_id
    )


def _park(record: dict[str, Any], reason: str) -> None:
    _sqs.send_message(
        QueueUrl=os.environ["DEAD_LETTER_QUEUE_URL"],
        MessageBody=record["body"],
        MessageAttributes={"reason": {"DataType": "String", "StringValue": reason[:1024]}},
    )
    _logger.error("parked", message_id=record["messageId"], reason=reason)
