"""Tables, buckets, secrets, keys, parameters and logs."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase

from infra.naming import PARTNER_SECRET_PREFIX
from infra.rydes.cloud.aws import Account
from infra.rydes.verify.promise import REDEPLOY, Flaw, State
from infra.rydes.verify.stacks import Resource


def table(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Is active, with its indexes and its stream."""
    found = account.client("dynamodb").describe_table(TableName=promised.id)["Table"]
    if found["TableStatus"] != "ACTIVE":
        yield Flaw(f"is {found['TableStatus'].lower()}", "Wait until it is active.")
    if "StreamSpecification" in promised.properties and not found.get("StreamSpecification", {}).get(
        "StreamEnabled"
    ):
        yield Flaw("has no stream: nothing that is written is announced", REDEPLOY)
    states = {
        each["IndexName"]: each.get("IndexStatus", "ACTIVE")
        for each in found.get("GlobalSecondaryIndexes", [])
    }
    for index in promised.properties.get("GlobalSecondaryIndexes", []):
        if (state := states.get(index["IndexName"], "missing")) != "ACTIVE":
            yield Flaw(f"has an index {index['IndexName']} that is {state.lower()}", REDEPLOY)


def bucket(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Exists."""
    account.client("s3").head_bucket(Bucket=promised.id)
    yield from ()


def secret(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Exists, and a partner's is filled in."""
    client = account.client("secretsmanager")
    if "DeletedDate" in client.describe_secret(SecretId=promised.id):
        yield Flaw("is being deleted", f"aws secretsmanager restore-secret --secret-id {promised.id}")
        return
    name = promised.properties.get("Name", "")
    if not name.startswith(account.names.of(PARTNER_SECRET_PREFIX)):
        return
    value = client.get_secret_value(SecretId=promised.id).get("SecretString", "")
    if not has_url(value):
        yield Flaw(
            "is not filled in: this partner is not asked",
            f"aws secretsmanager put-secret-value --secret-id {name} --secret-string …",
            State.RISKY,
        )


def key(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Is enabled."""
    state = account.client("kms").describe_key(KeyId=promised.id)["KeyMetadata"]["KeyState"]
    if state != "Enabled":
        yield Flaw(f"is {state}", f"aws kms enable-key --key-id {promised.id}")


def parameter(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Has the value that the stack has published."""
    found = account.client("ssm").get_parameter(Name=promised.properties["Name"])["Parameter"]["Value"]
    if not fnmatchcase(found, promised.properties["Value"]):
        yield Flaw(f"has another value: {found}", REDEPLOY)


def log_group(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Exists, and forgets what is old."""
    groups = account.client("logs").describe_log_groups(logGroupNamePrefix=promised.id)["logGroups"]
    found = next((group for group in groups if group["logGroupName"] == promised.id), None)
    if found is None:
        yield Flaw("is missing: nobody can read what went wrong", REDEPLOY)
    elif (days := found.get("retentionInDays")) != promised.properties.get("RetentionInDays"):
        yield Flaw(f"keeps lines for {f'{days} days' if days else 'ever'}", REDEPLOY, State.RISKY)


def has_url(value: str) -> bool:
    """Tell whether a partner's secret says where the partner is."""
    try:
        return bool(json.loads(value).get("base_url"))
    except (AttributeError, ValueError):
        return False
