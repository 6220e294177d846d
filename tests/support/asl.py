"""Run a state machine's definition (Amazon States Language, JSONPath) in no time, with a function for its calls.

It knows what our definitions use, and refuses everything else. Retries are not taken: a call that raises `TaskFailed` has
failed each time. The items of a Map come one after the other.
"""

import json
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

from jsonpath_ng.ext.parser import parse as parsed

Call = Callable[[str, str, dict[str, Any]], dict[str, Any]]
"""Answers a call: service, operation, parameters."""

parse: Final = cache(parsed)
_EXECUTION: Final = "$$.Execution.Name"
_MOST: Final = 100
"""Steps of an execution: more are a loop without an end."""


class TaskFailed(Exception):
    """A call of the SDK has failed. The error has the name that Step Functions gives it."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(error, cause)
        self.error, self.cause = error, cause


def run(definition: dict[str, Any], data: Any, call: Call, execution: str = "an-execution") -> list[str]:
    """Execute it to its end, and return the names of the states in order.

    Raises:
        TaskFailed: the execution fails.
    """
    seen: list[str] = []
    _execute(definition, data, call, execution, seen)
    return seen


def _execute(definition: dict[str, Any], data: Any, call: Call, execution: str, seen: list[str]) -> Any:
    """Execute a definition, or the part of it that a Map has for each item; return its output, and add to `seen`."""
    name = definition["StartAt"]
    while True:
        seen.append(name)
        assert len(seen) < _MOST, seen
        state = definition["States"][name]
        match state["Type"]:
            case "Wait":
                assert state["Seconds"] > 0
            case "Pass":
                data = _put(data, state["ResultPath"], state["Result"])
            case "Choice":
                name = next((each["Next"] for each in state["Choices"] if _holds(each, data)), "")
                name = name or state["Default"]
                continue
            case "Task" | "Map" as type_:
                try:
                    result = (
                        _task(state, data, call, execution)
                        if type_ == "Task"
                        else [
                            _execute(state["ItemProcessor"], item, call, execution, seen)
                            for item in _at(data, state["ItemsPath"])
                        ]
                    )
                except TaskFailed as failed:
                    caught = next((c for c in state.get("Catch", ()) if _catches(c, failed)), None)
                    if caught is None:
                        raise
                    data = _put(data, caught["ResultPath"], {"Error": failed.error, "Cause": failed.cause})
                    name = caught["Next"]
                    continue
                data = _put(data, state.get("ResultPath", "$"), result)
                data = _at(data, state.get("OutputPath", "$"))
            case "Fail":
                raise TaskFailed(_at(data, state["ErrorPath"]), _at(data, state["CausePath"]))
            case "Succeed":
                return data
            case unknown:
                raise NotImplementedError(unknown)
        if state.get("End"):
            return data
        name = state["Next"]


def _task(state: dict[str, Any], data: Any, call: Call, execution: str) -> Any:
    *_, service, operation = state["Resource"].split(":")
    parameters = json.loads(json.dumps(_filled(state["Parameters"], data)).replace(_EXECUTION, execution))
    result = call(service, operation, parameters)
    return _filled(state["ResultSelector"], result) if "ResultSelector" in state else result


def _catches(catcher: dict[str, Any], failed: TaskFailed) -> bool:
    return bool({failed.error, "States.TaskFailed", "States.ALL"} & set(catcher["ErrorEquals"]))


def _holds(rule: dict[str, Any], data: Any) -> bool:
    match rule:
        case {"And": parts}:
            return all(_holds(part, data) for part in parts)
        case {"Variable": path, "IsPresent": present}:
            return bool(parse(path).find(data)) is present
        case {"Variable": path, "StringMatches": pattern}:
            return fnmatchcase(_at(data, path), pattern)
    raise NotImplementedError(rule)


def _filled(template: Any, data: Any) -> Any:
    match template:
        case dict():
            return dict(_field(key, value, data) for key, value in template.items())
        case list():
            return [_filled(each, data) for each in template]
    return template


def _field(key: str, value: Any, data: Any) -> tuple[str, Any]:
    return (key[:-2], _value(value, data)) if key.endswith(".$") else (key, _filled(value, data))


def _value(text: str, data: Any) -> Any:
    if text == "$$.Task.Token":
        return "token"
    if text == _EXECUTION:
        return text  # for the task, which knows it
    intrinsic = re.fullmatch(r"States\.(\w+)\((.*)\)", text)
    if not intrinsic:
        return _at(data, text)
    values = list(_arguments(intrinsic[2], data))
    match intrinsic[1]:
        case "Array":
            return values
        case "ArrayLength":
            return len(values[0])
        case "Format":
            return values[0].replace("{}", "%s") % tuple(values[1:])
    raise NotImplementedError(text)


def _arguments(text: str, data: Any) -> Iterator[Any]:
    for each in text.split(", "):
        yield each.strip("'") if each.startswith("'") else _at(data, each)


def _at(data: Any, path: str) -> Any:
    """The value at a path. A path with a filter has a list of them."""
    found = [match.value for match in parse(path).find(data)]
    if "?" in path:
        return found
    assert len(found) == 1, f"{path} is nowhere in {json.dumps(data)}"
    return found[0]


def _put(data: Any, path: str | None, value: Any) -> Any:
    if path is None:
        return data
    return value if path == "$" else {**data, path.removeprefix("$."): value}
