"""What the unicorn app is told over its socket."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from wild_rydes_contracts import Coordinates


class Push(BaseModel):
    """Base of all: JSON with kebab-case keys, told apart by `type`."""

    model_config = ConfigDict(
        frozen=True,
        populate_by_name=True,
        serialize_by_alias=True,
        alias_generator=lambda name: name.rstrip("_").replace("_", "-"),
    )


class InvitationLinks(Push):
    """Where to go from here."""

    answers: str


class InvitationPush(Push):
    """Price this ride by POSTing to `links.answers` before the deadline. May come twice."""

    type: Literal["invitation"] = "invitation"
    rfq_id: str
    from_: Coordinates
    to: Coordinates
    deadline: AwareDatetime
    links: InvitationLinks


class RidePushLinks(Push):
    """Where to end the ride."""

    completion: str
    cancellation: str


class RidePush(Push):
    """Your quote was accepted and the ride is yours. Told once, as good as it goes: GET the unicorn shows it, too."""

    type: Literal["ride"] = "ride"
    ride_id: str
    rfq_id: str
    links: RidePushLinks


class Links:
    """Makes links into the unicorn API, whose base URL this is."""

    def __init__(self, api_url: str) -> None:
        self._api = api_url.rstrip("/")

    def of_rfq(self, rfq_id: str) -> InvitationLinks:
        """Links of an invitation."""
        return InvitationLinks(answers=f"{self._api}/rfqs/{rfq_id}/answers")

    def of_ride(self, ride_id: str) -> RidePushLinks:
        """Links of a ride."""
        ride = f"{self._api}/rides/{ride_id}"
        return RidePushLinks(completion=f"{ride}/completion", cancellation=f"{ride}/cancellation")
