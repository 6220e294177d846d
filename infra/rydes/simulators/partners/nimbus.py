"""Nimbus Broomsticks: OAuth2 client credentials, and answers by a signed callback some time later."""

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from infra.rydes.simulators.partners.behaviour import Behaviour, Reply, Request, Tariff
from infra.rydes.simulators.partners.rides import later, post
from infra.rydes.simulators.partners.wire import JSON, json_reply, mac, ride_in

TOKEN_PREFIX = "nimbus-token-"  # noqa: S105 - tests look for it where no token may be
_SECONDS_TO_THINK = 0.15


class Nimbus(Behaviour):
    """Takes note of requests, and calls back. The key of its callbacks it shares with us.

    The `reference_key` in its secret is ours alone.
    """

    secret_values = ("client_id", "client_secret", "callback_key", "reference_key")
    tariff = Tariff("6.00", "1.10", pickup_seconds=300)
    signs = "callbacks"
    calls_back = True

    def __init__(self, secret: Mapping[str, str]) -> None:
        super().__init__(secret)
        self._tokens: set[str] = set()

    def answer(self, request: Request, *, willing: bool = True) -> Reply:
        """See Behaviour."""
        return self._answer(request, self.secret["callback_key"], willing=willing)

    def throttled(self, retry_after: int) -> Reply:
        """See Behaviour."""
        return Reply(429, b"", {"Retry-After": str(retry_after)})

    def missigned(self, request: Request) -> Reply:
        """Take the request, and sign the callback with a wrong key."""
        return self._answer(request, "somebody else's", willing=True)

    def news(self, ride_id: str, state: str) -> bytes:
        """See Behaviour."""
        why = {"why": "none_free"} if state == "refused" else {}
        return json.dumps({"ride": ride_id, "state": state, **why}).encode()

    def seal(self, body: bytes, at: str) -> dict[str, str]:
        """See Behaviour."""
        return _seal(body, at, self.secret["callback_key"])

    def revoke(self) -> None:
        """Forget all tokens, which makes them invalid."""
        self._tokens.clear()

    def _answer(self, request: Request, key: str, *, willing: bool) -> Reply:
        if (request.method, request.path) == ("POST", "/oauth/token"):
            return self._grant(request)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return json_reply(401, {"error": "invalid_token"})
        ride_id = ride_in(request, "/v2/rides/")
        match request.method, ride_id:
            case "POST", None if request.path == "/v2/quote-requests":
                asked = json.loads(request.body)
                return _noted(lambda: self._offer(asked, key, willing=willing))
            case "PUT", str():
                url = json.loads(request.body)["callback_url"]
                return _noted(lambda: self._book(ride_id, url, key, willing=willing))
            case "DELETE", str():
                self.rides.cancel(ride_id)
                return Reply(204)
        return Reply(404)

    def _grant(self, request: Request) -> Reply:
        client = f"{self.secret['client_id']}:{self.secret['client_secret']}"
        expected = f"Basic {base64.b64encode(client.encode()).decode()}"
        if (
            request.headers.get("authorization") != expected
            or request.body != b"grant_type=client_credentials"
        ):
            return json_reply(401, {"error": "invalid_client"})
        token = f"{TOKEN_PREFIX}{secrets.token_urlsafe()}"
        self._tokens.add(token)
        return json_reply(200, {"access_token": token, "token_type": "Bearer", "expires_in": 600})

    def _offer(self, asked: dict[str, Any], key: str, *, willing: bool) -> None:
        price = self.tariff.price(asked["from"], asked["to"])
        offer = {
            "price": {"amount": str(price), "currency": "USD"},
            "pickup_in_seconds": self.tariff.pickup_seconds,
        }
        told = {"reference": asked["reference"], "offer": offer if price and willing else None}
        _call_back(asked["callback_url"], json.dumps(told).encode(), key)

    def _book(self, ride_id: str, url: str, key: str, *, willing: bool) -> None:
        def tell(state: str) -> None:
            _call_back(url, self.news(ride_id, state), key)

        tell(self.rides.book(ride_id, willing=willing, completed=lambda: tell("completed")))


def _noted(do: Callable[[], object]) -> Reply:
    later(_SECONDS_TO_THINK, do)
    return json_reply(202, {"status": "noted"})


def _seal(body: bytes, at: str, key: str) -> dict[str, str]:
    return {**JSON, "Nimbus-Signature": f"t={at},v1={mac(key, at.encode() + b'.' + body)}"}


def _call_back(url: str, body: bytes, key: str) -> None:
    post(url, body, _seal(body, str(int(time.time())), key))
