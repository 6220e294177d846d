"""The message that closes an RFQ, or fails a booking, at its deadline.

Only this service sends and receives it, so its contract is defined here.
"""

from dataclasses import dataclass
from typing import ClassVar

from wild_rydes_contracts import Envelope, Message

LONGEST_DELAY = 900
"""Seconds. SQS delays a message by 15 minutes at most, which is also the longest an RFQ runs."""


class RfqDeadline(Message):
    """Says that the deadline of an RFQ has come, or that of its ride of the number `ride`.

    The message is delayed so that it arrives just then.
    Its metadata carry no deadline: consumers drop a message whose deadline has passed.
    """

    name: ClassVar[str] = "RfqDeadline"
    version: ClassVar[int] = 1

    rfq_id: str
    ride: int | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    """A deadline's message, and the seconds to wait before it arrives: 0 to `LONGEST_DELAY`."""

    message: Envelope[RfqDeadline]
    delay: int
