"""Let customers watch their own RFQs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from ride_booking.adapters.watchers import TooManyWatchers, Watchers
from ride_booking.api.socket_messages import State, Subscription, SubscriptionRefused, to_text
from ride_booking.domain.rfq import Rfq
from ride_booking.domain.ride import parse_ride_id
from wild_rydes_http.body import Representation
from wild_rydes_http.sockets import Sockets

_MAX_CHARACTERS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketEvents:
    """Answers each message over the socket on the connection it came from."""

    watchers: Watchers
    sockets: Sockets
    logger: Logger
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> dict[str, int]:
        """Handle one event of the socket.

        A connection that closes stays among an RFQ's watchers until a push finds it gone, or until somebody
        else needs its place.
        """
        context = event["requestContext"]
        connection, kind = context["connectionId"], context["eventType"]
        self.logger.set_correlation_id(None)
        if kind == "MESSAGE":
            answer = self._answer(event.get("body") or "", context["authorizer"], connection)
            if answer:
                self.sockets.post(connection, to_text(answer))
        self.logger.info("socket", kind=kind, connection_id=connection)
        return {"statusCode": 200}

    def _answer(self, text: str, who: Mapping[str, str], connection: str) -> Representation | None:
        if int(who["expires"]) <= self.now().timestamp():
            return SubscriptionRefused(reason="token-expired")
        try:
            wanted = Subscription.model_validate_json(text[:_MAX_CHARACTERS], by_alias=True, by_name=False)
            rfq_id = wanted.rfq_id or parse_ride_id(wanted.ride_id or "")[0]
        except ValueError:  # pydantic's ValidationError is one
            return SubscriptionRefused(reason="not-understood")
        self.logger.set_correlation_id(rfq_id)
        try:
            if wanted.action == "unsubscribe":
                self.watchers.remove(rfq_id, connection)
                return None
            return self._subscribed(rfq_id, who["sub"], connection)
        except (ClientError, BotoCoreError) as error:
            self.logger.warning("not available", error=type(error).__name__)
            return SubscriptionRefused(rfq_id=rfq_id, reason="try-again")

    def _subscribed(self, rfq_id: str, customer: str, connection: str) -> Representation:
        rfq = self._watching(rfq_id, customer, connection) if rfq_id else None
        if rfq is None:
            return SubscriptionRefused(rfq_id=rfq_id, reason="no-such-rfq")
        self.logger.info("watched", revision=rfq.revision)
        return State.snapshot(rfq, self.now())

    def _watching(self, rfq_id: str, customer: str, connection: str) -> Rfq | None:
        """Add a watcher. If there are too many, make room first: those that are gone do not count."""
        try:
            return self.watchers.add(rfq_id, customer, connection)
        except TooManyWatchers as full:
            # Nobody minds what is not newer than what they have, and whoever is gone does not get it.
            known = to_text(State.snapshot(full.rfq, self.now()))
            posted = self.sockets.post_all({watcher: [known] for watcher in full.watchers})
            for gone in (watcher for watcher, result in posted.items() if result.gone):
                self.watchers.remove(rfq_id, gone)
                self.logger.info("gone", connection_id=gone)
        try:
            return self.watchers.add(rfq_id, customer, connection)
        except TooManyWatchers as full:
            # A line that has died without a word seems open for minutes. Who still listens comes back.
            rfq = self.watchers.replace(full, connection)
            again = to_text(SubscriptionRefused(rfq_id=rfq_id, reason="subscribe-again"))
            self.sockets.post_all({watcher: [again] for watcher in full.watchers})
            self.logger.info("replaced", watchers=len(full.watchers))
            return rfq
