"""An AWS account that answers each call as it was told to."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from infra.naming import PLAIN, Names


def refused(code: str, message: str = "") -> ClientError:
    """What botocore raises for an answer with this error."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")


class FakeAccount:
    """Answers by `service.operation`: a mapping, an exception to raise, or a function of the call's arguments."""

    def __init__(self, answers: Mapping[str, Any], names: Names = PLAIN) -> None:
        self.names = names
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._answers = answers

    def client(self, service: str, /) -> Any:
        return _Client(service, self._answer)

    def _answer(self, call: str, arguments: dict[str, Any]) -> Any:
        self.calls.append((call, arguments))
        answer = self._answers[call]
        answer = answer(**arguments) if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return answer


class _Client:
    meta = SimpleNamespace(region_name="eu-west-1", events=SimpleNamespace(register=lambda *_: None))
    exceptions = SimpleNamespace(
        ResourceAlreadyExistsException=type("ResourceAlreadyExistsException", (ClientError,), {}),
        ResourceNotFoundException=type("ResourceNotFoundException", (ClientError,), {}),
        UserNotFoundException=type("UserNotFoundException", (ClientError,), {}),
    )

    def __init__(self, service: str, answer: Callable[[str, dict[str, Any]], Any]) -> None:
        self._service = service
        self._answer = answer

    def __getattr__(self, operation: str) -> Any:
        return lambda **arguments: self._answer(f"{self._service}.{operation}", arguments)

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **arguments: [getattr(self, operation)(**arguments)])
