"""An archived version 1 is replayed through a consumer at version 2, on a bus of its own."""

import json
import uuid
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.artifacts import ROOT, build, local_target
from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import Json
from tests.support.messaging.versions import RideCompletedV2
from tests.support.patience import eventually
from wild_rydes_contracts import Envelope, Event, RideCompleted, rule_pattern
from wild_rydes_contracts.metadata import first_of
from wild_rydes_contracts.reading import read

READER, VERSIONS = "tests.support.messaging.archive_reader", "tests.support.messaging.versions"
ACCOUNT = "arn:aws:{}:us-east-1:000000000000:{}"


class ArchiveReader:
    """A function at version 2 behind its queue and its rule for replays, with a role that allows no more than it needs."""

    def __init__(self, cloud: Cloud, scratch: Path) -> None:
        self._made = datetime.now(UTC)
        self.name = f"archive-reader-{uuid.uuid4().hex[:8]}"
        self._client = cloud.client
        self.bus = ACCOUNT.format("events", f"event-bus/{self.name}")
        self._archive = ACCOUNT.format("events", f"archive/{self.name}")
        self._table = ACCOUNT.format("dynamodb", f"table/{self.name}")
        self._inbox, self._dlq = (ACCOUNT.format("sqs", self.name + end) for end in ("", "-dlq"))
        self._make_queues()
        self._make_function(scratch)
        self._subscribe()

    def _make_queues(self) -> None:
        sqs: Any = self._client("sqs")
        self.dead_letters = sqs.create_queue(QueueName=f"{self.name}-dlq")["QueueUrl"]
        bus_may_send = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": self._inbox,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [bus_may_send]})
        sqs.create_queue(QueueName=self.name, Attributes={"Policy": policy, "VisibilityTimeout": "9"})

    def _make_function(self, scratch: Path) -> None:
        self._client("dynamodb").create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        allowed = {
            self._inbox: [
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueUrl",
            ],
            self._dlq: ["sqs:SendMessage"],
            self._table: ["dynamodb:UpdateItem"],
        }
        statements = [{"Effect": "Allow", "Action": what, "Resource": on} for on, what in allowed.items()]
        lambda_may = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        iam: Any = self._client("iam")
        role = iam.create_role(
            RoleName=self.name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [lambda_may]}),
        )["Role"]["Arn"]
        iam.put_role_policy(
            RoleName=self.name,
            PolicyName="allowed",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
        )
        environment = {
            "TABLE_NAME": self.name,
            "DEAD_LETTER_QUEUE_URL": self.dead_letters,
            "MAX_ATTEMPTS": "5",
            "POWERTOOLS_SERVICE_NAME": self.name,
            "POWERTOOLS_METRICS_NAMESPACE": self.name,
            "RYDES_CALLS": str(scratch / "calls"),  # those of a test are nobody else's business
        }
        function: Any = self._client("lambda")
        function.create_function(
            FunctionName=self.name,
            Runtime="python3.13",
            Handler=f"{READER}.handler",
            Role=role,
            Code={"ZipFile": _artifact(scratch)},
            Timeout=3,
            MemorySize=256,
            Environment={"Variables": environment},
        )
        function.create_event_source_mapping(
            FunctionName=self.name,
            EventSourceArn=self._inbox,
            BatchSize=10,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )

    def _subscribe(self) -> None:
        events: Any = self._client("events")
        events.create_event_bus(Name=self.name)
        events.create_archive(ArchiveName=self.name, EventSourceArn=self.bus)
        pattern = rule_pattern(RideCompletedV2, replays=True)
        events.put_rule(Name=self.name, EventBusName=self.name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=self.name, EventBusName=self.name, Targets=[{"Id": "1", "Arn": self._inbox}])

    def tell(self, *details: tuple[type[Event], str]) -> None:
        """Publish as it is, poison too."""
        entries = [
            {"EventBusName": self.name, "Source": event.source, "DetailType": event.name, "Detail": detail}
            for event, detail in details
        ]
        assert self._client("events").put_events(Entries=entries)["FailedEntryCount"] == 0

    def replay(self) -> None:
        """Have the archive tell again all that it has heard."""
        self._client("events").start_replay(
            ReplayName=f"{self.name}-replay",
            EventSourceArn=self._archive,
            EventStartTime=self._made - timedelta(hours=1),
            EventEndTime=self._made + timedelta(hours=1),
            Destination={"Arn": self.bus},
        )

    def heard(self) -> dict[str, int]:
        """What the function has read, and how often."""
        items = self._client("dynamodb").scan(TableName=self.name, ConsistentRead=True)["Items"]
        return {item["told"]["S"]: int(item["heard"]["N"]) for item in items}

    def parked(self) -> list[Json]:
        """What is in its dead-letter queue."""
        found = self._client("sqs").receive_message(
            QueueUrl=self.dead_letters,
            MessageAttributeNames=["All"],
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
        )
        return list(found.get("Messages", []))


def _artifact(scratch: Path) -> bytes:
    """Any service's artifact has all that a consumer needs; the function comes on top."""
    copy = scratch / "archive-reader.zip"
    copy.write_bytes(build("feedback", local_target()).read_bytes())
    with zipfile.ZipFile(copy, "a") as archive:
        for module in (READER, VERSIONS):
            path = f"{module.replace('.', '/')}.py"
            archive.write(ROOT / path, path)
    return copy.read_bytes()


@pytest.fixture
def reader(cloud: Cloud, tmp_path: Path) -> ArchiveReader:
    return ArchiveReader(cloud, tmp_path)


def completed(ride: str) -> Envelope[RideCompleted]:
    now = datetime.now(UTC)
    return Envelope(
        metadata=first_of(RideCompleted, correlation_id=ride, occurred_at=now),
        data=RideCompleted(
            ride_id=ride,
            rfq_id=ride,
            responder_id="u-1",
            customer_id="c-1",
            completed_at=now,
            time_zone="America/Los_Angeles",
        ),
    )


def raised(old: Envelope[RideCompleted]) -> Envelope[RideCompletedV2]:
    occurred_at = old.metadata.occurred_at
    metadata = first_of(RideCompletedV2, correlation_id=old.data.ride_id, occurred_at=occurred_at)
    return Envelope(metadata=metadata, data=RideCompletedV2.upcast(old.data))


def test_an_archived_version_1_is_replayed_through_a_consumer_at_version_2(reader: ArchiveReader) -> None:
    old, both, new = completed("r-old"), completed("r-both"), raised(completed("r-new"))
    poison = json.loads(completed("r-poison").to_json())
    del poison["data"]["customer_id"]
    poison["data"]["completed_at"] = "yesterday"
    reader.tell(
        (RideCompleted, old.to_json()),
        (RideCompleted, both.to_json()),  # told in both versions, as in a migration
        (RideCompletedV2, raised(both).to_json()),
        (RideCompletedV2, new.to_json()),
        (RideCompleted, json.dumps(poison)),
    )
    live = {f"{ride} of c-1 in version 2": 1 for ride in ("r-both", "r-new")}
    eventually(reader.heard, "the live rides", lambda heard: heard == live)
    assert reader.parked() == [], "version 1 is for others, as long as it is live"

    reader.replay()

    replayed = {
        "r-old of c-1 in version 2": 1,
        "r-both of c-1 in version 2": 3,
        "r-new of c-1 in version 2": 2,
    }
    eventually(reader.heard, "the rides of the archive", lambda heard: heard == replayed)
    [parked] = eventually(reader.parked, "the poison of the archive")
    assert parked["MessageAttributes"]["reason"]["StringValue"] == (
        "no valid RideCompleted.v1: data.customer_id: is missing; "
        "data.completed_at: should be a valid datetime or date"
    )
    event = json.loads(parked["Body"])
    assert event["replay-name"] == f"{reader.name}-replay"
    event["detail"]["data"] = json.loads(old.to_json())["data"]
    assert read(event, RideCompletedV2).data == RideCompletedV2.upcast(old.data)
