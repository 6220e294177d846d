"""Ask the unicorns that price by hand, over their sockets. Part of the responder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from unicorn_mgmt.adapters.app_connections import AppConnections
from unicorn_mgmt.adapters.invitation_table import InvitationTable
from unicorn_mgmt.api.socket_messages import AppMessages
from unicorn_mgmt.domain.invitation import Invitation
from unicorn_mgmt.domain.unicorn import Place, Unicorn
from unicorn_mgmt.use_cases.app_pushes import AppPushes
from wild_rydes_contracts import Coordinates, Metadata, RfqRequested

_DECIMALS = 6  # of a degree: a tenth of a metre, and nothing that the table's numbers cannot hold


@dataclass(frozen=True, slots=True)
class Inviter:
    """Invites in one pass: one write for the RFQ, notes by 25 unicorns a write, and one push for each unicorn."""

    connections: AppConnections
    invitations: InvitationTable
    pushes: AppPushes
    messages: AppMessages

    def invite(
        self, rfq: RfqRequested, metadata: Metadata, reply_to: str, unicorns: Sequence[Unicorn]
    ) -> list[Unicorn]:
        """Invite these unicorns. Return those of them that cannot be reached.

        The unicorns that an earlier delivery of the same request has invited stay invited, and no others are.
        A connection that turns out to be closed is forgotten. Who cannot be reached is not invited any more.
        An RFQ that is over by now needs nobody. Raises TableBusy.
        """
        connected = {unicorn.connection: unicorn for unicorn in unicorns if unicorn.connection}
        if not connected:
            return [*unicorns]
        assert metadata.deadline  # noqa: S101 - the contract has seen to it
        start, destination = _place(rfq.start), _place(rfq.destination)
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
                start=start,
                destination=destination,
            )
        )
        if invitation is None or invitation.closed_at:
            return []
        self.invitations.note(invitation)
        # The first delivery may have been to a version that did not keep the places.
        invitation = replace(invitation, start=start, destination=destination)
        unreached = self._push(invitation, connected)
        reached = invitation.invited.keys() - unreached
        return [unicorn for unicorn in unicorns if unicorn.id not in reached]

    def _push(self, invitation: Invitation, connected: Mapping[str, Unicorn]) -> set[str]:
        """Push an invitation to those who have not answered. Return the ids of those who are not told of it."""
        waiting = {
            connection: unicorn.id
            for connection, unicorn in connected.items()
            if unicorn.id in invitation.unanswered
        }
        push = self.messages.invitation(invitation)
        posted = self.pushes.send(dict.fromkeys(waiting, push))
        unreached: set[str] = set()
        for connection, outcome in posted.items():
            unicorn_id = waiting[connection]
            if outcome.gone:
                self.connections.disconnect(unicorn_id, connection)
            if not outcome.taken and self.invitations.withdraw(invitation.rfq_id, unicorn_id):
                unreached.add(unicorn_id)
        return unreached


def _place(coordinates: Coordinates) -> Place:
    return Place(round(coordinates.lat, _DECIMALS) + 0.0, round(coordinates.lon, _DECIMALS) + 0.0)  # no -0.0
