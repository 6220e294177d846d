"""What can go wrong with a call to a partner, and whose fault it is."""

from collections.abc import Iterator
from contextlib import contextmanager

from wild_rydes_circuit_breaker import Blame, Fault


class CallFailed(Exception):
    """A partner gave no answer. Its text is for logs and holds nothing the partner sent.

    `blame` says whose fault it is, `decline` is the reason under which the customer's request is declined.
    `retry_after`: seconds for which the partner wants to be left alone. `doubts_secret`: ours may be out of date.
    """

    blame = Blame.PARTNER
    decline = "partner-failed"
    doubts_secret = False

    def __init__(self, reason: str, retry_after: float = 0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class TimedOut(CallFailed):
    """No answer within the partner's time."""

    decline = "partner-timeout"


class WrongSignature(CallFailed):
    """The answer is not signed by the partner, as far as our secret can tell."""

    doubts_secret = True

    def __init__(self) -> None:
        super().__init__("wrong signature")


class Throttled(CallFailed):
    """The partner wants fewer calls."""

    blame = Blame.THROTTLED
    decline = "partner-throttled"


class OurFault(CallFailed):
    """We asked wrongly: the request, the credentials, or too little time left."""

    blame = Blame.OURS
    decline = "partner-unavailable"
    doubts_secret = True


def fault_of(error: Exception) -> Fault:
    """Whose fault an exception out of a call is: ours, unless it is known to be the partner's."""
    if isinstance(error, CallFailed):
        return Fault(error.blame, error.retry_after)
    return Fault(Blame.OURS)


@contextmanager
def reading() -> Iterator[None]:
    """Read a partner's answer inside this context: what cannot be read is the partner's fault."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, SyntaxError, TypeError, ValueError) as error:
        raise CallFailed(f"unreadable answer ({type(error).__name__})") from None
