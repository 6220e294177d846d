"""What functions have in place of botocore's clients: the same methods, answers and exceptions."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

Answer = dict[str, Any]
Call = Callable[[str, Mapping[str, Any]], Answer]
"""Makes a call: the operation as botocore's method is named, its arguments → the answer. Raises botocore's errors."""


@cache
def _refusal(code: str) -> type[ClientError]:
    return type(code, (ClientError,), {})


class Exceptions:
    """The exceptions of any client, by their codes."""

    def __getattr__(self, code: str) -> type[ClientError]:
        return _refusal(code)


def refused(operation: str, code: str, message: str = "", *, status: int = 400, **more: Any) -> ClientError:
    """Make what botocore raises when AWS refuses a call. `more` is what else its answer has."""
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return _refusal(code)(answer, operation)


class Client:
    """A client of one service, whose every call is made by `call`."""

    exceptions = Exceptions()

    def __init__(self, call: Call) -> None:
        self._call = call

    @classmethod
    def of(cls, model: object) -> "Client":
        """Make a client whose calls are made at once, by a model's methods of the same names."""
        return cls(lambda operation, arguments: getattr(model, operation)(arguments))

    def __getattr__(self, operation: str) -> Callable[..., Answer]:
        def method(**arguments: Any) -> Answer:
            return self._call(operation, arguments)

        self.__dict__[operation] = method
        return method

    def generate_presigned_url(self, ClientMethod: str, **arguments: Any) -> str:  # noqa: N803 - botocore's name
        """Make a URL. Botocore does that by itself; here the model does it, as it reads the URL later."""
        answer: Any = self._call("generate_presigned_url", {"ClientMethod": ClientMethod, **arguments})
        return str(answer)

    def get_paginator(self, operation: str) -> "Paginator":
        """Make what goes through the pages of an operation of DynamoDB."""
        return Paginator(getattr(self, operation))


class Paginator:
    """Goes from page to page."""

    def __init__(self, method: Callable[..., Answer]) -> None:
        self._method = method

    def paginate(self, **arguments: Any) -> Iterator[Answer]:
        """Yield the pages, each when it is wanted."""
        if config := arguments.pop("PaginationConfig", None):
            arguments["Limit"] = config["PageSize"]
        page = self._method(**arguments)
        yield page
        while last := page.get("LastEvaluatedKey"):
            page = self._method(**arguments, ExclusiveStartKey=last)
            yield page
