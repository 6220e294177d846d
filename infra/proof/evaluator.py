"""Decide as IAM does whether a request is allowed, from the policies alone.

Only what our policies use is known; anything else raises `UnknownRule`, so that nothing is guessed. Rules:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition.html
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Final

from infra.assembly import as_list

Context = Mapping[str, Sequence[str]]
"""Condition key in lower case -> its values in the request. A key that is not there is absent from the request."""


class UnknownRule(ValueError):
    """A policy has something whose meaning is not known here."""


class Decision(StrEnum):
    """What IAM decides. Its values are words for a report."""

    ALLOWED = "allowed"
    DENIED = "denied by a statement"
    NOT_ALLOWED = "allowed by no statement"


@dataclass(frozen=True)
class Request:
    """A request: who asks for which action on which resource."""

    principal: str
    """The ARN of a role, or the name of a service such as `events.amazonaws.com`."""
    action: str
    resource: str
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Statement:
    """A statement of a policy, all intrinsic functions resolved."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """Operator, key in lower case, values. All have to hold."""
    principals: tuple[tuple[str, str], ...] = ()
    """Kind and name, such as `("Service", "events.amazonaws.com")`. None in an identity's policy."""

    def applies_to(self, request: Request) -> bool:
        """Tell whether the statement is about this request. Its principals are not looked at."""
        return (
            any(matches(action.lower(), request.action.lower()) for action in self.actions)
            and any(arn_matches(resource, request.resource) for resource in self.resources)
            and all(_holds(*condition, request.context) for condition in self.conditions)
        )


def statements(document: Mapping[str, Any]) -> list[Statement]:
    """Read a policy document without intrinsic functions.

    Raises:
        UnknownRule: it has an element, an operator or a variable that is not known here.
    """
    return [_statement(each) for each in as_list(document["Statement"])]


def decide(
    request: Request, identity: Iterable[Statement] = (), resource: Iterable[Statement] | None = None
) -> Decision:
    """Decide on a request within one account.

    Args:
        request: who asks for what.
        identity: the statements of the principal's own policies. A service has none.
        resource: the statements of the resource's policy, if it has one.
    """
    own = [each for each in identity if each.applies_to(request)]
    theirs = [each for each in resource or () if each.applies_to(request)]
    about = [each for each in theirs if _is_about(each, request.principal)]
    if any(each.effect == "Deny" for each in (*own, *about)):
        return Decision.DENIED
    if about:
        return Decision.ALLOWED
    # Alone among resources a key asks its own policy first whether policies of identities count at all.
    # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
    delegated = any(_names_account(each, request.principal) for each in theirs)
    if own and (delegated or not request.action.startswith("kms:")):
        return Decision.ALLOWED
    return Decision.NOT_ALLOWED


def matches(pattern: str, text: str) -> bool:
    """Tell whether a pattern with `*` (any characters) and `?` (one character) is true of the whole text."""
    return bool(_compiled(pattern).fullmatch(text))


def arn_matches(pattern: str, arn: str) -> bool:
    """Tell whether a pattern of ARNs is true of this one, part by part.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    if pattern == "*":
        return True
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) and all(map(matches, patterns, parts))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(character, re.escape(character)) for character in pattern), re.DOTALL)


_KNOWN: Final = {"Sid", "Effect", "Action", "Resource", "Condition", "Principal"}


def _statement(body: Mapping[str, Any]) -> Statement:
    if unknown := set(body) - _KNOWN:
        raise UnknownRule(f"the element {', '.join(sorted(unknown))}")
    if body["Effect"] not in ("Allow", "Deny"):
        raise UnknownRule(f"the effect {body['Effect']}")
    found = Statement(
        effect=body["Effect"],
        actions=tuple(as_list(body["Action"])),
        resources=tuple(as_list(body["Resource"])),
        conditions=tuple(
            (operator, key.lower(), tuple(str(value) for value in as_list(values)))
            for operator, keys in body.get("Condition", {}).items()
            for key, values in keys.items()
        ),
        principals=tuple(_principals(body.get("Principal", {}))),
    )
    for operator, _, values in found.conditions:
        _operator(operator)
        if any("${" in value for value in values):
            raise UnknownRule(f"the variable in {values}")
    if variables := [each for each in found.resources if "${" in each]:
        raise UnknownRule(f"the variable in {variables}")
    return found


def _principals(value: str | Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if isinstance(value, str):
        value = {"AWS": value}
    for kind, names in value.items():
        if kind not in ("AWS", "Service"):
            raise UnknownRule(f"the principal {kind}")
        for name in as_list(names):
            yield kind, name


def _is_about(statement: Statement, principal: str) -> bool:
    """Whether the statement of a resource's policy decides about this principal.

    One that names the account denies to all its identities, but only lets their own policies allow.
    """
    named = any(name in ("*", principal) for _, name in statement.principals)
    return named or (statement.effect == "Deny" and _names_account(statement, principal))


def _names_account(statement: Statement, principal: str) -> bool:
    if not principal.startswith("arn:"):
        return False
    partition, account = principal.split(":")[1], principal.split(":")[4]
    root = (account, f"arn:{partition}:iam::{account}:root")
    return any(kind == "AWS" and name in root for kind, name in statement.principals)


_Test = Callable[[str, str], bool]
_TESTS: Final[dict[str, _Test]] = {
    "StringEquals": lambda wanted, value: wanted == value,
    "StringLike": matches,
    "ArnEquals": arn_matches,
    "ArnLike": arn_matches,
    "Bool": lambda wanted, value: wanted.lower() == value.lower(),
}


def _operator(operator: str) -> tuple[str, _Test, bool, bool]:
    """Take an operator apart: its quantifier, its test, whether it is negated, whether a key may be absent."""
    quantifier, _, name = operator.rpartition(":")
    base = name.removesuffix("IfExists")
    plain = base.replace("Not", "", 1)
    if quantifier not in ("", "ForAllValues", "ForAnyValue") or plain not in _TESTS:
        raise UnknownRule(f"the operator {operator}")
    if plain != base and plain == "Bool":
        raise UnknownRule(f"the operator {operator}")
    return quantifier, _TESTS[plain], plain != base, name != base


def _holds(operator: str, key: str, wanted: Sequence[str], context: Context) -> bool:
    quantifier, test, negated, may_be_absent = _operator(operator)

    def fits(value: str) -> bool:
        return any(test(each, value) for each in wanted) is not negated

    values = context.get(key, ())
    if not values:
        return quantifier == "ForAllValues" or may_be_absent or (negated and not quantifier)
    if quantifier == "ForAllValues":
        return all(map(fits, values))
    if quantifier == "ForAnyValue":
        return any(map(fits, values))
    if len(values) > 1:
        raise UnknownRule(f"{operator} of {key}, which has several values: say ForAllValues or ForAnyValue")
    return fits(values[0])
