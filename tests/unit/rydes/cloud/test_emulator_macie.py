"""What is added to the emulator for Macie's jobs, on models of its modules. tests/e2e shows it on the emulator itself."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.rydes.cloud import emulator_sdk
from infra.rydes.cloud.emulator_macie import (
    APP_ID,
    call_by_sdk,
    filter_by_path,
    let_macie_tell,
    tell_of_buckets,
)
from infra.rydes.simulators.macie.account import Account
from infra.rydes.simulators.macie.server import Service, handler_of
from tests.support.http_server import serving

TYPE = "AWS::S3::Bucket"


class Emulator:
    """Its modules, as far as they are changed."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.tags: dict[str, dict[str, str]] = {}
        self.status = 200
        handlers = {
            "create": lambda _id, properties, _stack: (properties["BucketName"], {}),
            "update": lambda id_, _old, _new, _stack: (id_, {}),
            "delete": lambda _id, _properties: None,
        }

        def answer(_bucket: str, *_: object) -> tuple[int, dict[str, str], bytes]:
            return self.status, {}, b""

        self.s3: Any = SimpleNamespace(
            _bucket_tags=self.tags,
            _create_bucket=answer,
            _delete_bucket=answer,
            _put_bucket_tagging=answer,
            _delete_bucket_tagging=answer,
        )
        self.provisioners: Any = SimpleNamespace(_RESOURCE_HANDLERS={TYPE: handlers})
        self.handlers = handlers
        self.eventbridge: Any = SimpleNamespace(
            _ensure_default_bus=lambda: None, _put_events=self._put, handle_request=self._handle
        )
        tell_of_buckets(self.s3, self.provisioners, self.eventbridge)

    def _put(self, request: Any, *, allow_aws_source: bool) -> Any:
        assert allow_aws_source
        for entry in request["Entries"]:
            detail = json.loads(entry["Detail"])
            assert (entry["Source"], detail["eventSource"]) == ("aws.s3", "s3.amazonaws.com")
            self.told.append((detail["eventName"], detail["requestParameters"]["bucketName"]))

    async def _handle(self, *_: object) -> str:
        return "refused"


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


def test_each_call_that_changes_a_bucket_is_told(emulator: Emulator) -> None:
    emulator.s3._create_bucket("b", b"")
    emulator.s3._put_bucket_tagging("b", b"")
    emulator.s3._delete_bucket_tagging("b")
    emulator.s3._delete_bucket("b")
    events = ["CreateBucket", "PutBucketTagging", "DeleteBucketTagging", "DeleteBucket"]
    assert emulator.told == [(event, "b") for event in events]


def test_a_call_that_fails_is_not_told(emulator: Emulator) -> None:
    emulator.status = 409
    emulator.s3._create_bucket("b", b"")
    emulator.s3._delete_bucket("b")
    assert emulator.told == []


def test_a_stacks_bucket_has_its_tags_and_is_told_of(emulator: Emulator) -> None:
    tagged = {"BucketName": "b", "Tags": [{"Key": "may-hold", "Value": "x"}]}
    handlers: Any = emulator.handlers
    assert handlers["create"]("B", tagged, "stack") == ("b", {})
    assert emulator.tags == {"b": {"may-hold": "x"}}
    handlers["update"]("b", tagged, tagged, "stack")
    handlers["update"]("b", tagged, {}, "stack")
    assert emulator.tags == {}
    handlers["delete"]("b", {})
    handlers["create"]("C", {"BucketName": "c"}, "stack")
    assert emulator.told == [
        ("CreateBucket", "b"),
        ("PutBucketTagging", "b"),
        ("DeleteBucketTagging", "b"),
        ("DeleteBucket", "b"),
        ("CreateBucket", "c"),
    ]


@pytest.mark.parametrize(
    ("agent", "source", "allowed"),
    [
        (f"Botocore/1 app/{APP_ID}", "aws.macie", True),
        (f"Botocore/1 app/{APP_ID}", "aws.s3", False),
        ("Botocore/1 app/settlement-findings.12", "aws.macie", None),
        ("", "aws.macie", None),
    ],
)
def test_only_macie_tells_what_macie_finds(
    emulator: Emulator, agent: str, source: str, allowed: bool | None
) -> None:
    seen: list[bool] = []
    emulator.eventbridge._put_events = lambda _, *, allow_aws_source: seen.append(allow_aws_source)
    let_macie_tell(emulator.eventbridge)
    body = json.dumps({"Entries": [{"Source": source}]}).encode()
    headers = {"x-amz-target": "AWSEvents.PutEvents", "user-agent": agent}
    answer = asyncio.run(emulator.eventbridge.handle_request("POST", "/", headers, body, {}))
    assert (seen, answer) == (([], "refused") if allowed is None else ([allowed], None))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.made.Items[?(@.Status != 'CANCELLED')].Id", [2]),
        ("$.made.Items[?(@.Status == 'CANCELLED')].Id", [1, 3]),
        ("$.made.Items[?(@.Status == 'CANCELLED')].Name", ["x"]),
        ("$.none.Items[?(@.Status == 'CANCELLED')].Id", []),
        ("$.made", "resolved"),
    ],
)
def test_a_path_filters_a_list(path: str, found: Any) -> None:
    items = [{"Id": 1, "Status": "CANCELLED", "Name": "x"}, {"Id": 2, "Status": "IDLE"}]
    data = {"made": {"Items": [*items, {"Id": 3, "Status": "CANCELLED"}]}}

    def resolve(path: str, data: Any) -> Any:
        return "resolved" if path == "$.made" else data.get(path.split(".")[1], {}).get("Items")

    module: Any = SimpleNamespace(_resolve_path=resolve)
    filter_by_path(module)
    assert module._resolve_path(path, data) == found


class ExecutionError(Exception):
    pass


@pytest.fixture
def stepfunctions(tmp_path: Path) -> Iterator[Any]:
    module = SimpleNamespace(
        _invoke_aws_sdk_integration=lambda resource, _: f"the emulator calls {resource}",
        _S3_OP_SPECS={"ListBuckets": {}},
        _ExecutionError=ExecutionError,
    )
    with serving(handler_of(Service(Account()))) as url:
        (tmp_path / "macie.url").write_text(url)
        call_by_sdk(module, lambda: emulator_sdk, url, tmp_path / "macie.url")
        yield module


def _call(module: Any, resource: str, **parameters: Any) -> Any:
    return module._invoke_aws_sdk_integration(f"arn:aws:states:::aws-sdk:{resource}", parameters)


def test_macie_is_called_at_its_simulator_with_names_as_step_functions_writes_them(
    stepfunctions: Any,
) -> None:
    with pytest.raises(ExecutionError) as error:
        _call(stepfunctions, "macie2:listClassificationJobs")
    assert error.value.args[0] == "Macie2.AccessDeniedException"
    assert "Macie is not enabled" in error.value.args[1]
    assert _call(stepfunctions, "macie2:enableMacie", Status="ENABLED") == {}
    made = _call(
        stepfunctions,
        "macie2:createClassificationJob",
        ClientToken="t",
        Name="b",
        JobType="SCHEDULED",
        S3JobDefinition={"BucketDefinitions": [{"AccountId": "000000000000", "Buckets": ["b"]}]},
        Tags={"environment": "dev"},
    )
    found = _call(
        stepfunctions,
        "macie2:listClassificationJobs",
        FilterCriteria={"Includes": [{"Key": "name", "Comparator": "EQ", "Values": ["b"]}]},
    )
    (job,) = found["Items"]
    assert (job["JobId"], job["JobStatus"], job["Name"]) == (made["JobId"], "RUNNING", "b")
    assert isinstance(job["CreatedAt"], str)


def test_what_the_sdk_refuses_before_the_call_fails_the_state(stepfunctions: Any) -> None:
    with pytest.raises(ExecutionError) as error:
        _call(stepfunctions, "macie2:createClassificationJob", Nonsense=1)
    assert error.value.args[0] == "Macie2.SdkClientException"


def test_what_the_emulator_knows_it_calls_itself(stepfunctions: Any) -> None:
    for resource in ("s3:listBuckets", "dynamodb:getItem"):
        assert _call(stepfunctions, resource) == f"the emulator calls arn:aws:states:::aws-sdk:{resource}"


def test_an_error_without_a_class_of_its_own_is_the_services(stepfunctions: Any) -> None:
    """The simulator of Macie is no S3, and says so."""
    with pytest.raises(ExecutionError) as error:
        _call(stepfunctions, "s3:getBucketTagging", Bucket="b")
    assert error.value.args[0] == "S3.S3Exception"
