"""A synthesized app, as the static proof and tests look at it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.naming import ALIAS


@dataclass(frozen=True)
class Resource:
    """A resource of a template."""

    stack: str
    logical_id: str
    type: str
    body: dict[str, Any]

    @property
    def where(self) -> str:
        """Where to find it."""
        return f"{self.stack}/{self.logical_id}"

    @property
    def properties(self) -> dict[str, Any]:
        """What the template says about it, with intrinsic functions as they are."""
        return dict(self.body.get("Properties", {}))


@dataclass(frozen=True)
class Assembly:
    """A synthesized app."""

    directory: Path
    templates: dict[str, dict[str, Any]]

    def all(self, type_: str) -> Iterator[Resource]:
        """Go through the resources of a type, in all stacks."""
        for stack, template in self.templates.items():
            for logical_id, body in template.get("Resources", {}).items():
                if body["Type"] == type_:
                    yield Resource(stack, logical_id, type_, body)

    def at(self, stack: str, logical_id: str) -> Resource:
        """Find a resource by its logical id. Raises KeyError if its stack has none of that."""
        body = self.templates[stack]["Resources"][logical_id]
        return Resource(stack, logical_id, body["Type"], body)

    def named(self, type_: str, key: str) -> dict[str, Resource]:
        """List the resources of a type by their name property."""
        return {resource.properties[key]: resource for resource in self.all(type_)}

    def invoked(self, resource: Resource) -> str:
        """The function that a mapping, a permission or an alias is for, by its name."""
        return self.text(resource.stack, resource.properties["FunctionName"]).removesuffix(f":{ALIAS}")

    def behind(self, stack: str, value: object) -> Resource | None:
        """Find the resource of its own stack that a value refers to. None if it is another's, or a parameter."""
        logical_id = referred(value)
        if logical_id is None or logical_id not in self.templates[stack]["Resources"]:
            return None
        return self.at(stack, logical_id)

    def text(self, stack: str, value: object) -> str:
        """Write out the intrinsic functions of a value: a resource by its own name, a parameter by its path.

        The alias of a function is written as the function.

        Raises ValueError for a function that is not known here.
        """
        match value:
            case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
                return self._name(stack, name)
            case {"Fn::Join": [separator, list(parts)]}:
                return str(separator).join(self.text(stack, part) for part in parts)
            case {"Fn::Select": [_, {"Fn::Split": [":", arn]}]}:  # the name in it
                return self.text(stack, arn)
            case {"Fn::Sub": str(pattern)}:
                return pattern
            case str() | int() | float():
                return str(value)
        raise ValueError(f"{stack}: cannot write out {value}")

    def _name(self, stack: str, logical_id: str) -> str:
        template = self.templates[stack]
        if logical_id.startswith("AWS::"):
            return f"<{logical_id.removeprefix('AWS::')}>"
        if logical_id in template.get("Parameters", {}):
            return str(template["Parameters"][logical_id]["Default"])
        properties = template["Resources"][logical_id].get("Properties", {})
        keys = ("QueueName", "TableName", "FunctionName", "LogGroupName", "TopicName", "RoleName")
        if template["Resources"][logical_id]["Type"] in (
            "AWS::ApiGatewayV2::Api",
            "AWS::ApiGateway::RestApi",
        ):
            return str(properties["Name"])
        unnamed = re.sub(r"[0-9A-F]{8}$", "", logical_id)
        return next((self.text(stack, properties[key]) for key in keys if key in properties), unnamed)


def referred(value: object) -> str | None:
    """Find the logical id of the resource that a value refers to, by its name or one of its attributes."""
    match value:
        case {"Ref": str(logical_id)} | {"Fn::GetAtt": [str(logical_id), _]}:
            return logical_id
    return None


def as_list(value: Any) -> list[Any]:  # noqa: ANN401 (any part of a template)
    """Make a list of what templates, policies and patterns have alone or in a list."""
    return value if isinstance(value, list) else [value]


def load(directory: Path) -> Assembly:
    """Read what was synthesized into a directory."""
    return Assembly(
        directory,
        {
            path.name.removesuffix(".template.json"): json.loads(path.read_text())
            for path in sorted(directory.glob("*.template.json"))
        },
    )
