"""The state machine that makes and cancels Macie jobs: its definition is executed here, against a Macie that only remembers.

Neither Macie nor its jobs exist on the local cloud or in moto. Parameters are checked against the models of the SDK; that AWS names
errors and results so is not shown by anything here.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.model import ServiceModel
from botocore.session import get_session
from botocore.validate import ParamValidator

from infra.naming import NOT_SCANNED_TAG
from tests.support.asl import TaskFailed, run

DEFINITION = Path(__file__).parents[3] / "infra" / "patterns" / "bucket_scan.asl.json"
BUCKET = "dev-wildrydesx-photos-1"
MADE = {
    "account": "111122223333",
    "environment": "dev",
    "skip_tag": NOT_SCANNED_TAG,
}


def _definition() -> dict[str, Any]:
    text = DEFINITION.read_text()
    for name, value in MADE.items():
        text = text.replace(f"${{{name}}}", value)
    assert "${" not in text
    found: dict[str, Any] = json.loads(text)
    return found


class Account:
    """Buckets with their tags, and Macie with its jobs."""

    def __init__(self) -> None:
        self.buckets: dict[str, dict[str, str] | None] = {BUCKET: None}
        self.jobs: list[dict[str, Any]] = []
        self.tokens: dict[str, str] = {}
        self.enabled = True
        self.may_not: set[str] = set()

    def open(self, bucket: str = BUCKET) -> int:
        return sum(job["Name"] == bucket and job["JobStatus"] != "CANCELLED" for job in self.jobs)

    def event(self, bucket: str = BUCKET) -> list[str]:
        """Every bucket event starts the same execution, with the bucket's name alone."""
        return run(_definition(), {"bucket": bucket}, self.call)

    def call(self, service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        _check(service, operation, parameters)
        if operation in self.may_not:
            raise TaskFailed(f"{service.title()}.AccessDeniedException", "not authorized")
        if service == "macie2" and operation != "enableMacie" and not self.enabled:
            raise TaskFailed("Macie2.AccessDeniedException", "Macie is not enabled.")
        answer: dict[str, Any] = getattr(self, operation)(parameters)
        return answer

    def getBucketTagging(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if asked["Bucket"] not in self.buckets:
            raise TaskFailed("S3.NoSuchBucketException", "The specified bucket does not exist (Service: S3)")
        tags = self.buckets[asked["Bucket"]]
        if tags is None:
            raise TaskFailed("S3.S3Exception", "The TagSet does not exist (Service: S3, Status Code: 404)")
        return {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def listClassificationJobs(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        [term] = asked["FilterCriteria"]["Includes"]
        assert (term["Key"], term["Comparator"]) == ("name", "EQ")
        return {"Items": [job for job in self.jobs if job["Name"] in term["Values"]]}

    def enableMacie(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if self.enabled:
            raise TaskFailed("Macie2.ConflictException", "Macie has already been enabled")
        self.enabled = True
        return {}

    def createClassificationJob(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if asked["ClientToken"] not in self.tokens:
            self.tokens[asked["ClientToken"]] = id_ = f"job-{len(self.jobs)}"
            self.jobs.append({**asked, "JobId": id_, "JobStatus": "RUNNING"})
        return {"JobId": self.tokens[asked["ClientToken"]]}

    def updateClassificationJob(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        [job] = [job for job in self.jobs if job["JobId"] == asked["JobId"]]
        job["JobStatus"] = asked["JobStatus"]
        return {}


@cache
def _model(service: str) -> ServiceModel:
    return get_session().get_service_model(service)


def _check(service: str, operation: str, parameters: dict[str, Any]) -> None:
    """Hold a call to the SDK's model. Step Functions writes all names with a capital letter; keys of tags are no names."""
    shape = _model(service).operation_model(operation[0].upper() + operation[1:]).input_shape
    assert shape

    def as_sdk(value: Any, of: Any) -> Any:
        if of.type_name == "structure":
            names = {name[0].upper() + name[1:]: name for name in of.members}
            return {
                names.get(key, f"unknown {key}"): as_sdk(each, of.members[names[key]])
                for key, each in value.items()
            }
        if of.type_name == "list":
            return [as_sdk(each, of.member) for each in value]
        if enum := getattr(of, "enum", None):
            assert value in enum
        return value

    report = ParamValidator().validate(as_sdk(parameters, shape), shape)
    assert not report.has_errors(), report.generate_report()


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.mark.parametrize("tags", [None, {}, {"environment": "dev"}])
def test_a_bucket_gets_one_job_that_looks_every_day_for_everything(
    account: Account, tags: dict[str, str] | None
) -> None:
    account.buckets[BUCKET] = tags
    account.event()
    [job] = account.jobs
    assert job["Name"] == BUCKET
    assert job["S3JobDefinition"]["BucketDefinitions"] == [{"AccountId": "111122223333", "Buckets": [BUCKET]}]
    assert (job["JobType"], job["ScheduleFrequency"]) == ("SCHEDULED", {"DailySchedule": {}})
    assert (job["InitialRun"], job["ManagedDataIdentifierSelector"]) == (True, "ALL")
    assert job["Tags"]["environment"] == "dev"


def test_tags_are_given_a_minute_before_they_are_read(account: Account) -> None:
    """CloudFormation makes a bucket first, and tags it then."""
    assert account.event()[:2] == ["Let tags settle", "Read tags"]


def test_a_bucket_that_is_tagged_to_be_skipped_gets_no_job_and_enables_nothing(account: Account) -> None:
    account.buckets[BUCKET] = {NOT_SCANNED_TAG: "nothing in it"}
    account.enabled = False
    account.event()
    assert (account.jobs, account.enabled) == ([], False)


def test_macie_is_enabled_for_the_first_bucket_that_is_to_be_scanned(account: Account) -> None:
    account.enabled = False
    account.event()
    assert account.enabled
    assert account.open() == 1


def test_two_executions_that_both_find_macie_disabled_both_go_on(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one to enable it is told of a conflict."""
    account.enabled = False
    enable = account.enableMacie

    def enabled_by_another_first(asked: dict[str, Any]) -> dict[str, Any]:
        account.enabled = True
        return enable(asked)

    monkeypatch.setattr(account, "enableMacie", enabled_by_another_first)
    account.event()
    assert account.open() == 1


def test_events_that_come_again_or_together_make_no_second_job(account: Account) -> None:
    account.event()
    account.event()
    assert account.open() == 1
    account.jobs[0]["JobStatus"] = "IDLE"  # between two runs
    account.event()
    assert len(account.jobs) == 1


def test_two_executions_that_both_see_no_job_make_the_same_one(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "listClassificationJobs", lambda _: {"Items": []})
    account.event()
    account.event()
    assert account.open() == 1


def test_a_bucket_that_is_deleted_loses_its_job_and_no_other_does(account: Account) -> None:
    other = f"{BUCKET}1"
    account.buckets[other] = None
    account.event()
    account.event(other)
    del account.buckets[BUCKET]
    account.event()
    account.event()
    assert (account.open(), account.open(other)) == (0, 1)


def test_a_bucket_tagged_later_loses_its_job_and_one_untagged_gets_one_again(account: Account) -> None:
    account.event()
    account.buckets[BUCKET] = {NOT_SCANNED_TAG: "moved elsewhere"}
    account.event()
    assert account.open() == 0
    account.buckets[BUCKET] = {}
    account.event()
    assert (account.open(), len(account.jobs)) == (1, 2), (
        "the cancelled job's token would answer with that job"
    )


def test_an_event_of_its_making_that_comes_after_its_deletion_makes_no_job(account: Account) -> None:
    account.event()
    del account.buckets[BUCKET]
    account.event()  # DeleteBucket
    account.event()  # CreateBucket, late
    assert account.open() == 0


def test_a_bucket_that_is_gone_before_macie_was_ever_enabled_needs_nothing(account: Account) -> None:
    account.enabled = False
    del account.buckets[BUCKET]
    assert account.event()[-1] == "Done"
    assert not account.enabled


@pytest.mark.parametrize(
    "operation", ["getBucketTagging", "listClassificationJobs", "createClassificationJob"]
)
def test_what_is_refused_fails_the_execution(account: Account, operation: str) -> None:
    """Never a bucket without a job that nobody hears of. A rule keeps failed executions (tests/infra/test_bucket_scans.py)."""
    account.may_not.add(operation)
    with pytest.raises(TaskFailed):
        account.event()
    assert account.jobs == []


def test_a_job_that_cannot_be_cancelled_fails_the_execution(account: Account) -> None:
    account.event()
    del account.buckets[BUCKET]
    account.may_not.add("updateClassificationJob")
    with pytest.raises(TaskFailed):
        account.event()
