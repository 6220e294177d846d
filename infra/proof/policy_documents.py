"""All policies of an assembly: what roles may, and whom resources let in."""

from functools import cached_property
from typing import Any, Final

from infra.assembly import Resource, as_list
from infra.proof.evaluator import Decision, Request, Statement, decide, statements
from infra.proof.resolver import Resolver

_POLICIES: Final = {
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::S3::BucketPolicy": "Bucket",
}
"""Type -> the property with what its policy is of."""


class Policies:
    """All policies of an assembly."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    @cached_property
    def identities(self) -> dict[str, list[Statement]]:
        """The statements of each role, by its ARN."""
        found: dict[str, list[Statement]] = {}
        for role in self._resolver.assembly.all("AWS::IAM::Role"):
            own = found.setdefault(self._resolver.arn(role), [])
            for policy in role.properties.get("Policies", []):
                own += self._statements(role, policy["PolicyDocument"])
        for policy in self._resolver.assembly.all("AWS::IAM::Policy"):
            for role in policy.properties["Roles"]:
                owner = self._resolver.assembly.at(policy.stack, role["Ref"])
                found[self._resolver.arn(owner)] += self._statements(
                    policy, policy.properties["PolicyDocument"]
                )
        return found

    @cached_property
    def resources(self) -> dict[str, list[Statement]]:
        """The statements of each resource's policy, by the resource's ARN."""
        resolver, found = self._resolver, dict[str, list[Statement]]()

        def add(arn: str, policy: Resource, document: Any) -> None:  # noqa: ANN401 - any part of a template
            found.setdefault(arn, []).extend(self._statements(policy, document))

        for kind, owners in _POLICIES.items():
            for policy in resolver.assembly.all(kind):
                for owner in as_list(policy.properties[owners]):
                    resource = resolver.assembly.at(policy.stack, owner["Ref"])
                    add(resolver.arn(resource), policy, policy.properties["PolicyDocument"])
        for policy in resolver.assembly.all("AWS::Events::EventBusPolicy"):
            bus = resolver.assembly.at(policy.stack, policy.properties["EventBusName"]["Ref"])
            add(resolver.arn(bus), policy, {"Statement": policy.properties["Statement"]})
        for key in resolver.assembly.all("AWS::KMS::Key"):
            add(resolver.arn(key), key, key.properties["KeyPolicy"])
        for role in resolver.assembly.all("AWS::IAM::Role"):
            trust = role.properties["AssumeRolePolicyDocument"]
            for statement in trust["Statement"]:
                add(resolver.arn(role), role, {"Statement": {**statement, "Resource": "*"}})
        for permission in resolver.assembly.all("AWS::Lambda::Permission"):
            statement = _of_permission(resolver.resolve(permission.stack, permission.properties))
            add(statement["Resource"], permission, {"Statement": statement})
        return found

    def decide(self, request: Request) -> Decision:
        """Decide on a request, as IAM would."""
        resource = request.resource
        if resource.startswith("arn:aws:s3:::"):
            resource = resource.partition("/")[0]  # objects have their bucket's policy
        return decide(request, self.identities.get(request.principal, ()), self.resources.get(resource))

    def _statements(self, owner: Resource, document: Any) -> list[Statement]:  # noqa: ANN401 - any part of a template
        return statements(self._resolver.resolve(owner.stack, document))


def _of_permission(properties: dict[str, Any]) -> dict[str, Any]:
    """Write a permission of a function as the statement that Lambda makes of it."""
    condition: dict[str, Any] = {}
    if "SourceArn" in properties:
        condition["ArnLike"] = {"aws:SourceArn": properties["SourceArn"]}
    if "SourceAccount" in properties:
        condition["StringEquals"] = {"aws:SourceAccount": properties["SourceAccount"]}
    return {
        "Effect": "Allow",
        "Principal": {"Service": properties["Principal"]},
        "Action": properties["Action"],
        "Resource": properties["FunctionName"],
        "Condition": condition,
    }
