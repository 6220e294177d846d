"""A synthesized app, as tests look at it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Resource:
    stack: str
    logical_id: str
    type: str
    body: dict[str, Any]

    @property
    def properties(self) -> dict[str, Any]:
        return dict(self.body.get("Properties", {}))


@dataclass(frozen=True)
class Assembly:
    """A synthesized app."""

    directory: Path
    templates: dict[str, dict[str, Any]]

    def all(self, type_: str) -> Iterator[Resource]:
        for stack, template in self.templates.items():
            for logical_id, body in template["Resources"].items():
                if body["Type"] == type_:
                    yield Resource(stack, logical_id, type_, body)

    def named(self, type_: str, key: str) -> dict[str, Resource]:
        """The resources of a type, by their name property."""
        return {resource.properties[key]: resource for resource in self.all(type_)}

    def text(self, stack: str, value: Any) -> str:
        """A value with its intrinsic functions written out: a resource by its own name, a parameter by its path."""
        match value:
            case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
                return self._name(stack, name)
            case {"Fn::Join": [separator, parts]}:
                return str(separator).join(self.text(stack, part) for part in parts)
            case {"Fn::Sub": str(pattern)}:
                return pattern
            case str() | int() | float():
                return str(value)
        raise AssertionError(f"{stack}: cannot write out {value}")

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


def load(directory: Path) -> Assembly:
    """What was synthesized into a directory."""
    return Assembly(
        directory,
        {
            path.name.removesuffix(".template.json"): json.loads(path.read_text())
            for path in sorted(directory.glob("*.template.json"))
        },
    )
