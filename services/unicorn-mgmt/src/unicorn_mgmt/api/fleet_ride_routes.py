"""List the open rides of a fleet's vehicles, and end them. Partners see only their own."""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from unicorn_mgmt.adapters.engaged_vehicles import EngagedVehicles, Position
from unicorn_mgmt.adapters.unicorn_table import UnicornTable
from unicorn_mgmt.api.fleet_ride_representations import FleetRideBody, FleetRideLinks, FleetRideList
from unicorn_mgmt.api.partner_caller import partner_of
from unicorn_mgmt.api.representations import RideLinks
from unicorn_mgmt.domain.unicorn import Outcome, Ride, Unicorn
from unicorn_mgmt.domain.vehicle import PREFIX, responder_id
from wild_rydes_dynamodb.instants import from_number, to_number
from wild_rydes_http.api import HttpApi
from wild_rydes_http.body import json_response
from wild_rydes_http.problem import FieldError, Problem

PATH: Final = "/rides"
PAGE_SIZE: Final = 50

_CURSOR: Final = re.compile(rf"([0-9]{{1,15}})\.({PREFIX}[a-z2-7]{{20}})")


class FleetRideRoutes:
    """Adds its routes to a HttpApi. `now` gives the time of ends."""

    def __init__(
        self,
        api: HttpApi,
        unicorns: UnicornTable,
        engaged: EngagedVehicles,
        logger: Logger,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._unicorns = unicorns
        self._engaged = engaged
        self._logger = logger
        self._now = now
        api.get(PATH)(self.rides)
        api.post("/vehicles/<vehicle_id>/rides/<ride_id>/completion")(self.complete)
        api.post("/vehicles/<vehicle_id>/rides/<ride_id>/cancellation")(self.cancel_ride)

    def rides(self) -> Response[str]:
        """List the open rides of the partner's vehicles: 200 and one page of them, the oldest first."""
        fleet = partner_of(self._api)
        text = self._api.current_event.query_string_parameters.get("cursor")
        now = self._now()
        page = self._engaged.page(fleet, None if text is None else _position(text), PAGE_SIZE)
        here = self._api.url(PATH)
        body = FleetRideList(
            as_of=now,
            rides=tuple(self._shown(each, each.ride) for each in page.vehicles if each.ride),
            links=FleetRideLinks(
                self_=f"{here}?cursor={text}" if text else here,
                next=f"{here}?cursor={_cursor(page.end)}" if page.end else None,
            ),
        )
        return json_response(HTTPStatus.OK, body, {"Cache-Control": "no-store"})

    def complete(self, vehicle_id: str, ride_id: str) -> Response[str]:
        """End a vehicle's ride at its destination. The vehicle is free again. A repeat changes nothing."""
        return self._end(vehicle_id, ride_id, "completed")

    def cancel_ride(self, vehicle_id: str, ride_id: str) -> Response[str]:
        """Give up a vehicle's ride. The customer is told, and the vehicle is free again. A repeat changes nothing."""
        return self._end(vehicle_id, ride_id, "cancelled")

    def _end(self, vehicle_id: str, ride_id: str, outcome: Outcome) -> Response[str]:
        # Which vehicle it is depends on who asks: nobody can name another fleet's.
        fleet = partner_of(self._api)
        self._logger.append_keys(ride_id=ride_id)
        change = self._unicorns.change(
            responder_id(fleet, vehicle_id),
            lambda known: known.end(ride_id, outcome, self._now()),
            owner=fleet,
        )
        ending = change.after.recent.get(ride_id) if change else None
        if ending is None:
            raise Problem(HTTPStatus.NOT_FOUND, "You have no such ride.", code="unknown-ride")
        if ending.outcome != outcome:
            raise Problem(HTTPStatus.CONFLICT, f"The ride is over: {ending.outcome}.", code=ending.outcome)
        return json_response(HTTPStatus.NO_CONTENT)

    def _shown(self, vehicle: Unicorn, ride: Ride) -> FleetRideBody:
        id_ = vehicle.vehicle_id or ""
        url = self._api.url(f"/vehicles/{quote(id_)}/rides/{ride.id}")
        links = RideLinks(completion=f"{url}/completion", cancellation=f"{url}/cancellation")
        return FleetRideBody(id=ride.id, vehicle_id=id_, rfq_id=ride.rfq_id, since=ride.since, links=links)


def _cursor(position: Position) -> str:
    """Make the cursor of a position. It does not decide whose list is shown: there is nothing to gain by forging one."""
    text = f"{to_number(position.since)['N']}.{position.responder_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _position(cursor: str) -> Position:
    """Read the position. Raises Problem (400) if this is no cursor."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        found = _CURSOR.fullmatch(text)
    except (binascii.Error, ValueError):
        found = None
    if found is None:
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "Follow the `next` link unchanged.",
            errors=[FieldError("cursor", "not a cursor")],
        )
    return Position(from_number({"N": found[1]}), found[2])
