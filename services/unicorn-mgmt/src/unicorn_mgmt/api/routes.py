"""The unicorn API: a unicorn registers, reports its position, prices rides and ends its own.

Each caller is one unicorn.
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from unicorn_mgmt.adapters.invitation_table import InvitationTable
from unicorn_mgmt.adapters.unicorn_table import UnicornTable
from unicorn_mgmt.api.representations import (
    AnswerBody,
    InvitationBody,
    InvitationLinks,
    InvitationsBody,
    Links,
    PositionReport,
    Registration,
    RideBody,
    RideLinks,
    UnicornBody,
)
from unicorn_mgmt.domain.invitation import Verdict
from unicorn_mgmt.domain.unicorn import Outcome, Place, Ride, Unicorn, unicorn_id
from wild_rydes_http.api import HttpApi
from wild_rydes_http.body import json_response, read_body
from wild_rydes_http.problem import Problem

GROUP = "unicorns"

_DECIMALS = 5  # of a degree: about a metre


class Routes:
    """The routes of a HttpApi. `now` gives the time of reports, answers and ends."""

    def __init__(
        self,
        api: HttpApi,
        unicorns: UnicornTable,
        invitations: InvitationTable,
        logger: Logger,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._unicorns = unicorns
        self._invitations = invitations
        self._logger = logger
        self._now = now
        api.post("/unicorns")(self.register)
        api.get("/unicorns/me")(self.show_own)
        api.get("/unicorns/<id_>")(self.show)
        api.put("/unicorns/<id_>/position")(self.report)
        api.get("/unicorns/<id_>/invitations")(self.invitations)
        api.post("/rfqs/<id_>/answers")(self.answer)
        api.post("/rides/<id_>/completion")(self.complete)
        api.post("/rides/<id_>/cancellation")(self.cancel)

    def register(self) -> Response[str]:
        """Register a unicorn: 201 and the unicorn, or 200 if the caller was registered before."""
        sub = self._caller()
        body = read_body(self._api.current_event, Registration)
        unicorn = Unicorn(unicorn_id(sub), body.name, body.rate_card.to_domain(), body.auto_quote)
        stored, created = self._unicorns.register(unicorn, sub)
        status = HTTPStatus.CREATED if created else HTTPStatus.OK
        shown = self._shown(stored)
        return json_response(status, shown, {"Location": shown.links.self_})

    def show_own(self) -> Response[str]:
        """Show the caller's unicorn, whose id it need not know."""
        sub = self._caller()
        unicorn = self._unicorns.find(unicorn_id(sub), sub)
        if unicorn is None:
            raise Problem(
                HTTPStatus.NOT_FOUND,
                "You have no unicorn yet; POST /unicorns registers you.",
                code="not-registered",
            )
        shown = self._shown(unicorn)
        return json_response(HTTPStatus.OK, shown, {"Content-Location": shown.links.self_})

    def show(self, id_: str) -> Response[str]:
        """Show the caller's unicorn."""
        sub = self._owner(id_)
        unicorn = self._unicorns.find(id_, sub)
        if unicorn is None:
            raise _unknown()
        return json_response(HTTPStatus.OK, self._shown(unicorn))

    def report(self, id_: str) -> Response[str]:
        """Report position and availability. RFQs find the unicorn there from now on, unless it has a ride."""
        sub = self._owner(id_)
        body = read_body(self._api.current_event, PositionReport)
        position = Place(lat=round(body.lat, _DECIMALS), lon=round(body.lon, _DECIMALS))
        reported = position if body.available else None
        if not self._unicorns.change(id_, lambda unicorn: unicorn.report(reported, self._now()), owner=sub):
            raise _unknown()
        return json_response(HTTPStatus.NO_CONTENT)

    def invitations(self, id_: str) -> Response[str]:
        """List the RFQs that the caller's unicorn may still answer, as the socket's snapshot does."""
        self._owner(id_)
        found = self._invitations.open_to(id_, self._now())
        shown = tuple(
            InvitationBody.from_domain(each, InvitationLinks(answers=self._answers(each.rfq_id)))
            for each in found
        )
        return json_response(HTTPStatus.OK, InvitationsBody(invitations=shown))

    def answer(self, id_: str) -> Response[str]:
        """Answer an RFQ by hand. Only its first answer counts; it may be sent again."""
        unicorn = unicorn_id(self._caller())
        answer = read_body(self._api.current_event, AnswerBody).to_domain()
        match self._invitations.answer(id_, unicorn, answer, self._now()):
            case None | Verdict.NOT_INVITED:  # which RFQs there are is nobody's business who is not asked
                raise Problem(HTTPStatus.NOT_FOUND, "You were not invited to such an RFQ.")
            case Verdict.ANSWERED_OTHERWISE:
                raise Problem(
                    HTTPStatus.CONFLICT, "You have given a different answer before; the first answer counts."
                )
            case Verdict.TOO_LATE:
                raise Problem(HTTPStatus.GONE, "The deadline has passed.")
            case Verdict.CLOSED:
                raise Problem(HTTPStatus.GONE, "The RFQ is over.")
        self._logger.set_correlation_id(id_)
        return json_response(HTTPStatus.ACCEPTED)

    def complete(self, id_: str) -> Response[str]:
        """End a ride at its destination. The unicorn is free again. A repeat changes nothing."""
        return self._end(id_, "completed")

    def cancel(self, id_: str) -> Response[str]:
        """Give up a ride. The customer is told, and the unicorn is free again. A repeat changes nothing."""
        return self._end(id_, "cancelled")

    def _end(self, ride_id: str, outcome: Outcome) -> Response[str]:
        sub = self._caller()
        change = self._unicorns.change(
            unicorn_id(sub), lambda unicorn: unicorn.end(ride_id, outcome, self._now()), owner=sub
        )
        ending = change.after.recent.get(ride_id) if change else None
        if ending is None:
            raise Problem(HTTPStatus.NOT_FOUND, "You have no such ride.")
        if ending.outcome != outcome:
            raise Problem(HTTPStatus.CONFLICT, f"The ride is over: {ending.outcome}.")
        return json_response(HTTPStatus.NO_CONTENT)

    def _caller(self) -> str:
        return self._api.caller(GROUP).sub

    def _owner(self, id_: str) -> str:
        """Return the caller, whose unicorn `id_` must be.

        Someone else's unicorn is answered like a missing one.
        """
        sub = self._caller()
        if id_ != unicorn_id(sub):
            raise _unknown()
        return sub

    def _shown(self, unicorn: Unicorn) -> UnicornBody:
        url = self._api.url(f"/unicorns/{unicorn.id}")
        ride = self._ride(unicorn.ride) if unicorn.ride else None
        links = Links(self_=url, position=f"{url}/position", invitations=f"{url}/invitations")
        return UnicornBody.from_domain(unicorn, links, ride)

    def _answers(self, rfq_id: str) -> str:
        return self._api.url(f"/rfqs/{rfq_id}/answers")

    def _ride(self, ride: Ride) -> RideBody:
        url = self._api.url(f"/rides/{ride.id}")
        links = RideLinks(completion=f"{url}/completion", cancellation=f"{url}/cancellation")
        return RideBody(id=ride.id, rfq_id=ride.rfq_id, since=ride.since, links=links)


def _unknown() -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, "You have no such unicorn; POST /unicorns registers you.")
