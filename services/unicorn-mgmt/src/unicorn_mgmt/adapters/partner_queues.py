"""One pair of queues a partner: RFQs to answer, and rides to book or cancel."""

import json
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import UUID

from unicorn_mgmt.adapters.partners.roster import Partner
from unicorn_mgmt.domain.callback_due import CallbackDue
from unicorn_mgmt.domain.partner_order import RideOrder
from unicorn_mgmt.domain.unicorn import Place
from wild_rydes_contracts import Envelope, RfqRequested
from wild_rydes_messaging.consume import Received
from wild_rydes_messaging.deliver import DeliveryError, Receipt
from wild_rydes_messaging.errors import Unprocessable
from wild_rydes_messaging.send import Outgoing, Queue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


SENDS_AT_ONCE = 10
"""Queues that are sent to at the same time: botocore's default for the connections that a client keeps open."""


class RequestQueues:
    """Hands RFQs on to partners. `queues` has the URL of each partner's queue by the partner's id.

    A slow partner fills its own queue and no other's. A partner gets the event as it came, with its id:
    handling a duplicate gives the same answer again.
    """

    def __init__(self, sqs: "SQSClient", partners: Mapping[str, Partner], queues: Mapping[str, str]) -> None:
        self._areas = {id_: partners[id_].area for id_ in queues}
        self._queues = {id_: Queue(sqs, url) for id_, url in queues.items()}

    def serving(self, place: Place) -> tuple[str, ...]:
        """List the ids of the partners whose area covers the place."""
        return tuple(id_ for id_, area in self._areas.items() if area.covers(place))

    def forward(self, asked: Sequence[tuple[Received[RfqRequested], Sequence[str]]]) -> list[Receipt]:
        """Send each RFQ to its partners, in one batch to each queue, to all queues at once.

        Return what failed, by message ids. A queue that fails keeps nothing from the others. A message with an
        error has to be handled again, as a whole.
        """
        batches = {
            id_: [Outgoing(m.message_id, _body(m)) for m, partners in asked if id_ in partners]
            for id_ in self._queues
        }
        wanted = {id_: batch for id_, batch in batches.items() if batch}
        failures = self._senders.map(self._send, wanted.keys(), wanted.values())
        return [receipt for failed in failures for receipt in failed]

    @cached_property
    def _senders(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(SENDS_AT_ONCE, thread_name_prefix="forward")

    def _send(self, partner_id: str, batch: Sequence[Outgoing]) -> list[Receipt]:
        try:
            self._queues[partner_id].send(batch)
        except DeliveryError as error:
            return [replace(each, error=f"{partner_id}: {each.error}") for each in error.failed]
        return []


class RideQueues:
    """Sends orders to partners.

    `queues` has the URL of each partner's queue for rides by the partner's id.
    """

    def __init__(self, sqs: "SQSClient", queues: Mapping[str, str]) -> None:
        self._queues = {id_: Queue(sqs, url) for id_, url in queues.items()}

    def name(self, partner_id: str) -> str:
        """Name the queue of a partner. One that is a partner no longer has none: the name is empty."""
        return self._queues[partner_id].name if partner_id in self._queues else ""

    def send(self, orders: Sequence[Envelope[RideOrder]]) -> dict[UUID, Exception]:
        """Send all orders. Return, by their event ids, why some will never be taken.

        Such an order is refused for what it is, or its partner has no queue, since it is a partner no longer.
        Raises DeliveryError when a queue does not take an order for another reason.
        """
        by_partner = sorted(orders, key=lambda order: order.data.partner_id)
        refused: dict[UUID, Exception] = {}
        for partner_id, group in groupby(by_partner, key=lambda order: order.data.partner_id):
            mine = [*group]
            if queue := self._queues.get(partner_id):
                refused |= _refused(queue, mine)
            else:
                refused |= {order.metadata.event_id: Unprocessable("no such partner") for order in mine}
        return refused


def _refused(queue: Queue, orders: Sequence[Envelope[RideOrder]]) -> dict[UUID, Exception]:
    try:
        queue.send([Outgoing(str(order.metadata.event_id), order) for order in orders])
    except DeliveryError as error:
        if not all(receipt.invalid for receipt in error.failed):
            raise
        return {
            UUID(receipt.key): receipt.cause or Unprocessable(f"order refused: {receipt.error}")
            for receipt in error.failed
        }
    return {}


class CallbackChecks:
    """Sends to the partner's own queue, at `url`, what is to be looked at later."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._queue = Queue(sqs, url)

    def send(self, check: Envelope[CallbackDue], delay: float) -> None:
        """Send a message that comes after `delay` seconds, rounded up.

        Raises DeliveryError when the queue does not take it.
        """
        self._queue.send([Outgoing(check.data.about, check, math.ceil(delay))])


def _body(message: Received[RfqRequested]) -> str:
    detail = {
        "metadata": message.metadata.model_dump(mode="json", exclude_none=True),
        "data": message.data.model_dump(mode="json", exclude_none=True),
    }
    return json.dumps({"source": RfqRequested.source, "detail-type": RfqRequested.name, "detail": detail})
