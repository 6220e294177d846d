"""What the scanner looks at, when, and what it tells."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.session import get_session
from moto import mock_aws

from infra.rydes.simulators.macie.account import Account
from infra.rydes.simulators.macie.scanner import Scanner
from tests.support import aws
from tests.support.aws import refusal

BUCKET, OTHER = "staging", "other"
CARD = b"Visa 4111 1111 1111 1111, billing@comet.example"


class Bus:
    """Takes events, or not."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.refuses: Exception | int = 0

    def put_events(self, *, Entries: list[Any]) -> Any:  # noqa: N803 - its name there
        if isinstance(self.refuses, Exception):
            raise self.refuses
        if not self.refuses:
            self.told += Entries
        return {"FailedEntryCount": self.refuses, "Entries": [{}]}


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = aws.client("s3")
        for bucket in (BUCKET, OTHER):
            client.create_bucket(Bucket=bucket)
        yield client


@pytest.fixture
def account() -> Account:
    account = Account()
    account.enable({})
    return account


@pytest.fixture
def scanner(account: Account, s3: Any, bus: Bus) -> Iterator[Scanner]:
    scanner = Scanner(account, s3, bus)
    yield scanner
    scanner.close()


def job_for(account: Account, bucket: str = BUCKET, once: str = "t") -> str:
    definition = {"bucketDefinitions": [{"accountId": "000000000000", "buckets": [bucket]}]}
    asked = {"clientToken": once, "name": bucket, "jobType": "SCHEDULED", "s3JobDefinition": definition}
    return str(account.create_job(asked)["jobId"])


def test_without_a_job_nobody_looks(scanner: Scanner, s3: Any, bus: Bus) -> None:
    s3.put_object(Bucket=BUCKET, Key="a.txt", Body=CARD)
    assert not scanner.look()
    assert bus.told == []


def test_a_finding_is_told_once_with_kinds_and_counts_and_without_the_text(
    scanner: Scanner, account: Account, s3: Any, bus: Bus
) -> None:
    job = job_for(account)
    etag = s3.put_object(Bucket=BUCKET, Key="p-comet/b/a.txt", Body=CARD)["ETag"]
    s3.put_object(Bucket=OTHER, Key="a.txt", Body=CARD)
    assert scanner.look()
    assert scanner.look()
    (event,) = bus.told
    assert (event["Source"], event["DetailType"]) == ("aws.macie", "Macie Finding")
    assert b"4111" not in event["Detail"].encode()
    assert "billing" not in event["Detail"]
    found = json.loads(event["Detail"])
    assert found["type"] == "SensitiveData:S3Object/Multiple"
    assert found["severity"] == {"score": 3, "description": "High"}
    assert found["resourcesAffected"]["s3Bucket"]["name"] == BUCKET
    assert found["resourcesAffected"]["s3Object"]["key"] == "p-comet/b/a.txt"
    assert found["resourcesAffected"]["s3Object"]["eTag"] == etag.strip('"')
    assert found["classificationDetails"]["jobId"] == job
    assert found["classificationDetails"]["result"]["sensitiveData"] == [
        {
            "category": "FINANCIAL_INFORMATION",
            "totalCount": 1,
            "detections": [{"type": "CREDIT_CARD_NUMBER", "count": 1}],
        },
        {
            "category": "PERSONAL_INFORMATION",
            "totalCount": 1,
            "detections": [{"type": "EMAIL_ADDRESS", "count": 1}],
        },
    ]
    assert account.list_findings({})["findingIds"] == [found["id"]]


def test_a_finding_has_no_member_that_macies_has_not(
    scanner: Scanner, account: Account, s3: Any, bus: Bus
) -> None:
    job_for(account)
    s3.put_object(Bucket=BUCKET, Key="a", Body=CARD)
    scanner.look()
    findings = get_session().get_service_model("macie2").operation_model("GetFindings").output_shape

    def require(value: Any, shape: Any, path: str) -> None:
        if shape.type_name == "structure":
            assert not value.keys() - shape.members.keys(), path
            for name, each in value.items():
                require(each, shape.members[name], f"{path}.{name}")
        elif shape.type_name == "list":
            for each in value:
                require(each, shape.member, path)

    assert findings
    member: Any = findings.members["findings"]
    require(json.loads(bus.told[0]["Detail"]), member.member, "finding")


def test_new_content_under_a_known_key_is_looked_at(
    scanner: Scanner, account: Account, s3: Any, bus: Bus
) -> None:
    job_for(account)
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"nothing")
    scanner.look()
    s3.put_object(Bucket=BUCKET, Key="a", Body=CARD)
    scanner.look()
    s3.delete_object(Bucket=BUCKET, Key="a")
    scanner.look()
    s3.put_object(Bucket=BUCKET, Key="a", Body=CARD)
    scanner.look()
    assert len(bus.told) == 1, "the same content under the same key is the same finding"


def test_a_new_job_looks_at_what_was_there_before_it(
    scanner: Scanner, account: Account, s3: Any, bus: Bus
) -> None:
    job = job_for(account)
    s3.put_object(Bucket=BUCKET, Key="a", Body=CARD)
    scanner.look()
    account.update_job({"jobId": job, "jobStatus": "CANCELLED"})
    s3.put_object(Bucket=BUCKET, Key="b", Body=CARD)
    assert not scanner.look()
    job_for(account, once="t2")
    scanner.look()
    keys = [json.loads(each["Detail"])["resourcesAffected"]["s3Object"]["key"] for each in bus.told]
    assert keys == ["a", "a", "b"]


@pytest.mark.parametrize("refusal_", [1, refusal("InternalException", 500)])
def test_what_the_bus_does_not_take_is_told_later(
    scanner: Scanner, account: Account, s3: Any, bus: Bus, refusal_: Exception | int
) -> None:
    job_for(account)
    s3.put_object(Bucket=BUCKET, Key="a", Body=CARD)
    bus.refuses = refusal_
    assert scanner.look()
    assert bus.told == []
    bus.refuses = 0
    scanner.look()
    assert len(bus.told) == 1


def test_a_bucket_that_is_gone_stops_no_other(scanner: Scanner, account: Account, s3: Any, bus: Bus) -> None:
    job_for(account, "gone", "t0")
    job_for(account)
    s3.put_object(Bucket=BUCKET, Key="a", Body=CARD)
    assert scanner.look()
    assert len(bus.told) == 1
