"""The unicorn API: a unicorn registers and says where it is. Each caller sees and changes their own unicorn alone."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from unicorn_mgmt.model import Place, Unicorn, unicorn_id
from unicorn_mgmt.representations import Links, PositionReport, Registration, UnicornBody
from unicorn_mgmt.store import Store
from unicorn_mgmt.vicinity import cell_of
from wild_rydes_http.api import RestApi
from wild_rydes_http.body import json_response, read_body
from wild_rydes_http.caller import caller
from wild_rydes_http.problem import Problem

GROUP = "unicorns"

_DECIMALS = 5  # of a degree: about a metre


class Routes:
    """The routes, to be added to a RestApi. `now` gives the time of a report."""

    def __init__(self, api: RestApi, store: Store, now: Callable[[], datetime]) -> None:
        self._api = api
        self._store = store
        self._now = now
        api.post("/unicorns")(self.register)
        api.get("/unicorns/<id_>")(self.show)
        api.put("/unicorns/<id_>/position")(self.report)

    def register(self) -> Response[str]:
        """201 and the unicorn; 200 when the caller was registered before."""
        sub = self._caller()
        body = read_body(self._api.current_event, Registration)
        unicorn = Unicorn(unicorn_id(sub), body.name, body.rate_card.to_model(), body.auto_quote)
        created = self._store.register(unicorn, sub)
        status = HTTPStatus.CREATED if created else HTTPStatus.OK
        shown = self._shown(unicorn)
        return json_response(status, shown, {"Location": shown.links.self_})

    def show(self, id_: str) -> Response[str]:
        """200 and the unicorn."""
        sub = self._owner(id_)
        unicorn = self._store.find(id_, sub)
        if unicorn is None:
            raise _unknown()
        return json_response(HTTPStatus.OK, self._shown(unicorn))

    def report(self, id_: str) -> Response[str]:
        """204; the unicorn is found at its new place from now on, or by nobody."""
        sub = self._owner(id_)
        body = read_body(self._api.current_event, PositionReport)
        if body.available:
            position = Place(lat=round(body.lat, _DECIMALS), lon=round(body.lon, _DECIMALS))
            known = self._store.show_up(id_, sub, position, cell_of(position), self._now())
        else:
            known = self._store.go_off(id_, sub, self._now())
        if not known:
            raise _unknown()
        return json_response(HTTPStatus.NO_CONTENT)

    def _caller(self) -> str:
        return caller(self._api.current_event, GROUP).sub

    def _owner(self, id_: str) -> str:
        """The caller, whose unicorn `id_` must be. Another's answers as one does that does not exist."""
        sub = self._caller()
        if id_ != unicorn_id(sub):
            raise _unknown()
        return sub

    def _shown(self, unicorn: Unicorn) -> UnicornBody:
        url = self._api.url(f"/unicorns/{unicorn.id}")
        return UnicornBody.of(unicorn, Links(self_=url, position=f"{url}/position"))


def _unknown() -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, "You have no such unicorn; POST /unicorns registers you.")
