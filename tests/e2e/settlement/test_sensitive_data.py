"""Macie's jobs follow buckets, and what Macie finds puts documents into quarantine, on the local cloud with IAM enforced."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from infra.naming import (
    NOT_SCANNED_TAG,
    QUARANTINE_BUCKET_PARAMETER,
    STAGING_BUCKET_PARAMETER,
    WORKING_BUCKET_PARAMETER,
)
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.emulator_macie import APP_ID
from infra.rydes.cloud.settings import REGION
from settlement.domain.document import StagedObject
from tests.support.logs import messages_about
from tests.support.patience import eventually
from tests.support.rydes_command import rydes
from tests.support.settlement.sensitive import pdf_that_says
from tests.support.settlement.ward import CARD, finding_of

Seen = dict[str, Any]


@pytest.fixture
def macie(cloud: Cloud) -> Any:
    session = boto3.Session("test", "test", region_name=REGION)
    return session.client("macie2", endpoint_url=cloud.settings.macie_file.read_text())


@pytest.fixture
def batch() -> str:
    """A batch of the test's own."""
    return f"b-{uuid.uuid4().hex[:8]}"


def jobs_of(macie: Any, bucket: str) -> list[str]:
    """The states of a bucket's jobs. There are none before Macie is enabled."""
    wanted = {"includes": [{"key": "name", "comparator": "EQ", "values": [bucket]}]}
    try:
        found = macie.list_classification_jobs(filterCriteria=wanted)["items"]
    except macie.exceptions.AccessDeniedException:
        return []
    return [job["jobStatus"] for job in found]


@pytest.fixture
def staging(cloud: Cloud, macie: Any) -> str:
    """The staging bucket, once Macie looks through it."""
    bucket = cloud.parameters[STAGING_BUCKET_PARAMETER]
    eventually(
        lambda: jobs_of(macie, bucket), "a job for the staging bucket", lambda seen: seen == ["RUNNING"]
    )
    return bucket


@pytest.fixture
def bucket(cloud: Cloud) -> Iterator[str]:
    """The name of a bucket that is not there yet, and is removed."""
    name, s3 = f"wildrydes-test-{uuid.uuid4().hex}", cloud.client("s3")
    yield name
    if name in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
        s3.delete_bucket(Bucket=name)


def test_a_bucket_has_a_job_while_it_is_there_and_nothing_says_why_not(
    cloud: Cloud, macie: Any, bucket: str
) -> None:
    s3 = cloud.client("s3")

    def tag(key: str) -> None:
        tags = {"TagSet": [{"Key": key, "Value": "because of a test"}]}
        s3.put_bucket_tagging(Bucket=bucket, Tagging=tags)

    def expect(*states: str) -> None:
        eventually(lambda: jobs_of(macie, bucket), f"jobs: {states}", lambda seen: seen == [*states])

    s3.create_bucket(Bucket=bucket)
    tag("may-hold")
    expect("RUNNING")
    tag(NOT_SCANNED_TAG)
    expect("CANCELLED")
    tag("may-hold")
    expect("CANCELLED", "RUNNING")
    s3.delete_bucket(Bucket=bucket)
    expect("CANCELLED", "CANCELLED")
    url = cloud.client("sqs").get_queue_url(QueueName=cloud.names.of("bucket-scans-dlq"))["QueueUrl"]
    assert "Messages" not in cloud.client("sqs").receive_message(QueueUrl=url), "each execution has succeeded"
    assert jobs_of(macie, cloud.parameters[QUARANTINE_BUCKET_PARAMETER]) == []


def put(cloud: Cloud, staging: str, key: str, pdf: bytes) -> StagedObject:
    etag = cloud.client("s3").put_object(Bucket=staging, Key=key, Body=pdf)["ETag"].strip('"')
    return StagedObject(staging, key, etag, len(pdf))


def seen_of(cloud: Cloud, document_id: str) -> tuple[Seen, list[Seen]]:
    """A document and its audit trail, as an operator sees them."""
    answer = rydes(cloud, "invoices", document_id, "--json")
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    return (lines[0], lines[1:]) if lines else ({"state": None}, [])


def outcome_of(trail: list[Seen], step: str) -> str:
    return next((str(each["outcome"]) for each in trail if each["step"] == step), "")


def keys_in(cloud: Cloud, parameter: str, prefix: str) -> list[str]:
    found = cloud.client("s3").list_objects_v2(Bucket=cloud.parameters[parameter], Prefix=prefix)
    return [each["Key"] for each in found.get("Contents", [])]


def test_a_document_with_a_card_number_goes_into_quarantine_and_one_with_an_iban_does_not(
    cloud: Cloud, staging: str, batch: str
) -> None:
    iban = put(
        cloud,
        staging,
        f"p-comet/{batch}/iban.pdf",
        pdf_that_says("Please pay to IBAN DE89 3704 0044 0532 0130 00", "Questions? +49 30 901820"),
    )
    card = put(cloud, staging, f"p-comet/{batch}/card.pdf", pdf_that_says("Visa 4111 1111 1111 1111"))

    def look() -> tuple[Seen, list[Seen]]:
        return seen_of(cloud, card.document_id)

    _, trail = eventually(
        look, "the card's document in quarantine", lambda seen: outcome_of(seen[1], "quarantine")
    )
    assert outcome_of(trail, "quarantine").startswith("CREDIT_CARD_NUMBER 1 (job ")
    eventually(
        lambda: keys_in(cloud, STAGING_BUCKET_PARAMETER, f"p-comet/{batch}/"),
        "the card's document is moved",
        lambda seen: seen == [iban.key],
    )
    assert keys_in(cloud, QUARANTINE_BUCKET_PARAMETER, "") != []
    # It may have been decided before it was told of, and a decision stands (decision 107): it names nobody to be paid.
    assert look()[0]["state"] in {"quarantined", "review"}
    eventually(
        lambda: keys_in(cloud, WORKING_BUCKET_PARAMETER, f"pages/{card.document_id}/"),
        "its pages are gone",
        lambda seen: seen == [],
    )
    document, trail = eventually(
        lambda: seen_of(cloud, iban.document_id),
        "the IBAN's document goes on",
        lambda seen: outcome_of(seen[1], "render") and outcome_of(seen[1], "scan"),
    )
    assert document["state"] != "quarantined"
    assert outcome_of(trail, "scan").startswith("GERMANY_BANK_ACCOUNT_NUMBER 1, PHONE_NUMBER 1 (job ")


def test_a_finding_that_comes_before_its_document_keeps_it_from_being_taken_in(
    cloud: Cloud, staging: str, batch: str
) -> None:
    pdf = pdf_that_says(f"Nothing to be seen in {batch}")
    etag = hashlib.md5(pdf, usedforsecurity=False).hexdigest()
    staged = StagedObject(staging, f"p-comet/{batch}/late.pdf", etag, len(pdf))
    told = json.loads(finding_of(staged, CARD, uuid.uuid4().hex))
    events = boto3.Session("test", "test", region_name=REGION).client(
        "events", endpoint_url=cloud.settings.endpoint, config=Config(user_agent_extra=f"app/{APP_ID}")
    )
    entry: Any = {
        "Source": told["source"],
        "DetailType": told["detail-type"],
        "Detail": json.dumps(told["detail"]),
    }
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    eventually(
        lambda: seen_of(cloud, staged.document_id)[0]["state"], "the document", lambda s: s == "quarantined"
    )
    assert put(cloud, staging, staged.key, pdf) == staged
    eventually(
        lambda: messages_about(cloud, staged.document_id, "settlement-documents"),
        "its event is heard",
        lambda seen: "known" in seen,
    )
    document, trail = seen_of(cloud, staged.document_id)
    assert (document["state"], document["reasons"]) == ("quarantined", ["sensitive-data"])
    assert not {each["step"] for each in trail} & {"receive", "classify"}


def test_nobody_else_tells_what_macie_finds(cloud: Cloud, staging: str) -> None:
    entry = {"Source": "aws.macie", "DetailType": "Macie Finding", "Detail": "{}"}
    answer = cloud.client("events").put_events(Entries=[entry])
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
