"""Hold the policies of the AWS stage against what is asked of them.

Every call that a function was seen to make is decided as IAM would, and so is everything that AWS's services do for a
template. What is granted and never asked for is found as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from infra.assembly import Assembly
from infra.proof.deliveries import deliveries, role_of
from infra.proof.deployed_calls import NotDeployed, deployed
from infra.proof.evaluator import Decision, Request, Statement, UnknownRule
from infra.proof.finding import Finding
from infra.proof.policy_documents import Policies
from infra.proof.recording import Calls, read
from infra.proof.requirements import Requirement, UnknownCall, required
from infra.proof.resolver import Resolver, Unresolved

_OF_CDK: Final = "CDK grants it with the place of a stream's failures, and it only reads"
NEVER_ASKED: Final[dict[tuple[str, str, str], str]] = {
    ("*", "sqs:GetQueueAttributes", "*-dlq"): _OF_CDK,
    ("*", "sqs:GetQueueUrl", "*-dlq"): _OF_CDK,
    (
        "*-page",
        "s3:*",
        "*",
    ): "CDK's function puts a page's files into their bucket as the stack is deployed, on AWS alone",
}
"""Grants that nobody uses: patterns of function, action and resource -> why they stay."""


@dataclass(frozen=True)
class _Asked:
    """One requirement, with who has it."""

    principal: str
    where: str
    requirement: Requirement

    @property
    def request(self) -> Request:
        of = self.requirement
        encrypted = {"aws:securetransport": ("true",)}
        return Request(self.principal, of.action, of.resource, {**encrypted, **of.context})


def check(assembly: Assembly, calls: Calls | None = None) -> Iterator[Finding]:
    """Check all policies against the recorded calls, and against what AWS's services need."""
    resolver = Resolver(assembly)
    try:
        policies = Policies(resolver)
        asked = list(_asked(resolver, read() if calls is None else calls))
        yield from _denied(policies, asked)
        yield from _never_asked(resolver, policies, asked)
    except UnknownRule as unknown:
        yield _unknown(
            "a policy", str(unknown), "Say it otherwise, or teach infra/proof/evaluator.py its meaning."
        )
    except Unresolved as unknown:
        yield _unknown(
            "a template", str(unknown), "Teach infra/proof/resolver.py or deliveries.py its meaning."
        )
    except (UnknownCall, NotDeployed) as unknown:
        yield _unknown("a recorded call", str(unknown), "Add the operation's rule, or run `make record`.")


def _unknown(where: str, why: str, to_do: str) -> Finding:
    return Finding("permissions that cannot be proven", where, why, to_do)


def _asked(resolver: Resolver, calls: Calls) -> Iterator[_Asked]:
    for call in deployed(calls, resolver):
        role = role_of(call.function, resolver)
        for requirement in required(call, resolver):
            yield _Asked(role, f"{call.name}: {call}", requirement)
    for delivery in deliveries(resolver):
        where = f"{delivery.where.stack}/{delivery.where.logical_id}"
        yield _Asked(delivery.principal, where, delivery.requirement)


def _denied(policies: Policies, asked: list[_Asked]) -> Iterator[Finding]:
    seen = set()
    for each in asked:
        decision = policies.decide(each.request)
        of = each.requirement
        finding = Finding(
            "a call that AWS would deny",
            each.where,
            f"{of.action} on {of.resource} is {decision} for {each.principal}",
            f"Allow it: {_statement(each)}. Why it is needed: {of.source}",
        )
        if decision is not Decision.ALLOWED and finding not in seen:
            seen.add(finding)
            yield finding


def _statement(asked: _Asked) -> str:
    """Write the statement that is missing."""
    of = asked.requirement
    principal = "" if asked.principal.startswith("arn:") else f", Principal {asked.principal}"
    context = "".join(
        f", {key} {'/'.join(values)}" for key, values in of.context.items() if "transport" not in key
    )
    return f"Action {of.action}, Resource {of.resource}{principal}{context}"


def _never_asked(resolver: Resolver, policies: Policies, asked: list[_Asked]) -> Iterator[Finding]:
    for function in resolver.assembly.all("AWS::Lambda::Function"):
        name, role = resolver.name(function), role_of(function, resolver)
        requests = [each.request for each in asked if each.principal == role]
        for statement in policies.identities[role]:
            if statement.effect == "Deny":
                continue
            for action in statement.actions:
                for resource in statement.resources:
                    alone = Statement("Allow", (action,), (resource,), statement.conditions)
                    used = any(alone.applies_to(request) for request in requests)
                    if not used and not _accepted(name, action, resource):
                        yield Finding(
                            "a grant that nobody uses",
                            name,
                            f"{action} on {resource} was never asked for",
                            "Take it away. If a test is missing that asks for it, write the test and run `make record`.",
                        )


def _accepted(*grant: str) -> bool:
    return any(all(map(fnmatchcase, grant, accepted)) for accepted in NEVER_ASKED)
