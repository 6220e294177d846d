"""Tell the apps of unicorns that have not answered that an RFQ is over."""

from collections.abc import Callable, Mapping
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


@dataclass(frozen=True, slots=True)
class Closings:
    """Closes the invitation of an RFQ that is over, in one write, and pushes that to whoever has not answered.

    The write comes first: an RFQ that is over before anybody is invited invites nobody. A duplicate changes
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
        for message in batch:
            with batch.attempt(message):
                self._close(message.data)
        return batch.settle()

    def _close(self, rfq: RfqCompleted) -> None:
        invitation = self.invitations.close(rfq.rfq_id, self.now())
        unanswered = invitation.unanswered if invitation else []
        connections = self.connections.of(unanswered)
        push = InvitationClosedPush(rfq_id=rfq.rfq_id, completed_by=rfq.completed_by)
        posted = self.pushes.send(dict.fromkeys(connections.values(), push))
        for unicorn_id, connection in connections.items():
            if posted[connection].gone:
                self.connections.disconnect(unicorn_id, connection)
        told = sum(outcome.taken for outcome in posted.values())
        self.logger.info("closed", completed_by=rfq.completed_by, unanswered=len(unanswered), told=told)
        self.metrics.add_metric("InvitationsClosed", MetricUnit.Count, len(unanswered))
