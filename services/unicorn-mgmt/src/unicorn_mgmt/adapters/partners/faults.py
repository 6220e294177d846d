"""What can go wrong with a call to a partner, and whose fault it is."""

from collections.abc import Iterator
from contextlib import contextmanager

from wild_rydes_circuit_breaker import Blame, Fault

LONGEST_WAIT = 3600.0
"""Seconds. No partner is left alone for longer, whatever it asks for."""


class CallFailed(Exception):
    """A partner gave no answer. The error's text is for logs and holds nothing that the partner sent.

    `blame` says whose fault it is. `decline` is the reason with which the customer's request is declined.
    `retry_after` counts the seconds, 0 to `LONGEST_WAIT`, for which the partner wants no calls.
    `doubts_secret` means that our secret may be out of date. `transient`: the same call may succeed later. `harmless`
    means that the partner has not done what it was asked for, for certain; after any other failure it may have.
    """

    transient = True
    blame = Blame.PARTNER
    decline = "partner-failed"
    doubts_secret = False
    harmless = False

    def __init__(self, reason: str, retry_after: float = 0) -> None:
        super().__init__(reason)
        self.retry_after = min(max(0.0, retry_after), LONGEST_WAIT)  # of 0.0 and nan, max takes the first


class TimedOut(CallFailed):
    """No answer within the partner's time."""

    decline = "partner-timeout"


class WrongSignature(CallFailed):
    """The partner has not signed the answer, as far as our secret can tell."""

    doubts_secret = True

    def __init__(self) -> None:
        super().__init__("wrong signature")


class Throttled(CallFailed):
    """The partner wants fewer calls."""

    blame = Blame.THROTTLED
    decline = "partner-throttled"
    harmless = True


class OurFault(CallFailed):
    """The mistake is ours: a wrong request, wrong credentials, or too little time left."""

    blame = Blame.OURS
    decline = "partner-unavailable"
    doubts_secret = True


class Refused(OurFault):
    """The partner does not take such a request, or it could not even be made: the next will fare no better."""

    harmless = True


def fault_of(error: Exception) -> Fault:
    """Tell whose fault an exception of a call is: ours, unless it is known to be the partner's."""
    if isinstance(error, CallFailed):
        return Fault(error.blame, error.retry_after)
    return Fault(Blame.OURS)


@contextmanager
def reading() -> Iterator[None]:
    """Read a partner's answer inside this context. Raises CallFailed if the answer makes no sense."""
    try:
        yield
    except CallFailed:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a partner sends
        raise CallFailed(f"unreadable answer ({type(error).__name__})") from None
