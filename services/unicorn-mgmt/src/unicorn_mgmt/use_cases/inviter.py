"""Ask the unicorns that price by hand, over their sockets. Part of the responder."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.invitation_table import InvitationTable
from unicorn_mgmt.adapters.unicorn_table import UnicornTable
from unicorn_mgmt.api.socket_messages import AppLinks, InvitationPush
from unicorn_mgmt.domain.invitation import Invitation
from unicorn_mgmt.domain.unicorn import Unicorn
from unicorn_mgmt.use_cases.app_pushes import push_all
from wild_rydes_contracts import Metadata, RfqRequested
from wild_rydes_http.sockets import Sockets


@dataclass(frozen=True, slots=True)
class Inviter:
    """Invites in one pass: one write for the RFQ, and one push for each unicorn."""

    unicorns: UnicornTable
    invitations: InvitationTable
    sockets: Sockets
    links: AppLinks
    logger: Logger

    def invite(
        self, rfq: RfqRequested, metadata: Metadata, reply_to: str, unicorns: Sequence[Unicorn]
    ) -> list[Unicorn]:
        """Invite these unicorns. Return those of them that cannot be reached.

        The unicorns that an earlier delivery of the same request has invited stay invited, and no others are.
        A connection that turns out to be closed is forgotten.
        """
        connected = {unicorn.connection: unicorn for unicorn in unicorns if unicorn.connection}
        if not connected:
            return [*unicorns]
        assert metadata.deadline  # noqa: S101 - the contract has seen to it
        invitation = self.invitations.open(
            Invitation(
                rfq_id=rfq.rfq_id,
                invited={unicorn.id: unicorn.name for unicorn in connected.values()},
                deadline=metadata.deadline,
                reply_to=reply_to,
                correlation_id=metadata.correlation_id,
                cause=metadata.event_id,
                caused_at=metadata.occurred_at,
                ratings={unicorn.id: unicorn.rating for unicorn in connected.values() if unicorn.rating},
            )
        )
        push = InvitationPush(
            rfq_id=rfq.rfq_id,
            from_=rfq.start,
            to=rfq.destination,
            deadline=metadata.deadline,
            links=self.links.of_rfq(rfq.rfq_id),
        )
        waiting = {
            connection: unicorn
            for connection, unicorn in connected.items()
            if unicorn.id in invitation.invited and unicorn.id not in invitation.answers
        }
        posted = push_all(self.sockets, dict.fromkeys(waiting, push), self.logger)
        for connection, outcome in posted.items():
            if outcome.gone:
                self.unicorns.disconnect(waiting[connection].id, connection)
        reached = {waiting[connection].id for connection, outcome in posted.items() if outcome.taken}
        reached |= invitation.answers.keys()
        return [unicorn for unicorn in unicorns if unicorn.id not in reached]
