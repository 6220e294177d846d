"""Ask the unicorns that price by hand, over their sockets."""

from collections.abc import Sequence

from unicorn_mgmt.adapters.connections import Connections, Posted
from unicorn_mgmt.adapters.invitation_table import Invitations
from unicorn_mgmt.adapters.unicorn_table import Store
from unicorn_mgmt.api.socket_messages import InvitationPush, Links
from unicorn_mgmt.domain.invitation import Invitation
from unicorn_mgmt.domain.unicorn import Unicorn
from wild_rydes_contracts import Metadata, RfqRequested


class Inviting:
    """Invites in one pass: one write for the RFQ, and one push for each unicorn."""

    def __init__(
        self, store: Store, invitations: Invitations, connections: Connections, links: Links
    ) -> None:
        self._store = store
        self._invitations = invitations
        self._connections = connections
        self._links = links

    def invite(
        self, rfq: RfqRequested, metadata: Metadata, reply_to: str, unicorns: Sequence[Unicorn]
    ) -> list[Unicorn]:
        """Invite these unicorns; those of them that cannot be reached.

        Whom an earlier delivery of the same request has invited stays invited, and nobody else is then. A connection that
        is found closed is forgotten.
        """
        connected = {unicorn.connection: unicorn for unicorn in unicorns if unicorn.connection}
        if not connected:
            return [*unicorns]
        assert metadata.deadline  # noqa: S101 - the contract has seen to it
        invitation = self._invitations.open(
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
            links=self._links.of_rfq(rfq.rfq_id),
        )
        waiting = {
            connection: unicorn
            for connection, unicorn in connected.items()
            if unicorn.id in invitation.invited and unicorn.id not in invitation.answers
        }
        posted = self._connections.post(dict.fromkeys(waiting, push))
        for connection, outcome in posted.items():
            if outcome is Posted.GONE:
                self._store.disconnect(waiting[connection].id, connection)
        reached = {waiting[c].id for c, outcome in posted.items() if outcome is Posted.TAKEN}
        reached |= invitation.answers.keys()
        return [unicorn for unicorn in unicorns if unicorn.id not in reached]
