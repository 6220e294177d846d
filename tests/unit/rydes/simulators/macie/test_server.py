"""Macie's wire protocol, spoken by botocore's own client."""

from collections.abc import Iterator
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from infra.rydes.simulators.macie.account import Account
from infra.rydes.simulators.macie.server import Service, handler_of
from tests.support.http_server import serving

BUCKET = "wildrydesx-staging-1"


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def macie(account: Account) -> Iterator[Any]:
    with serving(handler_of(Service(account))) as url:
        session = boto3.Session("test", "test", region_name="us-east-1")
        yield session.client("macie2", endpoint_url=url, config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture
def enabled(macie: Any) -> Any:
    macie.enable_macie(status="ENABLED")
    return macie


def job_for(macie: Any, bucket: str = BUCKET, once: str = "t1", **more: Any) -> str:
    answer = macie.create_classification_job(
        clientToken=once,
        name=bucket,
        jobType="SCHEDULED",
        scheduleFrequency={"dailySchedule": {}},
        initialRun=True,
        managedDataIdentifierSelector="ALL",
        s3JobDefinition={"bucketDefinitions": [{"accountId": "000000000000", "buckets": [bucket]}]},
        tags={"environment": "dev"},
        **more,
    )
    assert answer["jobArn"].endswith(answer["jobId"])
    return str(answer["jobId"])


def named(bucket: str) -> Any:
    return {"includes": [{"key": "name", "comparator": "EQ", "values": [bucket]}]}


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("list_classification_jobs", {}),
        ("list_findings", {}),
        ("get_findings", {"findingIds": ["1"]}),
        ("describe_classification_job", {"jobId": "1"}),
        ("update_classification_job", {"jobId": "1", "jobStatus": "CANCELLED"}),
    ],
)
def test_whatever_is_asked_before_it_is_enabled_is_refused(macie: Any, operation: str, asked: Any) -> None:
    with pytest.raises(macie.exceptions.AccessDeniedException, match="Macie is not enabled"):
        getattr(macie, operation)(**asked)


def test_it_is_enabled_once(enabled: Any) -> None:
    with pytest.raises(enabled.exceptions.ConflictException):
        enabled.enable_macie(status="ENABLED")


def test_a_job_is_made_once_for_a_token(enabled: Any) -> None:
    first = job_for(enabled)
    assert job_for(enabled) == first
    with pytest.raises(enabled.exceptions.ConflictException):
        job_for(enabled, description="another")
    second = job_for(enabled, once="t2")
    assert [job["jobId"] for job in enabled.list_classification_jobs()["items"]] == [first, second]


def test_jobs_are_found_by_name_and_listed_in_pages(enabled: Any) -> None:
    ids = [job_for(enabled, once=str(number)) for number in range(5)]
    job_for(enabled, f"{BUCKET}0", "other")
    pages = enabled.get_paginator("list_classification_jobs").paginate(
        filterCriteria=named(BUCKET), PaginationConfig={"PageSize": 2}
    )
    found = [job for page in pages for job in page["items"]]
    assert [job["jobId"] for job in found] == ids
    assert {job["jobStatus"] for job in found} == {"RUNNING"}
    assert found[0]["bucketDefinitions"][0]["buckets"] == [BUCKET]
    assert found[0]["createdAt"].tzinfo


def test_a_cancelled_job_stays_cancelled_and_looks_at_nothing(enabled: Any, account: Account) -> None:
    job = job_for(enabled)
    assert len(account.open_jobs()) == 1
    enabled.update_classification_job(jobId=job, jobStatus="CANCELLED")
    assert enabled.describe_classification_job(jobId=job)["jobStatus"] == "CANCELLED"
    assert account.open_jobs() == []
    with pytest.raises(enabled.exceptions.ValidationException):
        enabled.update_classification_job(jobId=job, jobStatus="RUNNING")


def test_what_is_not_there_is_not_found(enabled: Any) -> None:
    with pytest.raises(enabled.exceptions.ResourceNotFoundException):
        enabled.describe_classification_job(jobId="none")
    with pytest.raises(enabled.exceptions.ResourceNotFoundException):
        enabled.get_macie_session()
    assert enabled.get_findings(findingIds=["none"])["findings"] == []


def test_findings_are_listed_by_their_bucket(enabled: Any, account: Account) -> None:
    for number in range(3):
        bucket = {"s3Bucket": {"name": f"b{number % 2}"}}
        assert account.keep({"id": f"f{number}", "resourcesAffected": bucket})
    assert not account.keep({"id": "f0"})
    criterion = {"criterion": {"resourcesAffected.s3Bucket.name": {"eq": ["b0"]}}}
    assert enabled.list_findings(findingCriteria=criterion)["findingIds"] == ["f0", "f2"]
    assert len(enabled.list_findings()["findingIds"]) == 3


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"nonsense", "no JSON object"),
        (b"[]", "no JSON object"),
        (b"{}", "jobType is missing"),
        (b'{"jobType": "SOMETIMES"}', "jobType is none of"),
    ],
)
def test_what_aws_does_not_describe_is_refused(enabled: Any, body: bytes, reason: str) -> None:
    answer = httpx.post(f"{enabled.meta.endpoint_url}/jobs", content=body)
    assert answer.status_code == 400
    assert answer.headers["x-amzn-ErrorType"] == "ValidationException"
    assert reason in answer.json()["message"]
