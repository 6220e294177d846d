"""The recorded calls as a function of the AWS stage would make them: with that stage's names.

The variables in a recorded call are those of the function's environment in the template. So a call meets the
permissions by way of the template's own environment: a variable that names the wrong resource is found, too.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from infra.assembly import Resource
from infra.proof.recording import Calls, Shape, plain_name, prefix_of
from infra.proof.resolver import ACCOUNT, REGION, Resolver

_SEVERAL: Final = re.compile(r"\{([A-Z_]+)\.\*\}")
_VARIABLE: Final = re.compile(r"\{([A-Z_]+)(?:\.([^}]+))?\}")


@dataclass(frozen=True)
class Call:
    """One call of one function, with one shape of parameters."""

    function: Resource
    name: str
    """The function's physical name."""
    service: str
    operation: str
    parameters: Shape
    environment: Mapping[str, str]
    """The function's, with intrinsic functions resolved."""

    def __str__(self) -> str:
        """Say which call it is: for findings."""
        return f"{self.service}.{self.operation}"


class NotDeployed(LookupError):
    """A recorded call has no function or no variable in the templates."""


def deployed(calls: Calls, resolver: Resolver) -> Iterator[Call]:
    """Translate recorded calls to the AWS stage.

    Raises:
        NotDeployed: a function is not there any more, or does not have a variable that it used.
    """
    functions = [_Function.of(each, resolver) for each in resolver.assembly.all("AWS::Lambda::Function")]
    if gone := sorted(set(calls) - {each.recorded for each in functions}):
        raise NotDeployed(f"there is no function {', '.join(gone)}: record the calls anew")
    for function in functions:
        translation = _Translation(function.environment, prefix=function.prefix)
        for call, shapes in calls.get(function.recorded, {}).items():
            service, operation = call.split(".")
            for parameters in chain.from_iterable(map(translation.of_call, shapes)):
                resource, name, environment = function.resource, function.name, function.environment
                yield Call(resource, name, service, operation, parameters, environment)


@dataclass(frozen=True)
class _Function:
    resource: Resource
    name: str
    environment: Mapping[str, str]
    prefix: str
    """The environment's, which comes first in all names."""

    @classmethod
    def of(cls, resource: Resource, resolver: Resolver) -> "_Function":
        variables = resource.properties.get("Environment", {}).get("Variables", {})
        environment = {name: resolver.text(resource.stack, value) for name, value in variables.items()}
        name = resolver.name(resource)
        return cls(resource, name, environment, prefix_of(name, environment))

    @property
    def recorded(self) -> str:
        """Its name in a recording."""
        return plain_name(self.name, self.environment)


class _Translation:
    def __init__(self, environment: Mapping[str, str], prefix: str) -> None:
        self._environment = environment
        self._prefix = prefix

    def of_call(self, shape: Shape) -> Iterator[Shape]:
        """Translate a call. One to any of several resources stands for calls to all of them."""
        text = json.dumps(shape)
        several = _SEVERAL.search(text)
        if several is None:
            yield self._of("", shape)
            return
        variable = several[1]
        if variable not in self._environment:
            raise NotDeployed(f"the function has no {several[0]}: record the calls anew")
        for key in json.loads(self._environment[variable]):
            yield from self.of_call(json.loads(text.replace(several[0], f"{{{variable}.{key}}}")))

    def _of(self, name: str, value: Any) -> Any:  # noqa: ANN401 - any parameter
        match value:
            case dict():
                return {self._text(name, key): self._of(key, each) for key, each in value.items()}
            case list():
                return [self._of(name, each) for each in value]
            case str():
                return self._text(name, value)
        return value

    def _text(self, name: str, text: str) -> str:
        if name in ("QueueName", "QueueUrl"):
            return self._queue(name, text)
        return _VARIABLE.sub(self._variable, text)

    def _queue(self, name: str, text: str) -> str:
        """The name or the URL of a queue, which a variable may name by either, or by its ARN."""
        found = self._text("", text)
        if not text.startswith("{"):
            found = f"{self._prefix}{found}"
        queue = found.rpartition("/")[2].rpartition(":")[2]
        return queue if name == "QueueName" else f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue}"

    def _variable(self, found: re.Match[str]) -> str:
        variable, key = found.groups()
        try:
            value = self._environment[variable]
            return str(json.loads(value)[key]) if key else value
        except KeyError:
            raise NotDeployed(f"the function has no {found[0]}: record the calls anew") from None
