"""The recorded calls as a function of the AWS stage would make them: with that stage's names.

The variables in a recorded call are those of the function's environment in the template. So a call meets the
permissions by way of the template's own environment: a variable that names the wrong resource is found, too.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.assembly import Resource
from infra.proof.recording import Calls, Shape
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

    Functions with one handler, one for each partner, may all do what any of them was seen to do.

    Raises:
        NotDeployed: a function is not there any more, or does not have a variable that it used.
    """
    functions = list(resolver.assembly.all("AWS::Lambda::Function"))
    recorded = {_recorded_name(resolver.name(each), calls): each for each in functions}
    if gone := sorted(set(calls) - set(recorded)):
        raise NotDeployed(f"there is no function {', '.join(gone)}: record the calls anew")
    for function in functions:
        name = resolver.name(function)
        environment = {
            variable: resolver.text(function.stack, value)
            for variable, value in function.properties.get("Environment", {}).get("Variables", {}).items()
        }
        translation = _Translation(environment, prefix=name.removesuffix(_recorded_name(name, calls)))
        alike = [other for other, each in recorded.items() if _handler(each) == _handler(function)]
        for other in alike:
            for call, shapes in calls.get(other, {}).items():
                service, operation = call.split(".")
                for shape in shapes:
                    for parameters in translation.of_call(shape):
                        yield Call(function, name, service, operation, parameters, environment)


def _handler(function: Resource) -> tuple[str, str]:
    return function.stack, function.properties["Handler"]


def _recorded_name(name: str, calls: Calls) -> str:
    """Take the environment off a function's name: it comes first in every name, and the cloud that records has none."""
    environment, _, rest = name.partition("-")
    return name if name in calls or not environment.isalnum() else rest


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
        """The name or the URL of a queue, which a variable may name by either, by its ARN, or by a pattern."""
        found = self._text("", text)
        if not text.startswith("{"):
            found = f"{self._prefix}{found}"
        queue = found.rpartition("/")[2].rpartition(":")[2].replace("*", "requester")
        return queue if name == "QueueName" else f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue}"

    def _variable(self, found: re.Match[str]) -> str:
        variable, key = found.groups()
        try:
            value = self._environment[variable]
            return str(json.loads(value)[key]) if key else value
        except KeyError:
            raise NotDeployed(f"the function has no {found[0]}: record the calls anew") from None
