"""The message that closes an RFQ, or fails a booking, at its deadline. It stays inside this service, so its contract does, too."""

from dataclasses import dataclass
from typing import ClassVar

from wild_rydes_contracts import Envelope, Message

LONGEST_DELAY = 900
"""Seconds. SQS delays a message by 15 minutes at most, which is also the longest an RFQ runs."""


class RfqDeadline(Message):
    """The deadline of this RFQ, or of its ride of that number, has come: it was sent with a delay to arrive just then.

    The deadline itself does not stand in the metadata, where it would mean that the message is dropped once it passes.
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
