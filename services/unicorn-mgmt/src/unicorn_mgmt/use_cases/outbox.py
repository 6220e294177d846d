"""Announce what changes in the table: on the bus, to return addresses, to partners and to apps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.app_connections import AppConnections
from unicorn_mgmt.adapters.invitation_table import INVITATION, InvitationTable, invitation_from
from unicorn_mgmt.adapters.job_measures import MEASURES
from unicorn_mgmt.adapters.job_table import JOB
from unicorn_mgmt.adapters.partner_queues import RideQueues
from unicorn_mgmt.adapters.partner_ride_table import RIDE, ride_from
from unicorn_mgmt.adapters.unicorn_table import DECISION, rejection_from, unicorn_from
from unicorn_mgmt.api.socket_messages import AnotherChosenPush, AppMessages, Push
from unicorn_mgmt.domain import announcements, partner_announcements
from unicorn_mgmt.domain.partner_order import RideOrder
from unicorn_mgmt.domain.unicorn import Ride
from unicorn_mgmt.use_cases.app_pushes import AppPushes
from wild_rydes_circuit_breaker import StoreUnavailable, transition_in
from wild_rydes_circuit_breaker.dynamodb import KEY_PREFIX as CIRCUIT
from wild_rydes_contracts import Envelope, Event, Message, RideConfirmed
from wild_rydes_messaging.deliver import DeliveryError
from wild_rydes_messaging.errors import Unprocessable, describe
from wild_rydes_messaging.parking import ParkingLot, about
from wild_rydes_messaging.publish import Publisher
from wild_rydes_messaging.reply import Replies, Reply
from wild_rydes_messaging.stream import Image, Record, StreamConsumer


@dataclass(frozen=True, slots=True)
class Announcements:
    """What one change tells the bus, a return address, a partner, and a unicorn's app by its connection."""

    events: Sequence[Envelope[Event]] = ()
    replies: Sequence[Reply] = ()
    orders: Sequence[Envelope[RideOrder]] = ()
    rides: Mapping[str, Ride] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outbox:
    """Sends what the changes of the table tell. A batch that comes twice gives the same messages twice."""

    consumer: StreamConsumer
    publisher: Publisher
    replies: Replies
    ride_queues: RideQueues
    invitations: InvitationTable
    connections: AppConnections
    pushes: AppPushes
    messages: AppMessages
    parking_lot: ParkingLot
    logger: Logger
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> None:
        """Announce the changes of a Lambda stream event.

        Raises DeliveryError if a message was not accepted for now, and botocore's errors if one cannot be
        parked: the stream then brings the whole batch again.
        """
        batch = self.consumer.receive(event)
        found: list[Announcements] = []
        for record in batch:
            with batch.attempt(record):
                found.append(announcements_of(record, self.now()))
        events = [envelope for each in found for envelope in each.events]
        if events:
            self.publisher.publish(events)
        self._reply([reply for each in found for reply in each.replies])
        self._order([order for each in found for order in each.orders])
        batch.settle()
        # Last: nothing above waits for what each snapshot shows, too.
        self._push(
            {connection: ride for each in found for connection, ride in each.rides.items()},
            [event.data for event in events if isinstance(event.data, RideConfirmed)],
        )
        self.logger.info("told", records=len(batch))

    def _reply(self, replies: Sequence[Reply]) -> None:
        """Send answers. One that is refused for good is parked: it must not hold up those behind it."""
        refused: dict[str, Exception] = {}
        try:
            if replies:
                self.replies.send(replies)
        except DeliveryError as error:
            if error.transient:
                raise
            refused = {
                receipt.key: receipt.cause or Unprocessable(f"reply refused: {receipt.error}")
                for receipt in error.failed
            }
        for reply in replies:
            self._settle("replied", reply.envelope, refused.get(reply.key), reply.to.rpartition(":")[2])

    def _order(self, orders: Sequence[Envelope[RideOrder]]) -> None:
        """Send orders. One that is refused for what it is is parked: it must not hold up those behind it."""
        refused = self.ride_queues.send(orders)
        for order in orders:
            queue = self.ride_queues.name(order.data.partner_id)
            self._settle("ordered", order, refused.get(order.metadata.event_id), queue)

    def _push(self, rides: Mapping[str, Ride], confirmed: Sequence[RideConfirmed]) -> None:
        """Push new rides to the apps, and to those who had quoted for them that they are another's, best effort."""
        pushes: list[tuple[str, Push]] = [
            (connection, self.messages.ride(ride)) for connection, ride in rides.items()
        ]
        try:
            pushes += self._passed_over(confirmed)
        except Exception as error:  # noqa: BLE001 - whatever it is, the batch is done with
            self.logger.warning("cannot say who was passed over", extra=describe(error))
        self.pushes.send(pushes)

    def _passed_over(self, confirmed: Sequence[RideConfirmed]) -> list[tuple[str, Push]]:
        takers = {ride.rfq_id: ride.responder_id for ride in confirmed}
        pushes: list[tuple[str, Push]] = []
        for invitation in self.invitations.read([*takers]):
            others = [each for each in invitation.quoted if each != takers[invitation.rfq_id]]
            push = AnotherChosenPush(rfq_id=invitation.rfq_id)
            pushes += ((connection, push) for connection in self.connections.of(others).values())
        return pushes

    def _settle(self, what: str, envelope: Envelope[Message], refused: Exception | None, queue: str) -> None:
        if refused:
            self.parking_lot.park_message(envelope, refused, queue=queue)
        else:
            self.logger.info(what, extra=about(envelope))


def announcements_of(record: Record, now: datetime) -> Announcements:
    """Tell what a change of the table announces. Raises whatever garbage raises."""
    key, before, after = record.key, record.before, record.after
    if after is None and before is None:
        raise ValueError("a change without images")
    if after is None or key.startswith((JOB, MEASURES)):
        return Announcements()  # the item has expired, or `jobs_outbox` tells of it
    if key.startswith(CIRCUIT):
        return _of_circuit(key, before, after)
    if key.startswith(RIDE):
        return _of_partner_ride(before, after)
    if key.startswith(DECISION):
        return _of_decision(before, after)
    if key.startswith(INVITATION):
        return _of_invitation(before, after, now)
    return _of_unicorn(before, after)


def _of_circuit(key: str, before: Image | None, after: Image) -> Announcements:
    try:
        transition = transition_in({"id": {"S": key}}, before, after)
    except StoreUnavailable as error:
        raise ValueError(str(error)) from None
    if transition is None or not (transition.opened or transition.closed):
        return Announcements()
    record = transition.after
    at = _instant(record.since)
    if transition.opened:
        event = partner_announcements.circuit_opened(
            transition.circuit, record.epoch, reason=record.reason, at=at, retry_at=_instant(record.retry_at)
        )
    else:
        event = partner_announcements.circuit_closed(
            transition.circuit, record.epoch, reason=record.reason, at=at
        )
    return Announcements(events=[event])


def _of_partner_ride(before: Image | None, after: Image) -> Announcements:
    old, new = ride_from(before) if before else None, ride_from(after)
    return Announcements(
        events=tuple(partner_announcements.events_of(old, new)),
        orders=tuple(partner_announcements.orders_of(old, new)),
    )


def _of_decision(before: Image | None, after: Image) -> Announcements:
    return (
        Announcements() if before else Announcements(events=[announcements.rejected(rejection_from(after))])
    )


def _of_invitation(before: Image | None, after: Image, now: datetime) -> Announcements:
    if before is None:
        return Announcements()
    old, new = invitation_from(before), invitation_from(after)
    answers = announcements.answers_of(old, new, now)
    return Announcements(
        replies=[Reply(str(answer.metadata.event_id), new.reply_to, answer) for answer in answers]
    )


def _of_unicorn(before: Image | None, after: Image) -> Announcements:
    if before is None:
        return Announcements()
    old, new = unicorn_from(before), unicorn_from(after)
    ride = announcements.ride_begun(old, new)
    return Announcements(
        events=announcements.events_of(old, new),
        rides={new.connection: ride} if ride and new.connection else {},
    )


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
