"""Answer RFQs, each with one message to its return address."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.adapters.partner_queues import RequestQueues
from unicorn_mgmt.adapters.unicorn_table import UnicornTable
from unicorn_mgmt.adapters.vehicle_table import VehicleTable
from unicorn_mgmt.domain.quoting import answer
from unicorn_mgmt.domain.unicorn import Place, distance_km
from unicorn_mgmt.domain.vicinity import Nearby
from unicorn_mgmt.use_cases.inviter import Inviter, Opened, Told
from unicorn_mgmt.use_cases.neighbours import Neighbours
from wild_rydes_contracts import Coordinates, Decline, Envelope, RfqRequested, RfqResponse
from wild_rydes_contracts.metadata import caused_by
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received
from wild_rydes_messaging.deliver import DeliveryError, Receipt
from wild_rydes_messaging.reply import Replies, Reply

UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class _Asked:
    """An RFQ, and who is to answer it."""

    message: Received[RfqRequested]
    reply_to: str
    nearest: Sequence[Nearby]
    partners: tuple[str, ...]
    opened: Opened


@dataclass(frozen=True, slots=True)
class Responder:
    """Answers for the unicorns near the start whose rate card may speak for them, and asks the others.

    The others are unicorns that price by hand, and partners. Vehicles of fleets always have their rate card speak for them.
    """

    consumer: Consumer[RfqRequested]
    unicorns: UnicornTable
    vehicles: VehicleTable
    replies: Replies
    inviter: Inviter
    partners: RequestQueues
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Answer the RFQs of a Lambda SQS event, all in one batch to each return address."""
        batch = self.consumer.receive(event)
        neighbours = Neighbours(self.unicorns, self.vehicles)
        asked: list[_Asked] = []
        answered: list[tuple[Received[RfqRequested], RfqResponse]] = []
        forwarded: list[tuple[Received[RfqRequested], tuple[str, ...]]] = []
        replies: list[Reply] = []
        for message in batch:
            with batch.attempt(message):
                asked.append(self._ask(message, neighbours))
        # All of the batch at once, in a bounded time: the replies must know who cannot be reached.
        told = self.inviter.push(each.opened for each in asked)
        for each in asked:
            message = each.message
            with batch.attempt(message):
                response = self._respond(each, told)
                metadata = caused_by(
                    message.metadata, RfqResponse, occurred_at=self.now(), distinct="unicorn-mgmt"
                )
                replies.append(
                    Reply(message.message_id, each.reply_to, Envelope(metadata=metadata, data=response))
                )
                answered.append((message, response))
                forwarded.append((message, each.partners))
        # A crash or an error between the two brings the message back: both are sent again, with the same ids.
        failed = [*self._send(replies), *self.partners.forward(forwarded)]
        for message, response in answered:
            with batch.attempt(message):
                if mine := [receipt for receipt in failed if receipt.key == message.message_id]:
                    raise DeliveryError(mine)
                self._account(message, response)
        return batch.settle()

    def _ask(self, message: Received[RfqRequested], neighbours: Neighbours) -> _Asked:
        """Find who is to answer, and write the invitation of those who price by hand."""
        rfq = message.data
        reply_to = self.replies.check(message.metadata.reply_to)
        start = _place(rfq.start)
        nearest = neighbours.nearest(start)
        by_hand = [nearby.unicorn for nearby in nearest if not nearby.unicorn.auto_quote]
        opened = self.inviter.open(rfq, message.metadata, reply_to, by_hand) if by_hand else Opened(())
        return _Asked(message, reply_to, nearest, self.partners.serving(start), opened)

    def _respond(self, asked: _Asked, told: Told) -> RfqResponse:
        """Tell who is asked, partners too, answer for those on auto-quote, decline for the unreachable.

        The others are silent until they answer. With nobody in reach `asked` is empty, not left out: it tells
        the aggregator that it has nothing to wait for.
        """
        rfq = asked.message.data
        ride_km = distance_km(_place(rfq.start), _place(rfq.destination))
        unreachable = self.inviter.unreachable(asked.opened, told)
        self.metrics.add_metric("UnicornsUnreachable", MetricUnit.Count, len(unreachable))
        return RfqResponse(
            asked=(*(nearby.unicorn_id for nearby in asked.nearest), *asked.partners),
            answers=(
                *(answer(n.unicorn, n.km, ride_km) for n in asked.nearest if n.unicorn.auto_quote),
                *(Decline(responder_id=unicorn.id, reason=UNREACHABLE) for unicorn in unreachable),
            ),
        )

    def _send(self, replies: list[Reply]) -> Sequence[Receipt]:
        """Send all replies. Return the receipts of those that were not taken."""
        try:
            self.replies.send(replies)
        except DeliveryError as error:
            return error.failed
        return ()

    def _account(self, message: Received[RfqRequested], response: RfqResponse) -> None:
        asked, answers = len(response.asked or ()), len(response.answers)
        self.logger.info("replied", message_id=message.message_id, asked=asked, answered=answers)
        self.metrics.add_metric("UnicornsAsked", MetricUnit.Count, asked)
        self.metrics.add_metric("UnicornsAnswered", MetricUnit.Count, answers)


def _place(coordinates: Coordinates) -> Place:
    return Place(coordinates.lat, coordinates.lon)
