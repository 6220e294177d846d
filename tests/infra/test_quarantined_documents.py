"""Who may do what with the quarantine bucket, and which findings get there."""

from copy import deepcopy
from typing import Any

from infra.assembly import Assembly, as_list
from infra.naming import MAY_HOLD_TAG, NOT_SCANNED_TAG
from infra.proof.ruler import EventPattern
from infra.stacks.settlement_documents import WORKERS

STACK = "WildRydesSettlement"


def _resources(aws: Assembly) -> dict[str, Any]:
    found: dict[str, Any] = aws.templates[STACK]["Resources"]
    return found


def _id(aws: Assembly, type_: str, part: str) -> str:
    [found] = [id_ for id_, body in _resources(aws).items() if body["Type"] == type_ and part in id_]
    return found


def _allowed(aws: Assembly, logical_id: str) -> set[tuple[str, str]]:
    """Which role may do what with a resource: the role's id up to the hash, and the action."""
    found = set()
    for body in _resources(aws).values():
        if body["Type"] != "AWS::IAM::Policy":
            continue
        for statement in body["Properties"]["PolicyDocument"]["Statement"]:
            if logical_id in str(statement["Resource"]):
                for role in body["Properties"]["Roles"]:
                    found |= {(role["Ref"][:-8], action) for action in as_list(statement["Action"])}
    return found


def test_nobody_reads_the_quarantine(aws: Assembly) -> None:
    bucket = _id(aws, "AWS::S3::Bucket", "QuarantineBucket")
    key = _id(aws, "AWS::KMS::Key", "QuarantineKey")
    role = "settlementfindingsrole"
    assert _allowed(aws, bucket) == {(role, "s3:PutObject")}
    assert _allowed(aws, key) == {(role, "kms:GenerateDataKey")}
    for statement in _resources(aws)[key]["Properties"]["KeyPolicy"]["Statement"]:
        assert list(statement["Principal"]) == ["AWS"], "the account, whose roles have what they are given"
        assert ":root" in str(statement["Principal"])


def test_only_what_nobody_has_decided_on_expires(aws: Assembly) -> None:
    bucket = _resources(aws)[_id(aws, "AWS::S3::Bucket", "QuarantineBucket")]["Properties"]
    expiring = [rule for rule in bucket["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in rule]
    assert [(rule["Prefix"], rule["ExpirationInDays"]) for rule in expiring] == [("undecided/", 90)]
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0][
        "ServerSideEncryptionByDefault"
    ]["KMSMasterKeyID"]


def test_the_staging_bucket_says_what_it_may_hold_and_alone_is_scanned(aws: Assembly) -> None:
    tags = {
        id_: {tag["Key"] for tag in body["Properties"].get("Tags", [])}
        for id_, body in _resources(aws).items()
        if body["Type"] == "AWS::S3::Bucket"
    }
    staging = _id(aws, "AWS::S3::Bucket", "Staging")
    assert MAY_HOLD_TAG in tags[staging]
    assert [id_ for id_, keys in tags.items() if NOT_SCANNED_TAG not in keys] == [staging]


def test_findings_in_the_staging_bucket_are_heard_and_no_others(aws: Assembly) -> None:
    rule = aws.named("AWS::Events::Rule", "Name")["settlement-findings"].properties
    staging = _id(aws, "AWS::S3::Bucket", "Staging")
    assert rule["EventPattern"]["detail"]["resourcesAffected"]["s3Bucket"]["name"] == [{"Ref": staging}]
    here = deepcopy(rule["EventPattern"])
    here["detail"]["resourcesAffected"]["s3Bucket"]["name"] = ["staging"]
    pattern = EventPattern.of(here)

    def event(type_: str, bucket: str = "staging") -> dict[str, Any]:
        found = {"type": type_, "resourcesAffected": {"s3Bucket": {"name": bucket}}}
        return {"source": "aws.macie", "detail-type": "Macie Finding", "detail": found}

    for kind in ("Credentials", "CustomIdentifier", "Financial", "Multiple", "Personal"):
        assert pattern.matches(event(f"SensitiveData:S3Object/{kind}"))
    assert not pattern.matches(event("Policy:IAMUser/S3BucketPublic")), "it is about no object"
    assert not pattern.matches(event("SensitiveData:S3Object/Financial", "other"))


def test_the_sweep_comes_when_no_worker_is_left(aws: Assembly) -> None:
    function = aws.named("AWS::Lambda::Function", "FunctionName")["settlement-findings"].properties
    sweep = int(function["Environment"]["Variables"]["SWEEP_SECONDS"])
    assert sweep > max(workers.seconds for workers in WORKERS)
    functions = aws.named("AWS::Lambda::Function", "FunctionName")
    assert sweep > functions["settlement-archive"].properties["Timeout"]
