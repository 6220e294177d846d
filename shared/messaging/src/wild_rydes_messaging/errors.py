"""Why a message was not handled, and what may be told of it."""

import traceback

from pydantic import ValidationError

_LONGEST_REASON = 512


class Unprocessable(Exception):
    """A message that can never be handled: it is parked at once, with this reason."""


class RetryLater(Exception):
    """The message is in order but its time has not come: it returns after `delay` seconds.

    Each return counts as a delivery for the queue's own redrive policy: for the odd early message, not for polling.
    """

    def __init__(self, delay: float) -> None:
        self.delay = delay
        super().__init__(f"not before {delay:.1f} s from now")


def reason(error: BaseException) -> str:
    """What logs and dead-letter queues may say of an error: never a value of the message, it may be personal data.

    Our own errors and those of AWS speak of ids and codes. A validation error is told by its fields; of Python's own
    errors, which quote whatever they met, just the type and the place are told. At most 512 printable characters.
    """
    if isinstance(error, ValidationError):
        text = "; ".join(
            f"{'.'.join(map(str, wrong['loc'])) or 'message'}: {wrong['type']}"
            for wrong in error.errors(include_url=False, include_context=False, include_input=False)
        )
    elif type(error).__module__ == "builtins":
        text = " ".join([type(error).__name__, *(f"at {place}" for place in stack(error)[-1:])])
    else:
        text = str(error)
    printable = "".join(character if character.isprintable() else "?" for character in text)
    return printable[:_LONGEST_REASON] or type(error).__name__


def stack(error: BaseException) -> list[str]:
    """Where an error came from, outermost call first: `module:line function`, without any value."""
    return [
        f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
