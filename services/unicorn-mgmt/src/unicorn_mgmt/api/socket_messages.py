"""The messages that the unicorn app gets over its socket."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from wild_rydes_contracts import Coordinates


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


class InvitationPush(Push):
    """An invitation to price a ride: POST to `links.answers` before the deadline. It may come twice."""

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
    """The ride of an accepted quote. Sent once, best effort; `GET /unicorns/{id}` shows it too."""

    type: Literal["ride"] = "ride"
    ride_id: str
    rfq_id: str
    links: RidePushLinks


class AppLinks:
    """Makes links into the unicorn API. `api_url` is its base URL."""

    def __init__(self, api_url: str) -> None:
        self._api = api_url.rstrip("/")

    def of_rfq(self, rfq_id: str) -> InvitationLinks:
        """Make the links of an invitation."""
        return InvitationLinks(answers=f"{self._api}/rfqs/{rfq_id}/answers")

    def of_ride(self, ride_id: str) -> RidePushLinks:
        """Make the links of a ride."""
        ride = f"{self._api}/rides/{ride_id}"
        return RidePushLinks(completion=f"{ride}/completion", cancellation=f"{ride}/cancellation")
