"""What DynamoDB refuses, before it is known which operation was called."""

from typing import Any


class Refusal(Exception):
    """A call is refused. `more` is what else the answer has."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.more = more


def invalid(message: str) -> Refusal:
    """Make the refusal of a call that can never succeed."""
    return Refusal("ValidationException", message)
