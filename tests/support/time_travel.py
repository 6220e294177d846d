"""Time that passes when a test says so: an instant that somebody waits for becomes one that is over."""

import json
import time
from typing import Any

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import DEADLINES, Queues, metadata


def rfq_is_due(cloud: Cloud, queues: Queues, rfq: str) -> None:
    """The deadline of an RFQ, given by its URL, is now: for ride-booking, and for the unicorns that were invited."""
    rfq_id = rfq.rpartition("/")[2]
    table, now = cloud.client("dynamodb"), {"N": str(int(time.time() * 1000))}
    table.update_item(
        TableName="ride-booking",
        Key={"id": {"S": rfq_id}},
        UpdateExpression="SET deadline = :now, revision = revision + :one",
        ExpressionAttributeValues={":now": now, ":one": {"N": "1"}},
    )
    invitation: dict[str, Any] = {"TableName": "unicorn-mgmt", "Key": {"id": {"S": f"invitation#{rfq_id}"}}}
    if "Item" in table.get_item(**invitation, ConsistentRead=True):
        table.update_item(
            **invitation, UpdateExpression="SET deadline = :now", ExpressionAttributeValues={":now": now}
        )
    _remind(queues, rfq_id)


def minute_passes(cloud: Cloud, rfq_id: str) -> None:
    """The first ride of an RFQ was booked a minute earlier: its responder is too late, if it has not confirmed it."""
    cloud.client("dynamodb").update_item(
        TableName="ride-booking",
        Key={"id": {"S": rfq_id}},
        UpdateExpression="SET rides[0].b = rides[0].b - :minute, revision = revision + :one",
        ExpressionAttributeValues={":minute": {"N": "61000"}, ":one": {"N": "1"}},
    )


def booking_is_due(queues: Queues, rfq_id: str) -> None:
    """The timer of an RFQ's first ride comes."""
    _remind(queues, rfq_id, ride=1)


def _remind(queues: Queues, rfq_id: str, **more: int) -> None:
    queues.send(DEADLINES, json.dumps({"metadata": metadata(rfq_id), "data": {"rfq_id": rfq_id, **more}}))
