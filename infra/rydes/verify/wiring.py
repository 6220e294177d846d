"""How the resources of the stacks hang together: which functions need which queue, rule, policy or mapping."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from infra.rydes.verify.stacks import Resource


class Wiring:
    """The ways between functions, by the templates."""

    def __init__(self, resources: Collection[Resource]) -> None:
        self._resources = resources

    def of_type(self, type_: str) -> Iterator[Resource]:
        """Yield the resources of a type."""
        return (each for each in self._resources if each.type == type_)

    def queues_of(self, function: str) -> list[Resource]:
        """List the queues from which a function gets its work."""
        return [queue for queue in self.of_type("AWS::SQS::Queue") if function in self._consumers([queue.id])]

    def that_have(self, roles: Iterable[str]) -> set[str]:
        """Find the functions that have one of these roles."""
        names = set(roles)
        return {
            each.id
            for each in self.of_type("AWS::Lambda::Function")
            if each.properties["Role"].rpartition("/")[2] in names
        }

    def that_need(self, resource: Resource) -> set[str]:
        """Find the functions that get no work, or cannot do it, without this resource."""
        wanted = resource.properties
        match resource.type:
            case "AWS::Lambda::Function":
                found = {resource.id}
            case "AWS::Lambda::EventSourceMapping" | "AWS::Lambda::Permission":
                found = {function_name(wanted["FunctionName"])}
            case "AWS::IAM::Policy":
                found = self.that_have(wanted.get("Roles", []))
            case "AWS::IAM::Role":
                found = self.that_have([resource.id])
            case "AWS::SQS::Queue":
                found = self._consumers([resource.id])
            case "AWS::SQS::QueuePolicy":
                found = self._consumers(wanted["Queues"])
            case "AWS::Events::Rule":
                found = self._consumers(target["Arn"] for target in wanted["Targets"])
            case _:
                found = set()
        return found

    def _consumers(self, queues: Iterable[str]) -> set[str]:
        """Find the functions behind queues, by the URLs or ARNs of these."""
        names = {_queue_name(queue) for queue in queues}
        return {
            function_name(mapping["FunctionName"])
            for mapping in self._mappings()
            if _queue_name(mapping["EventSourceArn"]) in names
        }

    def _mappings(self) -> Iterator[Mapping[str, Any]]:
        return (each.properties for each in self.of_type("AWS::Lambda::EventSourceMapping"))


def function_name(function: str) -> str:
    """Return the name of a function, of its ARN or of that of its alias."""
    parts = function.split(":")
    return parts[6] if len(parts) > 6 else function  # noqa: PLR2004 (arn:aws:lambda:region:account:function:name)


def _queue_name(queue: str) -> str:
    return queue.replace("/", ":").rpartition(":")[2]
