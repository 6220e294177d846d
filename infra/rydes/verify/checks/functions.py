"""Functions, their roles, who may invoke them, and the mappings that bring them their messages."""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from infra.rydes.cloud.aws import Account
from infra.rydes.verify.checks.documents import document, missing
from infra.rydes.verify.promise import REDEPLOY, Flaw, State
from infra.rydes.verify.stacks import Resource
from infra.rydes.verify.wiring import function_name

WORKING = ("Enabled", "Enabling", "Updating")
"""States of a mapping that brings messages, or will in a moment."""


def function(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Is active, has its role and its settings, and is not switched off."""
    lambda_ = account.client("lambda")
    found = lambda_.get_function_configuration(FunctionName=promised.id)
    if (state := found.get("State", "Active")) != "Active":
        yield Flaw(f"is {state}: {found.get('StateReason', 'AWS gives no reason')}", REDEPLOY)
    if found.get("LastUpdateStatus") == "Failed":
        yield Flaw(
            f"could not be updated: {found.get('LastUpdateStatusReason', 'AWS gives no reason')}",
            REDEPLOY,
        )
    for name in ("Role", "Handler"):
        if not fnmatchcase(found[name], promised.properties[name]):
            yield Flaw(f"has another {name.lower()}: {found[name]}", REDEPLOY)
    variables = promised.properties.get("Environment", {}).get("Variables", {})
    if gone := variables.keys() - found.get("Environment", {}).get("Variables", {}).keys():
        yield Flaw(f"lacks the variables {', '.join(sorted(gone))}", REDEPLOY)
    if other := _others(variables, found.get("Environment", {}).get("Variables", {})):
        yield Flaw(f"has other values of the variables {', '.join(other)}", REDEPLOY)
    if lambda_.get_function_concurrency(FunctionName=promised.id).get("ReservedConcurrentExecutions") == 0:
        yield Flaw(
            "is switched off: its reserved concurrency is 0",
            f"aws lambda delete-function-concurrency --function-name {promised.id}",
        )


def permission(account: Account, promised: Resource) -> Iterator[Flaw]:
    """May be invoked by whom the stack has allowed to."""
    wanted, lambda_ = promised.properties, account.client("lambda")
    called = function_name(wanted["FunctionName"])
    try:
        policy = document(lambda_.get_policy(FunctionName=wanted["FunctionName"])["Policy"])
    except lambda_.exceptions.ResourceNotFoundException:
        policy = {}
    for statement in policy.get("Statement", []):
        source = _source(statement)
        if (
            wanted["Principal"] in str(statement.get("Principal"))
            and (source is None) == ("SourceArn" not in wanted)
            and fnmatchcase(source or "", wanted.get("SourceArn", ""))
        ):
            return
    yield Flaw(f"of {wanted['Principal']} to invoke {called} is missing", REDEPLOY)


def mapping(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Brings the function what its queue or stream has, as filtered as the stack wants it."""
    found = account.client("lambda").get_event_source_mapping(UUID=promised.id)
    if found["State"] not in WORKING:
        yield Flaw(
            f"is {found['State'].lower()}",
            f"aws lambda update-event-source-mapping --uuid {promised.id} --enabled",
        )
    if str(found.get("LastProcessingResult", "")).startswith("PROBLEM"):
        to_do = "If it stays so, the function's log says more."
        yield Flaw(f"has a problem: {found['LastProcessingResult']}", to_do, State.RISKY)
    if _filters(found) != _filters(promised.properties):
        yield Flaw("has other filters than its stack", REDEPLOY)


def role(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Exists, with the policies of AWS that it needs."""
    iam = account.client("iam")
    iam.get_role(RoleName=promised.id)
    managed = promised.properties.get("ManagedPolicyArns", [])
    if not managed:
        return
    attached = iam.list_attached_role_policies(RoleName=promised.id)["AttachedPolicies"]
    names = {policy["PolicyName"] for policy in attached}
    for arn in managed:
        if (name := arn.rpartition("/")[2]) not in names:
            yield Flaw(f"lacks the policy {name}", REDEPLOY)


def policy(account: Account, promised: Resource) -> Iterator[Flaw]:
    """Allows the roles what the stack has allowed."""
    iam, wanted = account.client("iam"), promised.properties
    for role_name in wanted.get("Roles", []):
        found = iam.get_role_policy(RoleName=role_name, PolicyName=wanted["PolicyName"])["PolicyDocument"]
        for action, resource in missing(wanted["PolicyDocument"], document(found)):
            yield Flaw(f"allows no {action} on {resource}", REDEPLOY)


def _others(promised: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Name the variables that have another value, as far as the template knows it."""
    known = {name: value for name, value in promised.items() if name in found and "*" not in value}
    return sorted(name for name, value in known.items() if found[name] != value)


def _source(statement: dict[str, Any]) -> str | None:
    """Find the source of a statement, under whichever operator it is."""
    for conditions in statement.get("Condition", {}).values():
        for key, value in conditions.items():
            if key.lower() == "aws:sourcearn":
                return str(value)
    return None


def _filters(mapping_: Any) -> set[str]:  # noqa: ANN401 - of a template or of an answer
    filters = mapping_.get("FilterCriteria", {}).get("Filters", [])
    return {json.dumps(json.loads(each["Pattern"]), sort_keys=True) for each in filters}
