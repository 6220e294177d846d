"""Tell the apps of unicorns that have not answered that an RFQ is over."""

from collections import defaultdict
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
from wild_rydes_contracts import RfqCompleted
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse
from wild_rydes_messaging.errors import describe


@dataclass(frozen=True, slots=True)
class Closings:
    """Closes the invitation of an RFQ that is over, in one write, and pushes that to whoever has not answered.

    The pushes of a batch come last, all at once: no RFQ waits for them. The write comes first: an RFQ that is over before anybody is invited invites nobody. A duplicate changes
    nothing and pushes again. A push that fails is not sent again: the next snapshot shows the invitation no more.
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
        pushes: defaultdict[str, list[InvitationClosedPush]] = defaultdict(list)
        connected: dict[str, str] = {}
        for message in batch:
            with batch.attempt(message):
                closed = self._close(message.data)
                connected |= closed
                push = InvitationClosedPush(
                    rfq_id=message.data.rfq_id, completed_by=message.data.completed_by
                )
                for connection in closed:
                    pushes[connection].append(push)
        settled = batch.settle()
        self._push(pushes, connected)
        return settled

    def _close(self, rfq: RfqCompleted) -> dict[str, str]:
        """Close an invitation. Return the unicorns to tell, by their connections."""
        invitation = self.invitations.close(rfq.rfq_id, self.now())
        unanswered = invitation.unanswered if invitation else []
        connections = self.connections.of(unanswered)
        self.logger.info(
            "closed", completed_by=rfq.completed_by, unanswered=len(unanswered), connected=len(connections)
        )
        self.metrics.add_metric("InvitationsClosed", MetricUnit.Count, len(unanswered))
        return {connection: unicorn_id for unicorn_id, connection in connections.items()}

    def _push(
        self, pushes: Mapping[str, Sequence[InvitationClosedPush]], connected: Mapping[str, str]
    ) -> None:
        """Push what was closed, best effort, and forget connections that are gone: the next push finds them, too."""
        posted = self.pushes.send(pushes)
        self.logger.info("told", pushes=sum(outcome.taken for outcome in posted.values()))
        for connection, outcome in posted.items():
            if outcome.gone:
                try:
                    self.connections.disconnect(connected[connection], connection)
                except Exception as error:  # noqa: BLE001 - whatever it is, the messages are done with
                    self.logger.warning("still connected", extra=describe(error))
