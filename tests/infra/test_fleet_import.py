"""What an import's state machine may do, what starts it, and what it leaves. tests/unit/unicorn_mgmt/use_cases/test_fleet_import.py
executes it.
"""

import json
import re
from copy import deepcopy
from typing import Any

from infra.assembly import Assembly, Resource, referred
from infra.proof.ruler import EventPattern
from infra.stacks import unicorn_mgmt_import
from unicorn_mgmt.api.job_routes import LONGEST_STEP
from unicorn_mgmt.domain.fleet_import import IMPORTED_WITHIN, upload_key
from unicorn_mgmt.domain.job import LONGEST_DELAY

STACK = "WildRydesUnicornMgmt"
STEPS = ("unicorn-mgmt-import-validate", "unicorn-mgmt-import-chunk", "unicorn-mgmt-import-end")


def _machine(aws: Assembly) -> Resource:
    return aws.named("AWS::StepFunctions::StateMachine", "StateMachineName")["unicorn-mgmt-imports"]


def _rule(aws: Assembly, name: str) -> dict[str, Any]:
    properties: dict[str, Any] = aws.named("AWS::Events::Rule", "Name")[name].properties
    return properties


def _definition() -> Any:
    return json.loads(unicorn_mgmt_import.DEFINITION.read_text().replace("${at_once}", "5"))


def _uploaded(key: str, **more: Any) -> dict[str, Any]:
    detail = {"bucket": {"name": "files"}, "object": {"key": key, "size": 7}, **more}
    return {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}


def test_a_completed_upload_starts_it_and_no_report_does(aws: Assembly) -> None:
    rule = _rule(aws, "unicorn-mgmt-imports")
    pattern = deepcopy(rule["EventPattern"])
    bucket = pattern["detail"]["bucket"]["name"].pop()
    pattern["detail"]["bucket"]["name"].append("files")
    assert aws.text(STACK, bucket) == "ImportsUploads"
    assert EventPattern.of(pattern).matches(_uploaded(upload_key("p-comet", "1")))
    assert not EventPattern.of(pattern).matches(_uploaded("reports/1/report.ndjson"))
    [target] = rule["Targets"]
    assert target["Arn"] == {"Ref": _machine(aws).logical_id}
    paths = target["InputTransformer"]["InputPathsMap"]
    assert set(paths.values()) == {"$.detail.object.key", "$.detail.object.size"}
    assert aws.text(STACK, target["DeadLetterConfig"]["Arn"]) == "unicorn-mgmt-imports-dlq"
    [files] = [each for each in aws.all("AWS::S3::Bucket") if each.logical_id.startswith("ImportsUploads")]
    told = files.properties["NotificationConfiguration"]["EventBridgeConfiguration"]
    assert told == {"EventBridgeEnabled": True}


def test_each_execution_that_does_not_succeed_is_kept(aws: Assembly) -> None:
    rule = _rule(aws, "unicorn-mgmt-imports-failed")
    assert rule["EventPattern"]["detail"] == {
        "status": ["FAILED", "TIMED_OUT", "ABORTED"],
        "stateMachineArn": [{"Ref": _machine(aws).logical_id}],
    }
    assert _machine(aws).properties.get("StateMachineType", "STANDARD") == "STANDARD"


def test_the_machine_may_invoke_its_steps_and_nothing_else(aws: Assembly) -> None:
    role = referred(_machine(aws).properties["RoleArn"])
    [policy] = [p for p in aws.all("AWS::IAM::Policy") if {"Ref": role} in p.properties["Roles"]]
    [statement] = policy.properties["PolicyDocument"]["Statement"]
    assert statement["Action"] == "lambda:InvokeFunction"
    assert {aws.text(STACK, arn) for arn in statement["Resource"]} == {*STEPS}
    text = unicorn_mgmt_import.DEFINITION.read_text()
    assert set(re.findall(r'"arn:aws:states:::[^"]*"', text)) == {'"arn:aws:states:::lambda:invoke"'}


def test_the_files_are_private_and_gone_in_time(aws: Assembly) -> None:
    [files] = [each for each in aws.all("AWS::S3::Bucket") if each.logical_id.startswith("ImportsUploads")]
    assert all(files.properties["PublicAccessBlockConfiguration"].values())
    rules = {rule["Prefix"]: rule for rule in files.properties["LifecycleConfiguration"]["Rules"]}
    assert {prefix: rule["ExpirationInDays"] for prefix, rule in rules.items()} == {
        "uploads/": 7,
        "reports/": 31,
    }
    assert rules["uploads/"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_each_step_is_tried_again_and_what_fails_for_good_is_told(aws: Assembly) -> None:
    states = _definition()["States"]
    chunk = states["Write chunks"]["ItemProcessor"]["States"]["Write a chunk"]
    for state in (states["Validate"], chunk, states["Sum up"], states["Tell that it has failed"]):
        [retry] = state["Retry"]
        assert retry["ErrorEquals"] == ["States.ALL"]
    for name in ("Validate", "Write chunks", "Sum up"):
        [caught] = states[name]["Catch"]
        assert (caught["ErrorEquals"], caught["Next"]) == (["States.ALL"], "Tell that it has failed")


def test_what_stands_here_and_in_the_service_is_the_same(aws: Assembly) -> None:
    functions = aws.named("AWS::Lambda::Function", "FunctionName")
    seconds = {name: functions[name].properties["Timeout"] for name in STEPS}
    longest = LONGEST_STEP.total_seconds()
    assert [seconds[name] for name in STEPS[1:]] == [longest] * 2 == [unicorn_mgmt_import.LONGEST_STEP] * 2
    assert _definition()["TimeoutSeconds"] + seconds[STEPS[0]] < IMPORTED_WITHIN.total_seconds(), (
        "a job would fail whose import goes on"
    )
    # A message to a job that waits is never overdue, and SQS delays for 900 seconds at most.
    assert LONGEST_DELAY.total_seconds() < 900
