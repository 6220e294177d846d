"""The message that closes an RFQ, or fails a booking, at its deadline. It stays inside this service, so its contract does, too."""

from typing import ClassVar

from wild_rydes_contracts import Message


class RfqDeadline(Message):
    """The deadline of this RFQ, or of its ride of that number, has come: it was sent with a delay to arrive just then.

    The deadline itself does not stand in the metadata, where it would mean that the message is dropped once it passes.
    """

    name: ClassVar[str] = "RfqDeadline"
    version: ClassVar[int] = 1

    rfq_id: str
    ride: int | None = None
