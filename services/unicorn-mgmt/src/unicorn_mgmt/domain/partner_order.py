"""The message that has a partner called about a ride. It stays inside this service, so its contract does, too."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar, Literal

from wild_rydes_contracts import Envelope, Message, Money
from wild_rydes_messaging.queue import Outgoing, Queue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


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


class Orders:
    """Sends orders, each to its partner's queue for rides. `queues` are their URLs by the partner's id."""

    def __init__(self, sqs: "SQSClient", queues: Mapping[str, str]) -> None:
        self._queues = {id_: Queue(sqs, url) for id_, url in queues.items()}

    def send(self, orders: Sequence[Envelope[RideOrder]]) -> list[Envelope[RideOrder]]:
        """Send all; those are given back whose partner has no queue, as it is a partner no more.

        Raises DeliveryError when a queue does not take one, and botocore's errors when it cannot be reached.
        """
        by_partner = sorted(orders, key=lambda order: order.data.partner_id)
        unsent: list[Envelope[RideOrder]] = []
        for partner_id, group in groupby(by_partner, key=lambda order: order.data.partner_id):
            if queue := self._queues.get(partner_id):
                queue.send([Outgoing(str(order.metadata.event_id), order.to_json()) for order in group])
            else:
                unsent += group
        return unsent
