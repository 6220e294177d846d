"""What holds data outlives a slip in prod, is found again after one, and goes with its stack everywhere else."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from infra.adopt import mapping
from infra.assembly import Assembly, Resource
from tests.support import aws as simulated

HOLD_DATA = {
    "AWS::Cognito::UserPool",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Alias",
    "AWS::KMS::Key",
    "AWS::SecretsManager::Secret",
}
"""Tables and users; and the secret and the key without which nobody knows any more whose the numbers are."""
OF_THE_ACCOUNT = {"AWS::ApiGateway::Account", "AWS::IAM::Role"}
"""What other environments of the account may use: the role by which APIs write logs."""


def _retained(assembly: Assembly) -> list[Resource]:
    return [
        Resource(stack, logical_id, body["Type"], body)
        for stack, template in assembly.templates.items()
        for logical_id, body in template["Resources"].items()
        if body.get("DeletionPolicy", "Delete") != "Delete"
    ]


def _stacks(assembly: Assembly) -> Iterator[dict[str, Any]]:
    manifest = json.loads((assembly.directory / "manifest.json").read_text())
    for artifact in manifest["artifacts"].values():
        if artifact["type"] == "aws:cloudformation:stack":
            yield artifact["properties"]


BUCKETS = {("WildRydesSettlement", "DecisionsArchive"), ("WildRydesSettlement", "QuarantineBucket")}
"""Those with what was decided on payees' documents, and their originals. Others hold what can be made again, or sent again."""


def test_prod_keeps_what_holds_data_and_refuses_to_delete_it(prod: Assembly) -> None:
    kept = _retained(prod)
    assert {resource.type for resource in kept} == HOLD_DATA | OF_THE_ACCOUNT | {"AWS::S3::Bucket"}
    kept_buckets = {
        (r.stack, r.logical_id.rstrip("0123456789ABCDEF")) for r in kept if r.type == "AWS::S3::Bucket"
    }
    assert kept_buckets == BUCKETS
    for type_ in HOLD_DATA:
        assert [r for r in prod.all(type_) if r.body["DeletionPolicy"] != "Retain"] == []
        assert [r for r in prod.all(type_) if r.body["UpdateReplacePolicy"] != "Retain"] == []
    for table in prod.all("AWS::DynamoDB::Table"):
        assert table.properties["DeletionProtectionEnabled"] is True
    for pool in prod.all("AWS::Cognito::UserPool"):
        assert pool.properties["DeletionProtection"] == "ACTIVE"
    assert [stack.get("terminationProtection") for stack in _stacks(prod)] == [True] * len(prod.templates)


def test_every_other_environment_goes_with_its_stacks(aws: Assembly, local: Assembly) -> None:
    for assembly in (aws, local):
        assert {resource.type for resource in _retained(assembly)} == OF_THE_ACCOUNT
        for table in assembly.all("AWS::DynamoDB::Table"):
            assert not table.properties.get("DeletionProtectionEnabled")
        assert not any(stack.get("terminationProtection") for stack in _stacks(assembly))


def test_what_is_kept_has_a_name_that_a_second_one_could_not_have(prod: Assembly) -> None:
    """A stack that does not adopt the old secret must fail, not begin with a new one: every STOP would be forgotten."""
    names = {
        "AWS::DynamoDB::Table": "TableName",
        "AWS::SecretsManager::Secret": "Name",
        "AWS::KMS::Alias": "AliasName",
        "AWS::Cognito::UserPool": "UserPoolName",
    }
    for type_, name in names.items():
        for resource in prod.all(type_):
            assert isinstance(resource.properties[name], str), resource


def test_what_is_kept_can_be_imported_before_anything_else_is_there(prod: Assembly) -> None:
    """`cdk import` makes a stack of these alone: they may refer to each other and to no other resource."""
    for stack, template in prod.templates.items():
        kept = {r.logical_id for r in _retained(prod) if r.stack == stack and r.type in HOLD_DATA}
        text = json.dumps([template["Resources"][each] for each in sorted(kept)])
        others = set(template["Resources"]) | set(template.get("Parameters", {}))
        assert [each for each in others - kept if f'"{each}"' in text] == []


@pytest.fixture
def account() -> Iterator[boto3.Session]:
    with simulated.account():
        yield boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name=simulated.REGION
        )


def _template(assembly: Assembly, stack: str) -> dict[str, Any]:
    return assembly.templates[stack]


def test_what_is_still_there_is_found_by_its_name(prod: Assembly, account: boto3.Session) -> None:
    feedback = _template(prod, "WildRydesFeedback")
    assert mapping(feedback, account) == {}
    table = next(r for r in prod.all("AWS::DynamoDB::Table") if r.stack == "WildRydesFeedback").properties
    account.client("dynamodb").create_table(
        TableName="prod-feedback",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=table["KeySchema"],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    secret = account.client("secretsmanager").create_secret(
        Name="prod/wild-rydes/feedback/pseudonyms", SecretString="x"
    )
    key = account.client("kms").create_key()["KeyMetadata"]["KeyId"]
    account.client("kms").create_alias(AliasName="alias/prod-wild-rydes-feedback", TargetKeyId=key)
    found = mapping(feedback, account)
    assert sorted(found.values(), key=str) == sorted(
        [
            {"TableName": "prod-feedback"},
            {"Id": secret["ARN"]},
            {"KeyId": key},
            {"AliasName": "alias/prod-wild-rydes-feedback"},
        ],
        key=str,
    )
    assert set(found) == {r.logical_id for r in _retained(prod) if r.stack == "WildRydesFeedback"}


def test_users_are_found_and_two_pools_of_one_name_are_a_persons_choice(
    prod: Assembly, account: boto3.Session
) -> None:
    cognito, platform = account.client("cognito-idp"), _template(prod, "WildRydesPlatform")
    cognito.create_user_pool(PoolName="dev-wild-rydes")
    assert mapping(platform, account) == {}
    pool = cognito.create_user_pool(PoolName="prod-wild-rydes")["UserPool"]["Id"]
    assert [*mapping(platform, account).values()] == [{"UserPoolId": pool}]
    cognito.create_user_pool(PoolName="prod-wild-rydes")
    with pytest.raises(LookupError, match="all named prod-wild-rydes"):
        mapping(platform, account)
