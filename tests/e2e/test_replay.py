"""A thousand poisoned messages and a thousand dead letters, through the deployed consumer, replay and roles."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import Queues
from tests.support.patience import eventually
from tests.support.replays import quick_replays
from tests.support.rydes_command import rydes
from wild_rydes_contracts import RfqCompleted
from wild_rydes_contracts.fakes import fake, on_the_bus

N = 1000
QUEUE, REPLAY = "unicorn-mgmt-closings-inbox", "unicorn-mgmt-replay"


@pytest.fixture
def quick(cloud: Cloud) -> Iterator[None]:
    """The replay waits for two seconds at most."""
    with quick_replays(cloud, REPLAY):
        yield


def completed(rfq: str) -> dict[str, Any]:
    """An RFQ that is over just now: nothing is closed of one that has been over for long."""
    return on_the_bus(
        fake(RfqCompleted, rfq_id=rfq, completed_by="cancelled", completed_at=datetime.now(UTC))
    )


def test_a_thousand_dead_letters_are_handled_and_a_thousand_poisoned_messages_are_parked_once(
    cloud: Cloud, queues: Queues, quick: None
) -> None:
    told = {
        "reason": "throttled",
        "error": "ClientError",
        "kind": "transient",
        "queue": QUEUE,
        "attempts": "9",
    }
    good = [completed(f"replayed-{i}") for i in range(N)]
    poison = [completed(f"poisoned-{i}") for i in range(N)]
    for event in poison:
        del event["detail"]["data"]["completed_by"]
    _send(cloud, QUEUE, poison, {})
    _send(cloud, f"{QUEUE}-dlq", good, told)

    table = cloud.client("dynamodb")

    def handled() -> int:
        """Closings of RFQs that nobody was invited to are written, so that nobody will be."""
        pages = table.get_paginator("scan").paginate(
            TableName="unicorn-mgmt",
            FilterExpression="begins_with(id, :id)",
            ExpressionAttributeValues={":id": {"S": "invitation#replayed-"}},
            ProjectionExpression="id",
        )
        return sum(len(page["Items"]) for page in pages)

    eventually(handled, "the replayed", lambda count: count == N)
    eventually(lambda: queues.depth(f"{QUEUE}-parking"), "the poisoned in parking", lambda count: count >= N)
    assert (queues.depth(QUEUE), queues.depth(f"{QUEUE}-dlq")) == (0, 0)
    # A worker that is killed between parking and answering parks again (decision 3). The machine may be that slow.
    rows = json.loads(rydes(cloud, "dlq", "list", "--queue", QUEUE, "--json").stdout)
    assert {(row["queue"], row["type"], row["kind"]) for row in rows} == {
        (f"{QUEUE}-parking", "RfqCompleted", "invalid")
    }
    assert {row["correlation_id"] for row in rows} == {f"poisoned-{i}" for i in range(N)}
    purged = rydes(cloud, "dlq", "purge", "--queue", QUEUE, "--yes", "--no-backup")
    assert f"{len(rows)} purged, 0 stayed." in purged.stdout
    assert queues.depth(f"{QUEUE}-parking") == 0


def _send(cloud: Cloud, queue: str, events: list[dict[str, Any]], told: Mapping[str, str]) -> None:
    url = cloud.queues()[queue]
    attributes: Any = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
    for start in range(0, len(events), 10):
        entries: Any = [
            {"Id": str(i), "MessageBody": json.dumps(event), "MessageAttributes": attributes}
            for i, event in enumerate(events[start : start + 10])
        ]
        sent = cloud.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
        assert not sent.get("Failed")
