"""Textract as the SDK sees it: jobs, their results and their completions."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.rydes.simulators.invoices import broken
from infra.rydes.simulators.invoices.made import invented
from infra.rydes.simulators.textract.faults import Faults, Pace
from infra.rydes.simulators.textract.jobs import KEPT_SECONDS, Jobs
from infra.rydes.simulators.textract.server import Completions, Documents, Service, handler_of
from settlement.domain.blocks import parse
from settlement.domain.reading import read
from tests.support.http_server import serving
from tests.support.patience import PATIENCE, eventually
from tests.support.settlement.invoices import value

SESSION = boto3.Session()
"""One for all clients: it keeps what is read from botocore's data files."""
INVOICE = invented(20_000, rides=50)
TOPIC = "arn:aws:sns:us-east-1:000000000000:completions"
CHANNEL = {"SNSTopicArn": TOPIC, "RoleArn": "arn:aws:iam::000000000000:role/textract"}


class Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self) -> bytes:
        return self._content


@dataclass
class Cloud:
    """S3 and SNS, as far as the simulator needs them. `refusals` are what SNS refuses first."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    published: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refusals: int = 0
    now: float = 1_800_000_000.0
    gate: threading.Event = field(default_factory=threading.Event)
    pauses: list[float] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def get_object(self, *, Bucket: str, Key: str, **_: str) -> dict[str, Body]:  # noqa: N803 - the SDK's names
        if (Bucket, Key) not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": Body(self.objects[Bucket, Key])}

    def publish(self, *, TopicArn: str, Message: str) -> None:  # noqa: N803 - the SDK's names
        with self.news:
            if self.refusals:
                self.refusals -= 1
                raise ClientError({"Error": {"Code": "InternalError"}}, "Publish")
            self.published.append((TopicArn, json.loads(Message)))
            self.news.notify_all()

    def pause(self, seconds: float) -> None:
        """Take no time, but not before the gate is open."""
        self.pauses.append(seconds)
        self.gate.wait(PATIENCE)

    def completions(self, count: int) -> list[dict[str, Any]]:
        """Wait for so many messages; them."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.published) >= count, timeout=PATIENCE)
            return [message for _, message in self.published]


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud({("invoices", "good.pdf"): INVOICE.pdf})
    cloud.gate.set()
    return cloud


Start = Callable[[Pace], Any]


@pytest.fixture
def start(cloud: Cloud) -> Iterator[Start]:
    """Starts a simulator of this pace, and returns its client, which has its URL as `url`."""
    stops: list[Callable[[], object]] = []

    def _start(pace: Pace) -> Any:
        jobs = Jobs(
            Documents(cloud),
            Completions(cloud, first_pause=0.001),
            pace,
            now=lambda: cloud.now,
            pause=cloud.pause,
        )
        server = serving(handler_of(Service(jobs)))
        url = server.__enter__()
        client = SESSION.client(
            "textract",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )
        stops.extend([jobs.close, lambda: server.__exit__(None, None, None), client.close])
        client.url = url
        return client

    yield _start
    for stop in reversed(stops):
        stop()


@pytest.fixture
def textract(start: Start) -> Any:
    return start(Pace(per_job=0, per_page=0))


def begin(client: Any, name: str = "good.pdf", **more: Any) -> str:
    request = {
        "DocumentLocation": {"S3Object": {"Bucket": "invoices", "Name": name}},
        "FeatureTypes": ["FORMS"],
    }
    return str(client.start_document_analysis(**request | more)["JobId"])


def ended(client: Any, job: str) -> dict[str, Any]:
    """The first answer about a job that has ended."""

    def look() -> dict[str, Any]:
        answer: dict[str, Any] = client.get_document_analysis(JobId=job)
        return answer

    return eventually(look, "the job ends", lambda answer: answer["JobStatus"] != "IN_PROGRESS")


def all_blocks(client: Any, job: str, **more: Any) -> list[dict[str, Any]]:
    ended(client, job)
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        answer = client.get_document_analysis(JobId=job, **more, **token)
        found += answer["Blocks"]
        if "NextToken" not in answer:
            return found
        token = {"NextToken": answer["NextToken"]}


def set_faults(client: Any, **faults: Any) -> int:
    return httpx.put(f"{client.url}/faults", json=faults).status_code


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as error:
        call()
    return str(error.value.response["Error"]["Code"])


def test_an_invoice_is_read_over_the_wire(textract: Any) -> None:
    invoice = read(parse(all_blocks(textract, begin(textract))))
    assert value(invoice.total) == INVOICE.bill.total
    assert len(invoice.lines) == 50


def test_the_end_is_told_to_the_channel_with_the_tag(textract: Any, cloud: Cloud) -> None:
    job = begin(textract, JobTag="partner:comet", NotificationChannel=CHANNEL)
    (message,) = cloud.completions(1)
    assert message == {
        "JobId": job,
        "Status": "SUCCEEDED",
        "API": "StartDocumentAnalysis",
        "JobTag": "partner:comet",
        "Timestamp": 1_800_000_000_000,
        "DocumentLocation": {"S3ObjectName": "good.pdf", "S3Bucket": "invoices"},
    }
    assert cloud.published[0][0] == TOPIC
    assert ended(textract, job)["JobStatus"] == "SUCCEEDED"


def test_a_completion_that_sns_does_not_take_is_published_again(textract: Any, cloud: Cloud) -> None:
    cloud.refusals = 4
    begin(textract, NotificationChannel=CHANNEL)
    assert len(cloud.completions(1)) == 1
    assert cloud.refusals == 0


def test_text_detection_finds_no_keys(textract: Any, cloud: Cloud) -> None:
    place = {"S3Object": {"Bucket": "invoices", "Name": "good.pdf"}}
    job = textract.start_document_text_detection(DocumentLocation=place, NotificationChannel=CHANNEL)["JobId"]
    assert cloud.completions(1)[0]["API"] == "StartDocumentTextDetection"
    answer = textract.get_document_text_detection(JobId=job)
    assert {block["BlockType"] for block in answer["Blocks"]} == {"PAGE", "LINE", "WORD"}
    assert refusal(lambda: textract.get_document_analysis(JobId=job)) == "InvalidJobIdException"


@pytest.mark.parametrize("most", [1, 7, 500, 1000])
def test_pages_of_results_are_all_of_them(textract: Any, most: int) -> None:
    job = begin(textract)
    whole = all_blocks(textract, job)
    assert ended(textract, job)["DocumentMetadata"] == {"Pages": max(block["Page"] for block in whole)}
    if most == 1:
        first = textract.get_document_analysis(JobId=job, MaxResults=1)
        second = textract.get_document_analysis(JobId=job, MaxResults=1, NextToken=first["NextToken"])
        assert [*first["Blocks"], *second["Blocks"]] == whole[:2]
    else:
        assert all_blocks(textract, job, MaxResults=most) == whole


def test_an_answer_has_a_thousand_blocks_at_most(textract: Any, cloud: Cloud) -> None:
    cloud.objects["invoices", "long.pdf"] = invented(20_000, rides=400).pdf
    job = begin(textract, "long.pdf")
    ended(textract, job)
    assert len(textract.get_document_analysis(JobId=job, MaxResults=5000)["Blocks"]) == 1000


def test_a_token_of_another_job_is_refused(textract: Any) -> None:
    one, other = begin(textract), begin(textract)
    assert one != other
    ended(textract, one)
    ended(textract, other)
    token = textract.get_document_analysis(JobId=one, MaxResults=1)["NextToken"]
    for wrong in (token, "nonsense", "!!"):
        code = refusal(partial(textract.get_document_analysis, JobId=other, NextToken=wrong))
        assert code == "InvalidParameterException"


def test_the_same_token_starts_one_job(textract: Any) -> None:
    assert begin(textract, ClientRequestToken="t-1") == begin(textract, ClientRequestToken="t-1")
    assert begin(textract, ClientRequestToken="t-2") != begin(textract, ClientRequestToken="t-1")
    code = refusal(lambda: begin(textract, ClientRequestToken="t-1", JobTag="other"))
    assert code == "IdempotentParameterMismatchException"


def test_calls_at_once_with_one_token_start_one_job(textract: Any) -> None:
    jobs: list[str] = []
    threads = [
        threading.Thread(target=lambda: jobs.append(begin(textract, ClientRequestToken="t")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(jobs) == 8
    assert len(set(jobs)) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (broken.empty(), "BadDocumentException"),
        (broken.poisoned(1), "BadDocumentException"),
        (broken.encrypted(1), "BadDocumentException"),
        (broken.wrong_format(), "UnsupportedDocumentException"),
    ],
)
def test_what_cannot_be_read_starts_no_job(textract: Any, cloud: Cloud, content: bytes, code: str) -> None:
    cloud.objects["invoices", "bad.pdf"] = content
    assert refusal(lambda: begin(textract, "bad.pdf")) == code


def test_an_object_that_is_not_there_is_refused(textract: Any) -> None:
    assert refusal(lambda: begin(textract, "missing.pdf")) == "InvalidS3ObjectException"


@pytest.mark.parametrize(
    "more",
    [
        {"FeatureTypes": ["TABLES"]},
        {"FeatureTypes": ["WORDS"]},
        {"ClientRequestToken": "no spaces"},
        {"ClientRequestToken": "x" * 65},
        {"JobTag": ""},
        {"JobTag": "ä"},
        {
            "NotificationChannel": {
                "SNSTopicArn": "arn:aws:sqs:us-east-1:000000000000:queue",
                "RoleArn": CHANNEL["RoleArn"],
            }
        },
        {"OutputConfig": {"S3Bucket": "results"}},
        {"DocumentLocation": {"S3Object": {"Bucket": "invoices"}}},
        {"DocumentLocation": {}},
    ],
)
def test_what_aws_does_not_allow_or_the_simulator_does_not_know_is_refused(textract: Any, more: Any) -> None:
    unchecked = SESSION.client(
        "textract",
        region_name="us-east-1",
        endpoint_url=textract.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )
    assert refusal(lambda: begin(unchecked, **more)) == "InvalidParameterException"


def test_a_job_that_there_is_not_is_refused(textract: Any, cloud: Cloud) -> None:
    assert refusal(lambda: textract.get_document_analysis(JobId="unknown")) == "InvalidJobIdException"
    job = begin(textract)
    ended(textract, job)
    cloud.now += KEPT_SECONDS + 1
    assert refusal(lambda: textract.get_document_analysis(JobId=job)) == "InvalidJobIdException"


def test_more_jobs_than_may_run_are_refused_until_one_has_ended(start: Start, cloud: Cloud) -> None:
    textract = start(Pace(concurrency=1, per_job=0, per_page=0))
    cloud.gate.clear()
    job = begin(textract)
    assert textract.get_document_analysis(JobId=job) | {"ResponseMetadata": 0} == {
        "JobStatus": "IN_PROGRESS",
        "AnalyzeDocumentModelVersion": "simulator",
        "ResponseMetadata": 0,
    }
    assert refusal(lambda: begin(textract)) == "LimitExceededException"
    cloud.gate.set()
    ended(textract, job)
    begin(textract)


def test_a_job_takes_as_long_as_its_pages_and_what_it_was_told(start: Start, cloud: Cloud) -> None:
    textract = start(Pace(per_job=1, per_page=0.5))
    pages = ended(textract, begin(textract))["DocumentMetadata"]["Pages"]
    set_faults(textract, slow=7)
    ended(textract, begin(textract))
    assert cloud.pauses == [1 + 0.5 * pages, 1 + 0.5 * pages + 7]


def test_calls_are_throttled_and_fail_as_often_as_said(textract: Any) -> None:
    assert set_faults(textract, throttle=1, error=1) == 200
    assert refusal(lambda: begin(textract)) == "ProvisionedThroughputExceededException"
    assert refusal(lambda: begin(textract)) == "InternalServerError"
    assert begin(textract)


def test_a_job_fails_and_says_so_as_often_as_said(textract: Any, cloud: Cloud) -> None:
    set_faults(textract, fail=1)
    job = begin(textract, NotificationChannel=CHANNEL)
    assert cloud.completions(1)[0]["Status"] == "FAILED"
    answer = ended(textract, job)
    assert answer["JobStatus"] == "FAILED"
    assert answer["StatusMessage"]
    assert "Blocks" not in answer
    assert ended(textract, begin(textract))["JobStatus"] == "SUCCEEDED"


def test_a_job_loses_a_page_and_warns_of_it(textract: Any, cloud: Cloud) -> None:
    set_faults(textract, partial=1)
    job = begin(textract, NotificationChannel=CHANNEL)
    assert cloud.completions(1)[0]["Status"] == "SUCCEEDED"
    answer = ended(textract, job)
    pages = answer["DocumentMetadata"]["Pages"]
    assert answer["JobStatus"] == "PARTIAL_SUCCESS"
    assert answer["Warnings"] == [{"ErrorCode": "PAGE_NOT_READABLE", "Pages": [pages]}]
    assert {block["Page"] for block in all_blocks(textract, job)} == set(range(1, pages))


def test_a_document_of_which_no_page_can_be_read_fails(textract: Any, cloud: Cloud) -> None:
    cloud.objects["invoices", "huge.pdf"] = broken.huge_page()
    answer = ended(textract, begin(textract, "huge.pdf"))
    assert answer["JobStatus"] == "FAILED"
    assert "20000 by 20000" in answer["StatusMessage"]


def test_completions_are_lost_or_doubled_as_said(textract: Any, cloud: Cloud) -> None:
    set_faults(textract, lose=1, copies=2)
    lost = begin(textract, NotificationChannel=CHANNEL)
    ended(textract, lost)
    told = begin(textract, NotificationChannel=CHANNEL)
    assert [message["JobId"] for message in cloud.completions(2)] == [told, told]


@pytest.mark.parametrize("faults", [{"boredom": 1}, {"fail": "often"}, {"slow": -1}])
def test_unknown_faults_are_refused(textract: Any, faults: dict[str, Any]) -> None:
    assert set_faults(textract, **faults) == 400
    with pytest.raises(ValueError, match=r"not a number|no such fault"):
        Faults.of(faults)


def test_another_operation_is_not_known(textract: Any) -> None:
    code = refusal(lambda: textract.analyze_document(Document={"Bytes": b"x"}, FeatureTypes=["FORMS"]))
    assert code == "UnknownOperationException"


def test_what_is_no_json_is_refused(textract: Any) -> None:
    target = {"X-Amz-Target": "Textract.GetDocumentAnalysis"}
    answer = httpx.post(textract.url, content=b"no", headers=target)
    assert (answer.status_code, answer.json()["__type"]) == (400, "SerializationException")
