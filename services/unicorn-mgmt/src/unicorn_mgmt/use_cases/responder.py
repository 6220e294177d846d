"""The responder's use case: answer a batch of RFQs, each with one message to its return address."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.adapters.partner_queues import Forwarding
from unicorn_mgmt.adapters.unicorn_table import Store
from unicorn_mgmt.domain.unicorn import Place, Unicorn, distance_km, seconds_to_start
from unicorn_mgmt.domain.vicinity import Vicinity
from unicorn_mgmt.use_cases.inviter import Inviting
from wild_rydes_contracts import (
    Coordinates,
    Decline,
    Envelope,
    Money,
    Quote,
    Rating,
    RfqRequested,
    RfqResponse,
)
from wild_rydes_contracts.metadata import caused_by
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received
from wild_rydes_messaging.deliver import DeliveryError
from wild_rydes_messaging.reply import Replies, Reply

UNREACHABLE = "unreachable"


class NotDelivered(Exception):
    """The return address did not take the reply, or a partner's queue the RFQ, for now."""


class Responder:
    """Answers `RfqRequested` for the unicorns near the start that have a rate card do it, and invites the others."""

    def __init__(
        self,
        consumer: Consumer[RfqRequested],
        store: Store,
        replies: Replies,
        inviting: Inviting,
        partners: Forwarding,
        *,
        logger: Logger,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._consumer = consumer
        self._store = store
        self._replies = replies
        self._inviting = inviting
        self._partners = partners
        self._logger = logger
        self._metrics = metrics
        self._now = now

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Answer the RFQs of a Lambda SQS event, all in one batch to each return address."""
        batch = self._consumer.receive(event)
        vicinity = Vicinity(self._store.available_in)
        answered: list[tuple[Received[RfqRequested], RfqResponse]] = []
        forwarded: list[tuple[Received[RfqRequested], tuple[str, ...]]] = []
        replies: list[Reply] = []
        for message in batch:
            with batch.attempt(message):
                to = self._replies.check(message.metadata.reply_to)
                partners = self._partners.serving(_place(message.data.start))
                response = self._respond(message, to, vicinity, partners)
                metadata = caused_by(
                    message.metadata, RfqResponse, occurred_at=self._now(), distinct="unicorn-mgmt"
                )
                replies.append(Reply(message.message_id, to, Envelope(metadata=metadata, data=response)))
                answered.append((message, response))
                forwarded.append((message, partners))
        # A crash or an error between the two brings the message back, and both are sent again, with the same ids.
        failed = self._send(replies) | self._partners.forward(forwarded)
        for message, response in answered:
            with batch.attempt(message):
                self._account(message, response, failed.get(message.message_id))
        return batch.settle()

    def _respond(
        self, message: Received[RfqRequested], to: str, vicinity: Vicinity, partners: tuple[str, ...]
    ) -> RfqResponse:
        """Who is asked, `partners` included, the answers of those on auto-quote, and a no for those who cannot be reached.

        The others are silent until they answer. With nobody in reach `asked` is empty, not left out: it tells the
        aggregator that it has nothing to wait for.
        """
        rfq = message.data
        start, destination = _place(rfq.start), _place(rfq.destination)
        nearest = vicinity.nearest(start)
        ride_km = distance_km(start, destination)
        by_hand = [nearby.unicorn for nearby in nearest if not nearby.unicorn.auto_quote]
        unreachable = self._inviting.invite(rfq, message.metadata, to, by_hand) if by_hand else []
        self._metrics.add_metric("UnicornsUnreachable", MetricUnit.Count, len(unreachable))
        return RfqResponse(
            asked=(*(nearby.unicorn_id for nearby in nearest), *partners),
            answers=(
                *(answer(n.unicorn, n.km, ride_km) for n in nearest if n.unicorn.auto_quote),
                *(Decline(responder_id=unicorn.id, reason=UNREACHABLE) for unicorn in unreachable),
            ),
        )

    def _send(self, replies: list[Reply]) -> dict[str, str]:
        """Send all; the error code of each reply that was not taken, by its key."""
        try:
            self._replies.send(replies)
        except DeliveryError as error:
            return {receipt.key: receipt.error for receipt in error.failed if receipt.error}
        return {}

    def _account(self, message: Received[RfqRequested], response: RfqResponse, error: str | None) -> None:
        if error:
            raise NotDelivered(f"not delivered: {error}")
        asked, answers = len(response.asked or ()), len(response.answers)
        self._logger.info("replied", message_id=message.message_id, asked=asked, answered=answers)
        self._metrics.add_metric("UnicornsAsked", MetricUnit.Count, asked)
        self._metrics.add_metric("UnicornsAnswered", MetricUnit.Count, answers)


def answer(unicorn: Unicorn, km_to_start: float, ride_km: float) -> Quote | Decline:
    """What a unicorn on auto-quote answers: its price, or that the ride is too far for it."""
    card = unicorn.rate_card
    if not card.covers(ride_km):
        return Decline(responder_id=unicorn.id, reason="too-far")
    return Quote(
        responder_id=unicorn.id,
        display_name=unicorn.name,
        price=Money(amount=card.price(ride_km), currency=card.currency),
        pickup_in_seconds=seconds_to_start(km_to_start),
        rating=Rating(**asdict(unicorn.rating)) if unicorn.rating else None,
    )


def _place(coordinates: Coordinates) -> Place:
    return Place(coordinates.lat, coordinates.lon)
