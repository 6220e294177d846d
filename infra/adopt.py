"""Find what a deleted stack has left, for `cdk import`: `python -m infra.adopt infra/cdk.out/X.template.json`.

A protected environment keeps tables, users, secrets and keys when a stack is deleted, or could not be made. A new stack
cannot make them a second time under the same names: it takes them over (decision 46). This prints the resource mapping
that `cdk import` wants, with the account and region that the AWS environment variables name.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError

Identifier = dict[str, str]
"""What CloudFormation knows a resource by: the primary identifier of its type."""


def mapping(template: Mapping[str, Any], session: boto3.Session) -> dict[str, Identifier]:
    """Find the retained resources of a template that exist, by their logical ids.

    Raises LookupError when a name fits several.
    """
    found = {}
    for logical_id, resource in template["Resources"].items():
        look = _LOOKS.get(resource["Type"])
        if look is None or resource.get("DeletionPolicy") != "Retain":
            continue
        identifier = look(session, resource["Properties"], template)
        if identifier:
            found[logical_id] = identifier
    return found


def _table(session: boto3.Session, properties: Mapping[str, Any], _: Mapping[str, Any]) -> Identifier | None:
    name = properties["TableName"]
    there = _known(lambda: session.client("dynamodb").describe_table(TableName=name))
    return {"TableName": name} if there else None


def _secret(session: boto3.Session, properties: Mapping[str, Any], _: Mapping[str, Any]) -> Identifier | None:
    there = _known(lambda: session.client("secretsmanager").describe_secret(SecretId=properties["Name"]))
    return {"Id": there["ARN"]} if there else None


def _user_pool(
    session: boto3.Session, properties: Mapping[str, Any], _: Mapping[str, Any]
) -> Identifier | None:
    name = properties["UserPoolName"]
    pages = (
        session.client("cognito-idp")
        .get_paginator("list_user_pools")
        .paginate(PaginationConfig={"PageSize": 60})
    )
    ids = [pool["Id"] for page in pages for pool in page["UserPools"] if pool["Name"] == name]
    if len(ids) > 1:
        raise LookupError(
            f"{' and '.join(ids)} are all named {name}: delete those without users, or choose by hand"
        )
    return {"UserPoolId": ids[0]} if ids else None


def _alias(session: boto3.Session, properties: Mapping[str, Any], _: Mapping[str, Any]) -> Identifier | None:
    name = properties["AliasName"]
    return {"AliasName": name} if _key_behind(session, name) else None


def _key(session: boto3.Session, _: Mapping[str, Any], template: Mapping[str, Any]) -> Identifier | None:
    """Find a key by the template's alias of it: keys have no names, and a stack of ours has one at most."""
    names = [
        resource["Properties"]["AliasName"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::KMS::Alias"
    ]
    found = _key_behind(session, names[0]) if names else None
    return {"KeyId": found} if found else None


def _key_behind(session: boto3.Session, alias: str) -> str | None:
    there = _known(lambda: session.client("kms").describe_key(KeyId=alias))
    return str(there["KeyMetadata"]["KeyId"]) if there else None


def _known(call: Callable[[], Any]) -> Any:  # noqa: ANN401 - the answer of whatever is called
    """Return the answer of a call, or None if it says that there is no such thing."""
    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ResourceNotFoundException", "NotFoundException"):
            return None
        raise


_LOOKS: Final[
    dict[str, Callable[[boto3.Session, Mapping[str, Any], Mapping[str, Any]], Identifier | None]]
] = {
    "AWS::Cognito::UserPool": _user_pool,
    "AWS::DynamoDB::Table": _table,
    "AWS::KMS::Alias": _alias,
    "AWS::KMS::Key": _key,
    "AWS::SecretsManager::Secret": _secret,
}
"""How a resource of each type is found by its name."""


def main() -> None:
    """Run the command."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("template", type=Path, help="of the stack, as `cdk synth` has written it")
    template = json.loads(arguments.parse_args().template.read_text())
    try:
        found = mapping(template, boto3.Session())
    except LookupError as error:
        sys.exit(f"✗ {error}")
    sys.stdout.write(f"{json.dumps(found, indent=2)}\n")


if __name__ == "__main__":
    main()
