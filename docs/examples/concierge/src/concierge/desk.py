"""The function that the desk calls: it asks for quotes, and shows those that have come.

`{"start": {"lat": …, "lon": …}, "destination": …}` asks, and is answered with the request's `rfq_id`.
`{"rfq_id": …}` shows its quotes so far.
"""

import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from concierge.table import Table
from wild_rydes_contracts import Envelope, RfqRequested
from wild_rydes_contracts.ids import RANDOM_BITS, uuid7
from wild_rydes_contracts.metadata import first_of

SOURCE = "wildrydes.concierge"
"""Ours. unicorn-mgmt knows it, and answers to our queue alone."""
PATIENCE = timedelta(seconds=60)
"""How long a guest waits for quotes."""

_logger = Logger()
_events = boto3.client("events")
_table = Table(boto3.client("dynamodb"), os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Ask for quotes, or show them."""
    if rfq_id := event.get("rfq_id"):
        quotes = _table.quotes(str(rfq_id))
        return {"rfq_id": rfq_id, "quotes": [quote.model_dump(mode="json") for quote in quotes]}
    return _ask(event)


def _ask(ride: dict[str, Any]) -> dict[str, Any]:
    now = datetime.now(UTC)
    rfq = RfqRequested.model_validate({**ride, "rfq_id": str(uuid7(now, secrets.randbits(RANDOM_BITS)))})
    deadline = now + PATIENCE
    metadata = first_of(
        RfqRequested,
        correlation_id=rfq.rfq_id,
        occurred_at=now,
        reply_to=os.environ["REPLY_QUEUE_ARN"],
        deadline=deadline,
    )
    answer = _events.put_events(
        Entries=[
            {
                "EventBusName": os.environ["BUS_NAME"],
                "Source": SOURCE,
                "DetailType": RfqRequested.name,
                "Detail": Envelope(metadata=metadata, data=rfq).to_json(),
            }
        ]
    )
    if answer["FailedEntryCount"]:
        raise RuntimeError(f"the bus has not taken it: {answer['Entries'][0].get('ErrorCode')}")
    _logger.info("asked", rfq_id=rfq.rfq_id)
    return {"rfq_id": rfq.rfq_id, "deadline": deadline.isoformat()}
