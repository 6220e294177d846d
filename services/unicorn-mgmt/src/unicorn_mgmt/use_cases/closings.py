"""Tell the apps of unicorns that wait for nothing any more that an RFQ is over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.adapters.app_connections import AppConnections
from unicorn_mgmt.adapters.invitation_table import InvitationTable
from unicorn_mgmt.api.socket_messages import InvitationClosedPush
from unicorn_mgmt.use_cases.app_pushes import AppPushes
from wild_rydes_contracts import RfqCompleted, RfqRequested
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_messaging.errors import describe


@dataclass(frozen=True, slots=True)
class Closings:
    """Closes the invitation of an RFQ that is over, in one write, and pushes that to whoever has not answered.

    If the customer has cancelled it, whoever has quoted hears of it, too: nobody books that quote any more.

    The pushes of a batch come last, all at once: no RFQ waits for them. The write comes first: an RFQ that is over before anybody is invited invites nobody. A duplicate changes
    nothing and pushes again. A push that fails is not sent again: the next snapshot shows the invitation no more. Once
    the deadline of any RFQ that ended then has passed, as in a replay, there is nothing left to close.
    """

    consumer: Consumer[RfqCompleted]
    invitations: InvitationTable
    connections: AppConnections
    pushes: AppPushes
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Close the invitations of a Lambda SQS event.

        A write that fails keeps back its own message and no other.
        """
        batch = self.consumer.receive(event)
        pushes: list[tuple[str, str, InvitationClosedPush]] = []
        for message in batch:
            with batch.attempt(message):
                if self.now() - message.data.completed_at < RfqRequested.useful_life:
                    pushes += self._close(message.data)
                else:
                    self.logger.info("over long ago")
        settled = batch.settle()
        self._push(pushes)
        return settled

    def _close(self, rfq: RfqCompleted) -> list[tuple[str, str, InvitationClosedPush]]:
        """Close an invitation. Return what is to be pushed, with the unicorn's id and its connection."""
        invitation = self.invitations.close(rfq.rfq_id, self.now())
        unanswered = invitation.unanswered if invitation else []
        quoted = invitation.quoted if invitation and rfq.completed_by == "cancelled" else []
        connections = self.connections.of([*unanswered, *quoted])
        self.logger.info(
            "closed",
            completed_by=rfq.completed_by,
            unanswered=len(unanswered),
            quoted=len(quoted),
            connected=len(connections),
        )
        self.metrics.add_metric("InvitationsClosed", MetricUnit.Count, len(unanswered))
        push = InvitationClosedPush(rfq_id=rfq.rfq_id, completed_by=rfq.completed_by)
        return [(unicorn_id, connection, push) for unicorn_id, connection in connections.items()]

    def _push(self, pushes: Sequence[tuple[str, str, InvitationClosedPush]]) -> None:
        """Push what was closed, best effort, and forget connections that are gone: the next push finds them, too."""
        posted = self.pushes.send([(connection, push) for _, connection, push in pushes])
        self.logger.info("told", pushes=sum(outcome.taken for outcome in posted))
        gone = {
            (unicorn_id, connection)
            for (unicorn_id, connection, _), outcome in zip(pushes, posted, strict=True)
            if outcome.gone
        }
        for unicorn_id, connection in gone:
            try:
                self.connections.disconnect(unicorn_id, connection)
            except Exception as error:  # noqa: BLE001 - whatever it is, the messages are done with
                self.logger.warning("still connected", extra=describe(error))
