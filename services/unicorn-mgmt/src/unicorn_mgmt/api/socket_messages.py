"""The messages of the unicorn socket.

Any message may be lost with the line. An app says anything, and gets a snapshot of all that it may have missed.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from unicorn_mgmt.domain.invitation import Invitation
from unicorn_mgmt.domain.unicorn import Place, Ride
from wild_rydes_contracts import CompletedBy, Coordinates


class Push(BaseModel):
    """Base of all messages: JSON with kebab-case keys. `type` says which message it is."""

    model_config = ConfigDict(
        frozen=True,
        populate_by_name=True,
        serialize_by_alias=True,
        alias_generator=lambda name: name.rstrip("_").replace("_", "-"),
    )


class InvitationLinks(Push):
    """Where to answer."""

    answers: str


class OpenInvitation(Push):
    """An invitation to price a ride: POST to `links.answers` before the deadline. `rfq-id` tells it from others."""

    rfq_id: str
    from_: Coordinates
    to: Coordinates
    deadline: AwareDatetime
    links: InvitationLinks


class InvitationPush(OpenInvitation):
    """A new invitation to price a ride. It may come twice, and is part of every snapshot until it is answered."""

    type: Literal["invitation"] = "invitation"


class InvitationClosedPush(Push):
    """An RFQ is over, and no answer to its invitation counts any more. Sent to those who have not answered.

    If the customer has cancelled it, it goes to those who have quoted, too: no quote of it can be booked.
    """

    type: Literal["invitation-closed"] = "invitation-closed"
    rfq_id: str
    completed_by: CompletedBy


class AnotherChosenPush(Push):
    """Another unicorn has taken the customer's ride. Sent to those who have quoted, once or more, best effort.

    A customer whose ride is given up after that may still book another quote, while it is valid.
    """

    type: Literal["another-chosen"] = "another-chosen"
    rfq_id: str


class RidePushLinks(Push):
    """Where to end the ride."""

    completion: str
    cancellation: str


class TakenRide(Push):
    """The ride of an accepted quote, to be made and ended."""

    ride_id: str
    rfq_id: str
    links: RidePushLinks


class RidePush(TakenRide):
    """A new ride. Part of every snapshot until it has ended."""

    type: Literal["ride"] = "ride"


class SnapshotPush(Push):
    """What a unicorn has to do now, whatever it got before.

    An invitation that came more than ten seconds before and is not in it is over. A newer one may be missing.
    """

    type: Literal["snapshot"] = "snapshot"
    invitations: tuple[OpenInvitation, ...] = Field(description="Those open to it, the first to end first.")
    ride: TakenRide | None = None


class AppMessage(Push):
    """Anything: send it as soon as the connection is open, and then again and again. A snapshot answers it."""

    action: str | None = Field(default=None, description="Not read.", examples=["resume"])


class AppMessages:
    """Makes messages to the app, with links into the unicorn API. `api_url` is its base URL."""

    def __init__(self, api_url: str) -> None:
        self._api = api_url.rstrip("/")

    def invitation(self, invitation: Invitation) -> InvitationPush:
        """Invite."""
        return InvitationPush(**dict(self.open(invitation)))

    def open(self, invitation: Invitation) -> OpenInvitation:
        """Show an invitation."""
        assert invitation.start  # noqa: S101 - those of before there were places are not shown
        assert invitation.destination  # noqa: S101
        return OpenInvitation(
            rfq_id=invitation.rfq_id,
            from_=_coordinates(invitation.start),
            to=_coordinates(invitation.destination),
            deadline=invitation.deadline,
            links=InvitationLinks(answers=f"{self._api}/rfqs/{invitation.rfq_id}/answers"),
        )

    def ride(self, ride: Ride) -> RidePush:
        """Tell of a ride."""
        return RidePush(**dict(self._taken(ride)))

    def snapshot(self, invitations: Sequence[Invitation], ride: Ride | None) -> SnapshotPush:
        """Show all that there is to do."""
        return SnapshotPush(
            invitations=tuple(map(self.open, invitations)), ride=self._taken(ride) if ride else None
        )

    def _taken(self, ride: Ride) -> TakenRide:
        url = f"{self._api}/rides/{ride.id}"
        links = RidePushLinks(completion=f"{url}/completion", cancellation=f"{url}/cancellation")
        return TakenRide(ride_id=ride.id, rfq_id=ride.rfq_id, links=links)


def _coordinates(place: Place) -> Coordinates:
    return Coordinates(lat=place.lat, lon=place.lon)
