"""Why a message was not handled, and how much of that may be told."""

import traceback
from typing import TypedDict

from pydantic import ValidationError

from wild_rydes_contracts.invalid import listed, problems_of

_LONGEST_REASON = 1024


class Unprocessable(Exception):
    """The message can never be handled. It is parked at once, with this text as the reason."""


class RetryLater(Exception):
    """The message is in order, but its time has not come. It returns after `delay` seconds.

    The queue's redrive policy counts each return as a delivery: this is for the odd early message, not for
    polling.
    """

    def __init__(self, delay: float) -> None:
        self.delay = delay
        super().__init__(f"not before {delay:.1f} s from now")


class Description(TypedDict):
    """An error's type, what may be told of it, and where it came from."""

    error: str
    reason: str
    stack: list[str]


def describe(error: BaseException) -> Description:
    """Describe an error for a log line: no value of the message is in it."""
    return {"error": type(error).__name__, "reason": reason(error), "stack": stack(error)}


def reason(error: BaseException) -> str:
    """Describe an error for logs and dead-letter queues. Values of the message are left out.

    A value may be personal data. Our own errors and those of AWS keep their text, which names ids and codes.
    A validation error is described by its fields, and what was expected there. Python's own errors quote the value
    they met, so only their type and place are given. The description has at most 1024 characters, all printable.
    """
    if isinstance(error, ValidationError):
        text = f"no valid {error.title}: {listed(problems_of(error))}"
    elif type(error).__module__ == "builtins":
        text = " ".join([type(error).__name__, *(f"at {place}" for place in stack(error)[-1:])])
    else:
        text = str(error)
    printable = "".join(character if character.isprintable() else "?" for character in text)
    return printable[:_LONGEST_REASON] or type(error).__name__


def stack(error: BaseException) -> list[str]:
    """List where an error came from, outermost call first, as `module:line function`, without any value."""
    return [
        f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
