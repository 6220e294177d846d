"""Users sign in, what is closed to them is closed, and unicorns come on duty."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import httpx

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.simulators.phones.client import agreed
from infra.rydes.verify.journey.scene import Scene, Unicorn
from infra.rydes.verify.people import App, Caller, Refused
from infra.rydes.verify.steps import Risk, Step, Stuck

_PROBLEM = "application/problem+json"
_CARD = {
    name: {"amount": amount, "currency": "USD"} for name, amount in (("base", "3.00"), ("minimum", "8.00"))
}
_RATE_CARD = {**_CARD, "per-km": {"amount": "1.20", "currency": "USD"}}
_DOORS = {
    "rfq-api": "/instant-ride-rfqs",
    "unicorn-api": "/unicorns/u-verify",
    "support-api": "/callbacks",
}
"""A path of each API that only its users may call."""
_APIS = ("ride-booking-api", "unicorn-mgmt-api", "feedback-api")
_RENAMED = "x-amzn-remapped-www-authenticate"
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html"""
_NORTH = 0.005
"""Degrees from where the customer is: half a kilometre."""


class Arrival:
    """The first steps of a journey."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._passwords: dict[str, tuple[str, str]] = {}

    def steps(self) -> list[Step]:
        """List the steps."""
        return [
            Step("sign-in", "users are created, and sign in by SRP", "Nobody can use an app.", self._sign_in),
            Step(
                "closed",
                "without a token the APIs answer 401 as problem+json",
                "Callers get an answer that our API documents do not have, or get in.",
                self._closed,
                way=_APIS,
            ),
            Step(
                "challenge",
                "that answer says how to sign in, by WWW-Authenticate",
                "Clients that go by the header do not know how to sign in.",
                self._challenged,
                way=_APIS,
                needs=("closed",),
            ),
            Step(
                "refusals",
                "who belongs to another group gets 403, and a bad request 400 that names the field",
                "Callers get an answer that our API documents do not have, or get in.",
                self._refusals,
                way=("ride-booking-api",),
                needs=("sign-in",),
            ),
            Step(
                "sockets closed",
                "without a token the sockets let nobody connect",
                "Strangers see what customers and unicorns see.",
                self._sockets_closed,
                way=("ride-booking-authorizer", "unicorn-mgmt-authorizer"),
            ),
            Step(
                "unicorns",
                "two unicorns register, report where they are, and their apps connect",
                "Unicorns cannot come on duty.",
                self._register,
                way=("unicorn-mgmt-api", "unicorn-mgmt-authorizer", "unicorn-mgmt-socket"),
                needs=("sign-in",),
            ),
        ]

    def _sign_in(self) -> None:
        for role, group, api in (
            ("customer", "customers", "rfq-api"),
            ("stranger", "customers", "rfq-api"),
            ("by-card", "unicorns", "unicorn-api"),
            ("by-hand", "unicorns", "unicorn-api"),
            ("agent", "support", "support-api"),
        ):
            texted = role == "customer" and self._scene.number
            attributes = agreed(self._scene.number, datetime.now(UTC)) if texted else {}
            name, password = self._scene.guests.user(role, group, attributes)
            token = self._scene.users.sign_in(name, password)
            self._scene.people[role] = Caller(self._scene.system.url(api), token)
        self._scene.traces.customers.append(_subject(self._scene.people["customer"].token))

    def _closed(self) -> None:
        wrong = [flaw for api, path in _DOORS.items() for flaw in self._wrong_at(api, path)]
        if wrong:
            raise Stuck("; ".join(wrong), "Look at the API's stage, and at the function behind it.")

    def _challenged(self) -> None:
        for api, path in _DOORS.items():
            headers = httpx.get(self._scene.system.url(api) + path, timeout=30).headers
            if headers.get("WWW-Authenticate", "").startswith("Bearer"):
                continue
            if _RENAMED in headers:
                raise Risk(
                    f"API Gateway has renamed it to {_RENAMED}: clients know by the status that they have to sign in",
                    "docs/decisions/0056-http-apis-and-tokens-in-the-function.md",
                )
            raise Stuck(f"{api} does not say so", "Look at the function behind it.")

    def _wrong_at(self, api: str, path: str) -> Iterator[str]:
        url = self._scene.system.url(api) + path
        try:
            answer = httpx.get(url, timeout=30)
        except httpx.HTTPError as error:
            yield f"{api} does not answer ({error or type(error).__name__})"
            return
        if answer.status_code != httpx.codes.UNAUTHORIZED:
            yield f"{api} answers {answer.status_code}: {answer.text[:200]}"
            return
        if not answer.headers.get("Content-Type", "").startswith(_PROBLEM):
            yield f"{api} answers 401 as {answer.headers.get('Content-Type', 'nothing')}"

    def _refusals(self) -> None:
        people = self._scene.people
        rfqs = f"{self._scene.system.url('rfq-api')}/instant-ride-rfqs"
        _is_problem(people["by-card"].call("GET", rfqs, httpx.codes.FORBIDDEN))
        bad = {**self._scene.request(60), "respond-within": 0}
        problem = people["customer"].call("POST", rfqs, httpx.codes.BAD_REQUEST, json=bad)
        _is_problem(problem)
        if not problem.json().get("errors"):
            raise Stuck("the answer to a bad request names no field")

    def _sockets_closed(self) -> None:
        for name in ("rfq-socket", "unicorn-socket"):
            url = self._scene.system.url(name)
            try:
                App(url, None).close()
            except Refused as refused:
                if refused.status not in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
                    raise
            else:
                raise Stuck(f"{name} lets a stranger connect", "Look at its authorizer.")

    def _register(self) -> None:
        for role in ("by-card", "by-hand"):
            unicorn = self._on_duty(role)
            self._scene.unicorns[role] = unicorn
            unicorn.app.send({"action": "resume"})
            self._scene.walk.until(partial(unicorn.app.hear, lambda message: message["type"] == "snapshot"))

    def _on_duty(self, role: str) -> Unicorn:
        """Register a unicorn, report its position, and connect its app."""
        caller = self._scene.people[role]
        body = {"name": f"Verify {role}", "rate-card": _RATE_CARD, "auto-quote": role == "by-card"}
        id_ = caller.call("POST", "/unicorns", 200, 201, json=body).json()["id"]
        self._scene.traces.unicorns.append(id_)
        position = {"lat": self._scene.lat + _NORTH, "lon": self._scene.lon, "available": True}
        caller.call("PUT", f"/unicorns/{id_}/position", 204, json=position)
        app = App(self._scene.system.url("unicorn-socket"), caller.token)
        self._scene.guests.remember(f"connection of {role}", app.close, "It ends by itself.")
        return Unicorn(id_, caller, app)


def _is_problem(answer: httpx.Response) -> None:
    kind = answer.headers.get("Content-Type", "nothing")
    if not kind.startswith(_PROBLEM):
        raise LocalCloudError(
            f"{answer.request.method} {answer.url.path} answers {answer.status_code} as {kind}.",
            "Look at the function behind it.",
        )


def _subject(token: str) -> str:
    """Read the user's id from a token that Cognito has just given."""
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return str(claims["sub"])
