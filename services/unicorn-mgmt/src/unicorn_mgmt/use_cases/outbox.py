"""What the table's stream tells becomes messages. Use case of the outbox."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.adapters.connections import Connections
from unicorn_mgmt.adapters.invitation_table import INVITATION, invitation_from
from unicorn_mgmt.adapters.partner_ride_table import RIDE
from unicorn_mgmt.adapters.unicorn_table import DECISION, from_image, rejection_from
from unicorn_mgmt.api.socket_messages import Links, RidePush
from unicorn_mgmt.domain import partner_announcements as announcing
from unicorn_mgmt.domain.circuit_announcements import CIRCUIT, told_of_circuit
from unicorn_mgmt.domain.invitation import Invitation, Offer, Refusal
from unicorn_mgmt.domain.partner_order import Orders, RideOrder
from unicorn_mgmt.domain.unicorn import Ride, Unicorn
from wild_rydes_contracts import (
    Decline,
    Envelope,
    Event,
    Message,
    Metadata,
    Money,
    Quote,
    Rating,
    RfqRequested,
    RfqResponse,
    RideCompleted,
    RideConfirmed,
    RideRejected,
)
from wild_rydes_contracts.metadata import caused_by, first_of
from wild_rydes_messaging.deliver import DeliveryError
from wild_rydes_messaging.errors import Unprocessable
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.reply import Replies, Reply
from wild_rydes_messaging.stream import Poison

CANCELLED = "cancelled-by-unicorn"


@dataclass(frozen=True, slots=True)
class Told:
    """What one stream record has to tell: to the bus, to a return address, to a partner, to the unicorn's app by its connection."""

    events: Sequence[Envelope[Event]] = ()
    replies: Sequence[Reply] = ()
    orders: Sequence[Envelope[RideOrder]] = ()
    rides: Mapping[str, Ride] = field(default_factory=dict)


class Telling:
    """Announces rides that were confirmed, rejected, completed or given up, hands on answers given by hand, orders from partners.

    Ids of messages are derived from what happened, so that a batch handled twice says the same again.
    """

    def __init__(
        self,
        publisher: Publisher,
        replies: Replies,
        connections: Connections,
        links: Links,
        *,
        orders: Orders,
        parking_lot: ParkingLot,
        logger: Logger,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._publisher = publisher
        self._replies = replies
        self._connections = connections
        self._links = links
        self._orders = orders
        self._parking_lot = parking_lot
        self._logger = logger
        self._metrics = metrics
        self._now = now

    def handle(self, event: Mapping[str, Any]) -> None:
        """Send what a batch of stream records tells.

        Raises DeliveryError when anything was not accepted for now, and botocore's errors when something cannot be
        parked: the stream then brings the whole batch again.
        """
        all_told: list[Told] = []
        poison = Poison(self._parking_lot, logger=self._logger, metrics=self._metrics)
        for record in event["Records"]:
            with poison.caught(record):
                all_told.append(told_by(record, self._now()))
        self._publish([envelope for told in all_told for envelope in told.events])
        self._reply([reply for told in all_told for reply in told.replies])
        self._order([order for told in all_told for order in told.orders])
        self._push({connection: ride for told in all_told for connection, ride in told.rides.items()})
        poison.park()
        self._logger.info("told", records=len(event["Records"]))

    def _publish(self, events: Sequence[Envelope[Event]]) -> None:
        if events:
            self._publisher.publish(events)
        for envelope in events:
            self._log("published", envelope)

    def _reply(self, replies: Sequence[Reply]) -> None:
        """Send answers. One that is refused for good is parked: it must not hold up what comes behind it."""
        refused: dict[str, str] = {}
        try:
            if replies:
                self._replies.send(replies)
        except DeliveryError as error:
            if any(receipt.transient for receipt in error.failed):
                raise
            refused = {receipt.key: receipt.error or "" for receipt in error.failed}
        for reply in replies:
            if reply.key in refused:
                self._park(
                    reply.envelope.to_json(), Unprocessable(f"reply refused: {refused[reply.key]}"), reply.key
                )
            else:
                self._log("replied", reply.envelope)

    def _order(self, orders: Sequence[Envelope[RideOrder]]) -> None:
        unsent = self._orders.send(orders)
        for order in orders:
            if order in unsent:
                self._park(order.to_json(), Unprocessable("no such partner"), str(order.metadata.event_id))
            else:
                self._log("ordered", order)

    def _push(self, rides: Mapping[str, Ride]) -> None:
        """Tell apps of their new rides, as good as it goes; they can look, too."""
        self._connections.post(
            {
                connection: RidePush(ride_id=ride.id, rfq_id=ride.rfq_id, links=self._links.of_ride(ride.id))
                for connection, ride in rides.items()
            }
        )

    def _log(self, what: str, envelope: Envelope[Message]) -> None:
        self._logger.info(
            what,
            correlation_id=envelope.metadata.correlation_id,
            message_type=envelope.data.name,
            event_id=str(envelope.metadata.event_id),
        )

    def _park(self, body: str, error: Exception, id_: str) -> None:
        self._parking_lot.park(body, error, queue="stream", event_id=id_)
        self._logger.error("parked", event_id=id_, error=type(error).__name__)
        self._metrics.add_metric("RecordsParked", MetricUnit.Count, 1)


def told_by(record: Mapping[str, Any], now: datetime) -> Told:
    """What a stream record has to tell. Raises KeyError, ValueError or TypeError for garbage."""
    change = record["dynamodb"]
    id_ = change["Keys"]["id"]["S"]
    if id_.startswith(CIRCUIT):
        told = told_of_circuit(record)
        return Told(events=(told,)) if told else Told()
    if id_.startswith(RIDE):
        before, after = announcing.images(record)
        return Told(
            events=tuple(announcing.events_of(before, after)),
            orders=tuple(announcing.orders_of(before, after)),
        )
    match record["eventName"]:
        case "INSERT" if id_.startswith(DECISION):
            no = rejection_from(change["NewImage"])
            rejected = RideRejected(
                ride_id=no.ride_id, rfq_id=no.rfq_id, responder_id=no.responder_id, reason=no.reason
            )
            return Told(events=[_event(rejected, no.rfq_id, no.at)])
        case "MODIFY" if id_.startswith(INVITATION):
            return _answers(invitation_from(change["OldImage"]), invitation_from(change["NewImage"]), now)
        case "MODIFY" if not id_.startswith(DECISION):
            return _ride(from_image(change["OldImage"]), from_image(change["NewImage"]))
    return Told()


def _answers(before: Invitation, after: Invitation, now: datetime) -> Told:
    """New answers of an invitation, each a message of its own, as a person has given it."""
    cause = Metadata(
        event_id=after.cause,
        event_version=RfqRequested.version,
        occurred_at=after.caused_at,
        correlation_id=after.correlation_id,
    )
    replies = []
    for unicorn in sorted(after.answers.keys() - before.answers.keys()):
        metadata = caused_by(cause, RfqResponse, occurred_at=now, distinct=unicorn)
        response = RfqResponse(answers=(_in_words(unicorn, after),))
        replies.append(
            Reply(str(metadata.event_id), after.reply_to, Envelope(metadata=metadata, data=response))
        )
    return Told(replies=replies)


def _in_words(unicorn: str, invitation: Invitation) -> Quote | Decline:
    match invitation.answers[unicorn]:
        case Refusal(reason):
            return Decline(responder_id=unicorn, reason=reason)
        case Offer(amount, currency, pickup_seconds):
            return Quote(
                responder_id=unicorn,
                display_name=invitation.invited[unicorn],
                price=Money(amount=amount, currency=currency),
                pickup_in_seconds=pickup_seconds,
                rating=Rating(**asdict(rating)) if (rating := invitation.ratings.get(unicorn)) else None,
            )


def _ride(before: Unicorn, after: Unicorn) -> Told:
    if after.ride and before.ride is None:
        ride = after.ride
        confirmed = RideConfirmed(ride_id=ride.id, rfq_id=ride.rfq_id, responder_id=after.id)
        return Told(
            events=[_event(confirmed, ride.rfq_id, ride.since)],
            rides={after.connection: ride} if after.connection else {},
        )
    if before.ride and after.ride is None:
        ended = _ended(before.ride, after)
        return Told(events=[ended] if ended else [])
    return Told()


def _ended(ride: Ride, unicorn: Unicorn) -> Envelope[Event] | None:
    ending = unicorn.recent[ride.id]
    event: Event
    match ending.outcome:
        case "completed":
            event = RideCompleted(
                ride_id=ride.id,
                rfq_id=ride.rfq_id,
                responder_id=unicorn.id,
                customer_id=ride.customer_id,
                completed_at=ending.at,
            )
        case "cancelled":
            event = RideRejected(
                ride_id=ride.id, rfq_id=ride.rfq_id, responder_id=unicorn.id, reason=CANCELLED
            )
        case _:  # released: it was the booking's end that ended the ride, and is known
            return None
    return _event(event, ride.rfq_id, ending.at)


def _event(event: Event, rfq_id: str, at: datetime) -> Envelope[Event]:
    return Envelope(metadata=first_of(type(event), correlation_id=rfq_id, occurred_at=at), data=event)
