"""The three partner fleets, each as its own API documentation would describe it."""

import base64
import hashlib
import hmac
import json
import math
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from infra.rydes.simulators.partners.rides import Rides, later, post
from infra.rydes.simulators.partners.server import Reply, Request

JSON = {"Content-Type": "application/json"}
TOKEN_PREFIX = "nimbus-token-"  # noqa: S105 - tests look for it where no token may be
_LONGEST_KM = 300
_FRESH = 300


class Comet:
    """Speaks JSON with an API key, and reports rides with a token."""

    def __init__(self, api_key: str, webhook_token: str) -> None:
        self._api_key = api_key
        self._webhook_token = webhook_token
        self.rides = Rides()

    def answer(self, request: Request, *, willing: bool = True) -> Reply:
        """See Behaviour."""
        if not hmac.compare_digest(request.headers.get("x-api-key", ""), self._api_key):
            return Reply(401, b'{"error": "no such key"}', JSON)
        ride_id = _ride_id(request, "/v1/rides/")
        match request.method, ride_id:
            case "POST", None if request.path == "/v1/quotes":
                return self._quote(json.loads(request.body), willing=willing)
            case "PUT", str():
                return self._book(ride_id, json.loads(request.body), willing=willing)
            case "DELETE", str():
                self.rides.cancel(ride_id)
                return Reply(204)
        return Reply(404, b'{"error": "nothing here"}', JSON)

    def throttled(self, retry_after: int) -> Reply:
        """See Behaviour."""
        return Reply(429, b'{"error": "slow down"}', {**JSON, "Retry-After": str(retry_after)})

    def missigned(self, request: Request) -> Reply:
        """Answer properly: Comet signs nothing."""
        return self.answer(request)

    def _quote(self, asked: dict[str, Any], *, willing: bool) -> Reply:
        ends = [(asked[end]["latitude"], asked[end]["longitude"]) for end in ("pickup", "dropoff")]
        km = _km(*ends)
        if km > _LONGEST_KM or not willing:
            return _json(200, {"available": False, "why": "TOO_FAR" if willing else "NO_CARS"})
        cents = 450 + round(km * 155)
        return _json(200, {"available": True, "totalCents": cents, "currency": "USD", "etaMinutes": 6})

    def _book(self, ride_id: str, wanted: dict[str, Any], *, willing: bool) -> Reply:
        def completed() -> None:
            told = json.dumps({"ride": ride_id, "status": "COMPLETED"}).encode()
            post(wanted["webhook"], told, {**JSON, "X-Webhook-Token": self._webhook_token})

        state = self.rides.book(ride_id, willing=willing, completed=completed)
        if state in ("refused", "cancelled"):
            return _json(409, {"why": "NO_CARS" if state == "refused" else "CANCELLED"})
        return _json(200, {"status": state.upper()})


class Pegasus:
    """Speaks XML, signed both ways; faults are XML with status 200."""

    def __init__(self, access_id: str, signing_key: str) -> None:
        self._access_id = access_id
        self._key = signing_key
        self.rides = Rides()

    def answer(self, request: Request, *, willing: bool = True) -> Reply:
        """See Behaviour."""
        return self._signed(self._told(request, willing=willing))

    def throttled(self, retry_after: int) -> Reply:
        """See Behaviour."""
        return self._signed(f"<Fault><Code>Throttled</Code><RetryAfter>{retry_after}</RetryAfter></Fault>")

    def missigned(self, request: Request) -> Reply:
        """See Behaviour."""
        return self._signed(self._told(request), key="somebody else's")

    def _told(self, request: Request, *, willing: bool = True) -> str:
        at = request.headers.get("x-timestamp", "")
        expected = _mac(self._key, b"\n".join([at.encode(), request.path.encode(), request.body]))
        genuine = hmac.compare_digest(expected, request.headers.get("x-signature", ""))
        known = request.headers.get("x-access-id") == self._access_id
        if not (genuine and known and at.isdecimal() and abs(time.time() - int(at)) < _FRESH):
            return "<Fault><Code>BadSignature</Code></Fault>"
        asked = ElementTree.fromstring(request.body)  # noqa: S314 - we have signed it
        match asked.tag:
            case "QuoteRequest":
                return self._quote(asked, willing=willing)
            case "BookingRequest":
                return self._book(asked, willing=willing)
            case "CancellationRequest":
                self.rides.cancel(asked.attrib["id"])
                return "<Cancelled/>"
        return "<Fault><Code>BadRequest</Code></Fault>"

    def _quote(self, asked: ElementTree.Element, *, willing: bool) -> str:
        ends = [asked.find(name) for name in ("From", "To")]
        km = _km(*((float(end.get("lat", "")), float(end.get("lon", ""))) for end in ends if end is not None))
        if km > _LONGEST_KM or not willing:
            return f'<NoOffer reason="{"TooFar" if willing else "NoneFree"}"/>'
        fare = f"{9 + km * 1.35:.2f}"
        return f'<Quote><Fare currency="USD">{fare}</Fare><PickupSeconds>540</PickupSeconds></Quote>'

    def _book(self, asked: ElementTree.Element, *, willing: bool) -> str:
        ride_id = asked.attrib["id"]

        def completed() -> None:
            self._report(
                asked.findtext("ReportTo", ""), f'<RideReport id={quoteattr(ride_id)} state="Completed"/>'
            )

        state = self.rides.book(ride_id, willing=willing, completed=completed)
        if state in ("refused", "cancelled"):
            return f'<NoBooking reason="{"NoneFree" if state == "refused" else "Cancelled"}"/>'
        return "<Booking/>"

    def _report(self, url: str, text: str) -> None:
        at, body = str(int(time.time())), text.encode()
        signature = _mac(self._key, b"\n".join([at.encode(), body]))
        post(url, body, {"Content-Type": "application/xml", "X-Timestamp": at, "X-Signature": signature})

    def _signed(self, text: str, key: str | None = None) -> Reply:
        body = text.encode()
        signature = _mac(key or self._key, body)
        return Reply(200, body, {"Content-Type": "application/xml", "X-Signature": signature})


class Nimbus:
    """Takes OAuth2 client credentials, and answers by a callback `think_seconds` later."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        callback_key: str,
        think_seconds: float = 0.15,
    ) -> None:
        self._client = f"{client_id}:{client_secret}"
        self._callback_key = callback_key
        self._think_seconds = think_seconds
        self._tokens: set[str] = set()
        self.rides = Rides()

    def answer(self, request: Request, *, willing: bool = True) -> Reply:
        """See Behaviour."""
        return self._answer(request, self._callback_key, willing=willing)

    def throttled(self, retry_after: int) -> Reply:
        """See Behaviour."""
        return Reply(429, b"", {"Retry-After": str(retry_after)})

    def missigned(self, request: Request) -> Reply:
        """Take the request, and sign the callback with a wrong key."""
        return self._answer(request, "somebody else's", willing=True)

    def revoke(self) -> None:
        """Forget all tokens, which makes them invalid."""
        self._tokens.clear()

    def _answer(self, request: Request, key: str, *, willing: bool) -> Reply:
        if (request.method, request.path) == ("POST", "/oauth/token"):
            return self._grant(request)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return _json(401, {"error": "invalid_token"})
        ride_id = _ride_id(request, "/v2/rides/")
        match request.method, ride_id:
            case "POST", None if request.path == "/v2/quote-requests":
                asked = json.loads(request.body)
                return self._noted(lambda: self._offer(asked, key, willing=willing))
            case "PUT", str():
                wanted = json.loads(request.body)
                return self._noted(lambda: self._book(ride_id, wanted, key, willing=willing))
            case "DELETE", str():
                self.rides.cancel(ride_id)
                return Reply(204)
        return Reply(404)

    def _grant(self, request: Request) -> Reply:
        expected = f"Basic {base64.b64encode(self._client.encode()).decode()}"
        if (
            request.headers.get("authorization") != expected
            or request.body != b"grant_type=client_credentials"
        ):
            return _json(401, {"error": "invalid_client"})
        token = f"{TOKEN_PREFIX}{secrets.token_urlsafe()}"
        self._tokens.add(token)
        return _json(200, {"access_token": token, "token_type": "Bearer", "expires_in": 600})

    def _noted(self, do: Callable[[], object]) -> Reply:
        later(self._think_seconds, do)
        return _json(202, {"status": "noted"})

    def _offer(self, asked: dict[str, Any], key: str, *, willing: bool) -> None:
        km = _km(asked["from"], asked["to"])
        price = {"amount": f"{6 + km * 1.1:.2f}", "currency": "USD"}
        offer = {"price": price, "pickup_in_seconds": 300} if willing and km <= _LONGEST_KM else None
        send_callback(asked["callback_url"], {"reference": asked["reference"], "offer": offer}, key)

    def _book(self, ride_id: str, wanted: dict[str, Any], key: str, *, willing: bool) -> None:
        def tell(state: str, **more: str) -> int:
            return send_callback(wanted["callback_url"], {"ride": ride_id, "state": state, **more}, key)

        state = self.rides.book(ride_id, willing=willing, completed=lambda: tell("completed"))
        if state == "refused":
            tell("refused", why="none_free")
        else:
            tell(state)


def send_callback(url: str, content: dict[str, Any], key: str, at: float | None = None) -> int:
    """Post a callback as Nimbus does, signed with this key; return the status (0: no answer)."""
    body = json.dumps(content).encode()
    stamp = str(int(time.time() if at is None else at))
    signature = f"t={stamp},v1={_mac(key, f'{stamp}.'.encode() + body)}"
    return post(url, body, {**JSON, "Nimbus-Signature": signature})


def _ride_id(request: Request, below: str) -> str | None:
    return unquote(request.path.removeprefix(below)) if request.path.startswith(below) else None


def _json(status: int, content: dict[str, Any]) -> Reply:
    return Reply(status, json.dumps(content).encode(), JSON)


def _mac(key: str, content: bytes) -> str:
    return hmac.new(key.encode(), content, hashlib.sha256).hexdigest()


def _km(start: Any, end: Any) -> float:  # noqa: ANN401 - two pairs of degrees in any format
    (a, b), (c, d) = start, end
    x = math.radians(d - b) * math.cos(math.radians((a + c) / 2))
    return 6371 * math.hypot(math.radians(c - a), x)
