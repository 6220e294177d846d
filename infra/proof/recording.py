"""Reduce the AWS calls that a local cloud has recorded to what does not change from run to run.

What remains of a call is its shape: the names of its parameters, its expressions, and what stands for its values. A
resource is written as the environment variable that names it to the function, such as `{TABLE_NAME}`, so that the
shape is true of every environment. No id, no number of a phone and no text of a person remains.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, Final, TypeAlias

Shape: TypeAlias = dict[str, Any]
Calls: TypeAlias = dict[str, dict[str, list[Shape]]]
"""Function -> `service.Operation` -> the shapes of its parameters, sorted."""

FILE: Final = Path(__file__).with_name("calls.json")

_RESOURCES: Final = {
    *("Bucket", "ConfigurationSetName", "EventBusName", "KeyId", "Name", "QueueName", "QueueUrl", "SecretId"),
    *("RoleArn", "SNSTopicArn", "TableName", "TopicArn", "UserPoolId", "stateMachineArn"),
}
"""Parameters that name a resource."""
_KEPT: Final = {
    *("CacheControl", "ConditionExpression", "ContentType", "DataType", "DetailType", "FilterExpression"),
    "TaggingDirective",
    *("IndexName", "KeyConditionExpression", "MessageType", "ProjectionExpression", "ReturnValues"),
    *("ReturnValuesOnConditionCheckFailure", "Select", "Source", "UpdateExpression"),
    "AttributeNames",
}
"""Parameters whose text is ours."""
_DECISIVE: Final = {*_RESOURCES, "IndexName", "Item", "Key", "Keys", "Source"}
"""Parameters on which permissions depend."""
_NAMED_BY_STRANGERS: Final = {"documents", "reports"}
"""Folders in which others than we have named the rest."""
_SET_BY_MACHINE: Final = re.compile("AWS_|POWERTOOLS_|_|PATH$|HOME$")
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBER: Final = re.compile(r"(?<=/)\d+(?=\.)")
_OWN_WORD: Final = re.compile("[a-z_]+")
_VEHICLE: Final = "u-v-"
"""Begins the key of a vehicle, whose rides more functions may write than those of other unicorns."""
_LONGEST_SAMPLE: Final = 64


def recorded(folder: Path) -> Iterator[tuple[str, str, Mapping[str, str], Shape]]:
    """Read what the workers of a cloud have written: function, `service.Operation`, environment, parameters."""
    for file in sorted(folder.glob("*.jsonl")):
        function, environment = "", {}
        for line in file.read_text().splitlines():
            entry = json.loads(line)
            if "environment" in entry:
                environment = entry["environment"]
                function = plain_name(entry["function"], environment)
            else:
                yield function, f"{entry['service']}.{entry['operation']}", environment, entry["parameters"]


def prefix_of(function: str, environment: Mapping[str, str]) -> str:
    """Find what the environment puts in front of all names: in a function's, what comes before its service."""
    service = environment.get("POWERTOOLS_SERVICE_NAME")
    return function.partition(service)[0] if service and service in function else ""


def plain_name(function: str, environment: Mapping[str, str]) -> str:
    """Name a function as in a recording: of whatever environment, and with all that do the same for another partner."""
    name = function.removeprefix(prefix_of(function, environment))
    return _of_any_partner(name, environment)


def _of_any_partner(name: str, environment: Mapping[str, str]) -> str:
    partner = environment.get("PARTNER_ID")
    return name.replace(partner, "{PARTNER_ID}") if partner else name


def reduce(folder: Path) -> Calls:
    """Reduce the calls in the folder of a cloud."""
    found: dict[str, dict[str, dict[str, Shape]]] = {}
    for function, call, environment, parameters in recorded(folder):
        shapes = found.setdefault(function, {}).setdefault(call, {})
        for shape in _Reduction(environment).shapes(parameters):
            shapes[_text(shape)] = shape
    return _sorted(found)


def union(one: Calls, other: Calls) -> Calls:
    """Put the calls of two recordings together."""
    found: dict[str, dict[str, dict[str, Shape]]] = {}
    for calls in (one, other):
        for function, operations in calls.items():
            for call, shapes in operations.items():
                known = found.setdefault(function, {}).setdefault(call, {})
                known.update((_text(shape), shape) for shape in shapes)
    return _sorted(found)


def unknown(found: Calls, known: Calls) -> list[str]:
    """List what a recording has and another has not: functions, operations, resources, indexes and kinds of items.

    How a call is worded does not count: which expressions are needed may depend on who is faster. Nor does what a
    consumer does when its work fails, which is chance: infra/proof/deliveries.py asks it of all consumers.
    """

    def calls_of(recording: Calls) -> set[str]:
        return {
            f"{function}: {call} {_text(_decisive(shape))}"
            for function, operations in recording.items()
            for call, shapes in operations.items()
            for shape in shapes
            if not _is_of_failures(function, call, shape)
        }

    return sorted(calls_of(found) - calls_of(known))


def read(file: Path = FILE) -> Calls:
    """Read a file of calls. One that does not exist has none."""
    calls: Calls = json.loads(file.read_text()) if file.exists() else {}
    return calls


def write(calls: Calls, file: Path = FILE) -> None:
    """Write a file of calls, one shape a line."""
    functions = []
    for function, operations in calls.items():
        lines = [
            f"  {json.dumps(call)}: [\n   " + ",\n   ".join(map(_text, shapes)) + "\n  ]"
            for call, shapes in operations.items()
        ]
        functions.append(f" {json.dumps(function)}: {{\n" + ",\n".join(lines) + "\n }")
    file.write_text("{\n" + ",\n".join(functions) + "\n}\n")


def _sorted(found: Mapping[str, Mapping[str, Mapping[str, Shape]]]) -> Calls:
    return {
        function: {
            call: [shapes[text] for text in sorted(shapes)] for call, shapes in sorted(operations.items())
        }
        for function, operations in sorted(found.items())
    }


def _text(shape: Shape) -> str:
    return json.dumps(shape, sort_keys=True)


def _is_of_failures(function: str, call: str, shape: Shape) -> bool:
    """Whether a consumer backs off, for which it looks its queue up, or gives a message up; all that a replay does."""
    if function.endswith("-replay"):
        return True
    if call == "sqs.GetQueueUrl":
        return bool(shape["QueueName"] != "{RETURN_ADDRESSES.*}")
    return call == "sqs.ChangeMessageVisibilityBatch" or shape.get("QueueUrl") in (
        "{DEAD_LETTER_QUEUE_URL}",
        "{PARKING_QUEUE_URL}",
    )


def _decisive(value: Any) -> Any:  # noqa: ANN401 - any part of a shape
    """What permissions depend on."""
    if isinstance(value, list):
        return [_decisive(each) for each in value]
    if not isinstance(value, dict):
        return None
    members = {name: each if name in _DECISIVE else _decisive(each) for name, each in value.items()}
    return {name: each for name, each in members.items() if each}


class _Reduction:
    """Reduces the parameters of one function's calls."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._variables = dict(_variables(environment))
        self._environment = environment
        self._prefix = prefix_of(environment.get("AWS_LAMBDA_FUNCTION_NAME", ""), environment)

    def shapes(self, parameters: Shape) -> Iterator[Shape]:
        """Reduce parameters. A list of several kinds of elements gives a shape for each."""
        yield from self._of_members(parameters)

    def _of(self, name: str, value: Any) -> Iterable[Any]:  # noqa: ANN401 - any parameter
        match value:
            case {"id": {"S": key}} if name in ("Key", "Keys", "Item"):
                # The other attributes of an item have names and values of our own.
                return [{"id": {"S": self._key(key)}}]
            case {"$bytes": _}:
                return [{"$bytes": 1}]
            case dict():
                return self._of_map(name, value)
            case list():
                return [[element] for each in value for element in self._of(name, each)] or [[]]
        return [self._scalar(name, value)]

    def _of_map(self, name: str, value: Mapping[str, Any]) -> Iterable[Any]:
        match name:
            case "ExpressionAttributeValues":
                return [{key: _type_of(each) for key, each in value.items()}]
            case "ExpressionAttributeNames":
                return [{key: each if _OWN_WORD.fullmatch(each) else "*" for key, each in value.items()}]
            case "RequestItems":
                return self._of_members(
                    {self._resource("TableName", key): each for key, each in value.items()}
                )
            case "S3Object":
                return [{"Bucket": self._resource("Bucket", value["Bucket"]), "Name": "*"}]
        return self._of_members(value)

    def _scalar(self, name: str, value: Any) -> Any:  # noqa: ANN401 - any parameter
        if isinstance(value, str) and name in _RESOURCES:
            return self._resource(name, value)
        if isinstance(value, str) and name not in _KEPT:
            return _object(value) if name == "Key" else _sample(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return min(value, 1)
        return value

    def _of_members(self, members: Mapping[str, Any]) -> Iterator[Shape]:
        names = sorted(members)
        for values in product(*(list(self._of(name, members[name])) for name in names)):
            yield dict(zip(names, values, strict=True))

    def _resource(self, name: str, value: str) -> str:
        """Write a resource as the variable that has it, or by its name if there is none."""
        own_name = value.rpartition("/")[2] if name == "QueueUrl" else value
        if own_name in self._variables:
            return f"{{{self._variables[own_name]}}}"
        return _of_any_partner(own_name.removeprefix(self._prefix), self._environment)

    def _key(self, key: str) -> str:
        """Write the key of an item: the word in front, which tells its kind, and the partner whose function it is."""
        if key.startswith(_VEHICLE):
            return f"{_VEHICLE}*"
        kind, *rest = key.split("#")
        if not rest or not _OWN_WORD.fullmatch(kind):
            return "*"
        if rest[0] == self._environment.get("PARTNER_ID"):
            rest = ["{PARTNER_ID}", *(["*"] if rest[1:] else [])]
            return "#".join([kind, *rest])
        return f"{kind}#*"


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Find what each of the function's variables names. That of a queue's URL or ARN is the queue's name.

    Of several in one variable, each stands for all. The last to name something counts: one that is the name itself,
    not a URL that ends with it, and of these the first in the alphabet.
    """
    backwards = sorted(environment.items(), reverse=True)
    for variable, text in sorted(backwards, key=lambda entry: "://" not in entry[1]):
        if _SET_BY_MACHINE.match(variable):
            continue
        values = json.loads(text) if text.startswith("{") else {"": text}
        for value in map(str, values.values()):
            last = "/" if "://" in value else ":" if value.startswith("arn:aws:sqs:") else ""
            name = value.rpartition(last)[2] if last else value
            yield name, f"{variable}.*" if text.startswith("{") else variable


def _object(key: str) -> str:
    """Write the key of an object: our own words in it, without ids and numbers. Where there is none in front, strangers
    have named the whole.
    """
    folder, _, name = key.partition("/")
    if folder in _NAMED_BY_STRANGERS:
        return f"{folder}/*"
    return _NUMBER.sub("*", _ID.sub("*", key)) if name and _OWN_WORD.fullmatch(folder) else "*"


def _type_of(value: Mapping[str, Any]) -> dict[str, Any]:
    """Write an attribute's value as its type, with the least that it can be."""
    (kind,) = value
    least: dict[str, Any] = {
        "S": "a",
        "N": "1",
        "B": {"$bytes": 1},
        "BOOL": True,
        "NULL": True,
        "M": {},
        "L": [],
    }
    return {kind: least.get(kind, ["1" if kind == "NS" else "a"])}


def _sample(value: str) -> str:
    """Write a text as another of the same length and the same kinds of characters, and a long one short."""
    if len(value) > _LONGEST_SAMPLE or not re.fullmatch(r"[A-Za-z0-9+_.:/#@=-]+", value):
        return "text" if value else ""
    if value.lstrip("+").isdecimal():
        return re.sub("[0-9]", "1", value)
    return re.sub("[a-z0-9]", "a", re.sub("[A-Z]", "A", value))
