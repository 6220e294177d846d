"""The message that has a partner called about a ride.

It stays inside this service, and so does its contract.
"""

from typing import ClassVar, Literal

from wild_rydes_contracts import Message, Money


class RideOrder(Message):
    """Book this ride at the partner before the metadata's deadline, or cancel it there, however late.

    `rfq_id` is what the partner quoted for, at this `price`.
    """

    name: ClassVar[str] = "RideOrder"
    version: ClassVar[int] = 1

    what: Literal["book", "cancel"]
    partner_id: str
    ride_id: str
    rfq_id: str
    price: Money
