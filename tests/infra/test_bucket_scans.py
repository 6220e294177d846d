"""Which buckets Macie scans, who hears of it, and what the state machine may do. tests/unit/infra/test_bucket_scan.py executes it."""

import json
import re
from pathlib import Path
from typing import Any

from infra.app import build_app
from infra.assembly import Assembly, Resource, as_list, load, referred
from infra.naming import NOT_SCANNED_TAG
from infra.proof.ruler import EventPattern
from tests.support.pages import FILES

BUCKET = "wildrydesx-photos-1"
_TAG_VALUE = re.compile(r"[A-Za-z0-9 _.:/=+@-]{20,256}")


def _rule(aws: Assembly, name: str) -> dict[str, Any]:
    properties: dict[str, Any] = aws.named("AWS::Events::Rule", "Name")[name].properties
    return properties


def _bucket_event(name: str, bucket: str = BUCKET, **detail: str) -> dict[str, Any]:
    return {
        "source": "aws.s3",
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {
            "eventSource": "s3.amazonaws.com",
            "eventName": name,
            "requestParameters": {"bucketName": bucket},
            **detail,
        },
    }


def test_each_bucket_is_scanned_or_says_why_it_is_not(aws: Assembly) -> None:
    """A bucket without the tag is scanned: nobody has to think of it."""
    skipped = {}
    for bucket in aws.all("AWS::S3::Bucket"):
        assert "BucketName" not in bucket.properties, "its name would have to begin as the rule wants it"
        tags = {tag["Key"]: tag["Value"] for tag in bucket.properties.get("Tags", [])}
        if NOT_SCANNED_TAG in tags:
            skipped[aws.text(bucket.stack, {"Ref": bucket.logical_id})] = tags[NOT_SCANNED_TAG]
    settlements = {"IntakeWorking", "DecisionsArchive", "QuarantineBucket"}
    assert set(skipped) == {"Documents", "JobsDocuments", "JobsArchive", *settlements, *FILES}
    assert all(_TAG_VALUE.fullmatch(reason) for reason in skipped.values())


def test_names_of_buckets_begin_as_the_rule_wants_them(prod: Assembly) -> None:
    """CloudFormation makes a bucket's name of its stack's, in small letters."""
    manifest = json.loads((prod.directory / "manifest.json").read_text())
    stacks = [
        a["properties"]["stackName"]
        for a in manifest["artifacts"].values()
        if "stackName" in a.get("properties", {})
    ]
    assert len(stacks) == len(prod.templates)
    pattern = EventPattern.of(_rule(prod, "prod-bucket-scans")["EventPattern"])
    for stack in stacks:
        assert pattern.matches(_bucket_event("CreateBucket", f"{stack.lower()}-documents-1a2b"))
        assert not pattern.matches(_bucket_event("CreateBucket", f"dev{stack.lower()}-documents-1a2b"))


def test_bucket_events_start_it_with_the_buckets_name_alone(aws: Assembly) -> None:
    rule = _rule(aws, "bucket-scans")
    pattern = EventPattern.of(rule["EventPattern"])
    for name in ("CreateBucket", "DeleteBucket", "PutBucketTagging", "DeleteBucketTagging"):
        assert pattern.matches(_bucket_event(name))
        assert not pattern.matches(_bucket_event(name, errorCode="AccessDenied"))
    assert not pattern.matches(_bucket_event("PutBucketPolicy"))
    [target] = rule["Targets"]
    assert target["Arn"] == {"Ref": _machine(aws)}
    [(field, path)] = target["InputTransformer"]["InputPathsMap"].items()
    assert path == "$.detail.requestParameters.bucketName"
    assert target["InputTransformer"]["InputTemplate"] == f'{{"bucket":<{field}>}}'
    assert aws.text("WildRydesPlatform", target["DeadLetterConfig"]["Arn"]) == "bucket-scans-dlq"


def _the_machine(aws: Assembly) -> Resource:
    return aws.named("AWS::StepFunctions::StateMachine", "StateMachineName")["bucket-scans"]


def _machine(aws: Assembly) -> str:
    return _the_machine(aws).logical_id


def test_each_execution_that_does_not_succeed_is_kept(aws: Assembly) -> None:
    rule = _rule(aws, "bucket-scans-failed")
    assert rule["EventPattern"]["detail"] == {
        "status": ["FAILED", "TIMED_OUT", "ABORTED"],
        "stateMachineArn": [{"Ref": _machine(aws)}],
    }
    [target] = rule["Targets"]
    assert aws.text("WildRydesPlatform", target["Arn"]) == "bucket-scans-dlq"
    machine = _the_machine(aws)
    assert machine.properties.get("StateMachineType", "STANDARD") == "STANDARD", (
        "executions of an Express workflow make no events"
    )


def _finding(bucket: str) -> dict[str, Any]:
    found = {
        "type": "SensitiveData:S3Object/Personal",
        "resourcesAffected": {"s3Bucket": {"name": bucket}},
    }
    return {"source": "aws.macie", "detail-type": "Macie Finding", "detail": found}


def test_findings_in_buckets_of_all_stacks_but_settlements_reach_people(prod: Assembly) -> None:
    """settlement hears of its own findings: most are of what an invoice has to say."""
    pattern = EventPattern.of(_rule(prod, "prod-bucket-scans-findings")["EventPattern"])
    told = {
        stack for stack in prod.templates if pattern.matches(_finding(f"prod-{stack.lower()}-documents-1a2b"))
    }
    assert told == {*prod.templates} - {"WildRydesSettlement"}


def test_findings_reach_the_alarm_topic_without_the_objects_name(aws: Assembly) -> None:
    rule = _rule(aws, "bucket-scans-findings")
    assert EventPattern.of(rule["EventPattern"]).matches(_finding("wildrydesridebooking-documents-1"))
    [target] = rule["Targets"]
    assert aws.text("WildRydesPlatform", target["Arn"]) == "wild-rydes-alarms"
    assert set(target["InputTransformer"]["InputPathsMap"].values()) == {
        "$.detail.type",
        "$.detail.resourcesAffected.s3Bucket.name",
        "$.detail.id",
    }


def test_the_machine_may_call_what_its_definition_calls_and_no_more(aws: Assembly) -> None:
    machine = _the_machine(aws)
    called = {
        f"{service}:{operation[0].upper()}{operation[1:]}"
        for service, operation in re.findall(r"aws-sdk:(\w+):(\w+)", machine.properties["DefinitionString"])
    }
    role = referred(machine.properties["RoleArn"])
    granted = {
        action
        for policy in aws.all("AWS::IAM::Policy")
        if policy.stack == machine.stack and {"Ref": role} in policy.properties["Roles"]
        for statement in policy.properties["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
    }
    # To give a job tags, and to enable Macie, takes one more each.
    assert granted == called | {"macie2:TagResource", "iam:CreateServiceLinkedRole"}


def test_an_account_may_do_without_macie(tmp_path: Path) -> None:
    build_app({"service": "platform", "macie": "no"}, str(tmp_path / "out")).synth()
    without = load(tmp_path / "out")
    assert not {"bucket-scans", "dev-bucket-scans"} & {
        *without.named("AWS::StepFunctions::StateMachine", "StateMachineName"),
        *without.named("AWS::Events::Rule", "Name"),
    }
