"""The rides of a fleet's vehicles as the partner sees them."""

from pydantic import AwareDatetime

from unicorn_mgmt.api.representations import RideBody
from wild_rydes_http.body import Representation


class FleetRideBody(RideBody):
    """A ride that a vehicle has taken: it is to fetch the customer, and the partner to say when it is over."""

    vehicle_id: str


class FleetRideLinks(Representation):
    """This page, and the next one if there is one."""

    self_: str
    next: str | None = None


class FleetRideList(Representation):
    """Open rides of a fleet's vehicles, the oldest first."""

    as_of: AwareDatetime
    rides: tuple[FleetRideBody, ...]
    links: FleetRideLinks
