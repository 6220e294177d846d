"""Ask the unicorns that price by hand, over their sockets. Part of the responder."""

from collections.abc import Iterable, Sequence
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
class Opened:
    """Unicorns to ask, and the invitation of those who are connected: None if there is nobody to ask."""

    unicorns: Sequence[Unicorn]
    invitation: Invitation | None = None

    @property
    def waiting(self) -> list[Unicorn]:
        """Those who are connected, invited, and have not answered."""
        unanswered = self.invitation.unanswered if self.invitation else ()
        return [unicorn for unicorn in self.unicorns if unicorn.connection and unicorn.id in unanswered]


@dataclass(frozen=True, slots=True)
class Told:
    """Who was told of which RFQ, as (RFQ's id, unicorn's id), and the connections that are gone."""

    pairs: frozenset[tuple[str, str]]
    gone: frozenset[str]


@dataclass(frozen=True, slots=True)
class Inviter:
    """Invites in one pass: one write for the RFQ, notes by 25 unicorns a write, and one push for each unicorn.

    The pushes of a batch go out at once and take a bounded time, so that no reply of the batch waits for long.
    """

    connections: AppConnections
    invitations: InvitationTable
    pushes: AppPushes
    messages: AppMessages

    def open(
        self, rfq: RfqRequested, metadata: Metadata, reply_to: str, unicorns: Sequence[Unicorn]
    ) -> Opened:
        """Write the invitation of these unicorns, before anyone hears of it.

        The unicorns that an earlier delivery of the same request has invited stay invited, and no others are: who was
        said not to be reached is not asked any more, and who was asked is not said to be out of reach. So it is
        written even if nobody is connected. An RFQ that is over by now needs nobody. Raises TableBusy.
        """
        if not unicorns:
            return Opened(unicorns)
        connected = {unicorn.connection: unicorn for unicorn in unicorns if unicorn.connection}
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
            return Opened(())
        self.invitations.note(invitation)
        # The first delivery may have been to a version that did not keep the places.
        return Opened(unicorns, replace(invitation, start=start, destination=destination))

    def push(self, opened: Iterable[Opened]) -> Told:
        """Push invitations to those who have not answered, all at once. Raises nothing."""
        invited = [
            (each.invitation, unicorn.id, unicorn.connection)
            for each in opened
            if each.invitation
            for unicorn in each.waiting
            if unicorn.connection
        ]
        posted = self.pushes.send(
            [(connection, self.messages.invitation(invitation)) for invitation, _, connection in invited]
        )
        outcomes = [*zip(invited, posted, strict=True)]
        return Told(
            frozenset(
                (invitation.rfq_id, id_) for (invitation, id_, _), outcome in outcomes if outcome.taken
            ),
            frozenset(connection for (_, _, connection), outcome in outcomes if outcome.gone),
        )

    def unreachable(self, opened: Opened, told: Told) -> list[Unicorn]:
        """Take back the invitation of those who are not told of it. Return the unicorns that cannot be reached.

        A connection that turned out to be closed is forgotten.
        """
        if opened.invitation is None:
            return [*opened.unicorns]
        rfq_id, waiting = opened.invitation.rfq_id, opened.waiting
        for unicorn in waiting:
            if unicorn.connection and unicorn.connection in told.gone:
                self.connections.disconnect(unicorn.id, unicorn.connection)
        missed = [unicorn.id for unicorn in waiting if (rfq_id, unicorn.id) not in told.pairs]
        reached = opened.invitation.invited.keys() - self.invitations.withdraw(rfq_id, missed)
        return [unicorn for unicorn in opened.unicorns if unicorn.id not in reached]


def _place(coordinates: Coordinates) -> Place:
    return Place(round(coordinates.lat, _DECIMALS) + 0.0, round(coordinates.lon, _DECIMALS) + 0.0)  # no -0.0
