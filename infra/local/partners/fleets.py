"""The three partner fleets, each as its own API documentation would have it."""

import base64
import hashlib
import hmac
import json
import math
import secrets
import threading
import time
import urllib.request
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError, URLError
from xml.etree import ElementTree

from infra.local.partners.server import Reply, Request

JSON = {"Content-Type": "application/json"}
_LONGEST_KM = 300
_FRESH = 300


class Comet:
    """JSON with an API key."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def answer(self, request: Request) -> Reply:
        """See Behaviour."""
        if not hmac.compare_digest(request.headers.get("x-api-key", ""), self._api_key):
            return Reply(401, b'{"error": "no such key"}', JSON)
        if (request.method, request.path) != ("POST", "/v1/quotes"):
            return Reply(404, b'{"error": "nothing here"}', JSON)
        asked = json.loads(request.body)
        ends = [(asked[end]["latitude"], asked[end]["longitude"]) for end in ("pickup", "dropoff")]
        km = _km(*ends)
        if km > _LONGEST_KM:
            return _json(200, {"available": False, "why": "TOO_FAR"})
        cents = 450 + round(km * 155)
        return _json(200, {"available": True, "totalCents": cents, "currency": "USD", "etaMinutes": 6})

    def throttled(self, retry_after: int) -> Reply:
        """See Behaviour."""
        return Reply(429, b'{"error": "slow down"}', {**JSON, "Retry-After": str(retry_after)})

    def missigned(self, request: Request) -> Reply:
        """It signs nothing."""
        return self.answer(request)


class Pegasus:
    """XML, signed both ways; faults come as XML under status 200."""

    def __init__(self, access_id: str, signing_key: str) -> None:
        self._access_id = access_id
        self._key = signing_key

    def answer(self, request: Request) -> Reply:
        """See Behaviour."""
        return self._signed(self._told(request))

    def throttled(self, retry_after: int) -> Reply:
        """See Behaviour."""
        return self._signed(f"<Fault><Code>Throttled</Code><RetryAfter>{retry_after}</RetryAfter></Fault>")

    def missigned(self, request: Request) -> Reply:
        """See Behaviour."""
        return self._signed(self._told(request), key="somebody else's")

    def _told(self, request: Request) -> str:
        at = request.headers.get("x-timestamp", "")
        expected = _mac(self._key, b"\n".join([at.encode(), request.path.encode(), request.body]))
        genuine = hmac.compare_digest(expected, request.headers.get("x-signature", ""))
        known = request.headers.get("x-access-id") == self._access_id
        if not (genuine and known and at.isdecimal() and abs(time.time() - int(at)) < _FRESH):
            return "<Fault><Code>BadSignature</Code></Fault>"
        asked = ElementTree.fromstring(request.body)  # noqa: S314 - signed by us
        ends = [asked.find(name) for name in ("From", "To")]
        km = _km(*((float(end.get("lat", "")), float(end.get("lon", ""))) for end in ends if end is not None))
        if km > _LONGEST_KM:
            return '<NoOffer reason="TooFar"/>'
        fare = f"{9 + km * 1.35:.2f}"
        return f'<Quote><Fare currency="USD">{fare}</Fare><PickupSeconds>540</PickupSeconds></Quote>'

    def _signed(self, text: str, key: str | None = None) -> Reply:
        body = text.encode()
        signature = _mac(key or self._key, body)
        return Reply(200, body, {"Content-Type": "application/xml", "X-Signature": signature})


class Nimbus:
    """OAuth2 client credentials, and an answer that is called back `think_seconds` later."""

    def __init__(
        self, client_id: str, client_secret: str, callback_key: str, think_seconds: float = 0.15
    ) -> None:
        self._client = f"{client_id}:{client_secret}"
        self._callback_key = callback_key
        self._think_seconds = think_seconds
        self._tokens: set[str] = set()

    def answer(self, request: Request) -> Reply:
        """See Behaviour."""
        match request.method, request.path:
            case "POST", "/oauth/token":
                return self._grant(request)
            case "POST", "/v2/quote-requests":
                return self._take(request)
        return Reply(404)

    def throttled(self, retry_after: int) -> Reply:
        """See Behaviour."""
        return Reply(429, b"", {"Retry-After": str(retry_after)})

    def missigned(self, request: Request) -> Reply:
        """Take the request, and sign the callback wrongly."""
        return self._take(request, key="somebody else's") if "quote" in request.path else self._grant(request)

    def revoke(self) -> None:
        """Forget all tokens."""
        self._tokens.clear()

    def _grant(self, request: Request) -> Reply:
        expected = f"Basic {base64.b64encode(self._client.encode()).decode()}"
        if (
            request.headers.get("authorization") != expected
            or request.body != b"grant_type=client_credentials"
        ):
            return _json(401, {"error": "invalid_client"})
        token = secrets.token_urlsafe()
        self._tokens.add(token)
        return _json(200, {"access_token": token, "token_type": "Bearer", "expires_in": 600})

    def _take(self, request: Request, key: str | None = None) -> Reply:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return _json(401, {"error": "invalid_token"})
        asked = json.loads(request.body)
        later = threading.Timer(self._think_seconds, self._call_back, (asked, key or self._callback_key))
        later.daemon = True
        later.start()
        return _json(202, {"status": "noted"})

    def _call_back(self, asked: dict[str, Any], key: str) -> None:
        km = _km(asked["from"], asked["to"])
        price = {"amount": f"{12 + km * 1.25:.2f}", "currency": "USD"}
        offer = {"price": price, "pickup_in_seconds": 300} if km <= _LONGEST_KM else None
        send_callback(asked["callback_url"], {"reference": asked["reference"], "offer": offer}, key)


def send_callback(url: str, content: dict[str, Any], key: str, at: float | None = None) -> int:
    """Post an answer as Nimbus does, signed at this time with this key; the status, 0 if there was none."""
    body = json.dumps(content).encode()
    stamp = str(int(time.time() if at is None else at))
    signature = f"t={stamp},v1={_mac(key, f'{stamp}.'.encode() + body)}"
    request = urllib.request.Request(  # noqa: S310 - a URL we were given
        url, body, {**JSON, "Nimbus-Signature": signature}, method="POST"
    )
    with suppress(URLError, TimeoutError):
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
                return int(answer.status)
        except HTTPError as refused:
            return int(refused.code)
    return 0


def _json(status: int, content: dict[str, Any]) -> Reply:
    return Reply(status, json.dumps(content).encode(), JSON)


def _mac(key: str, content: bytes) -> str:
    return hmac.new(key.encode(), content, hashlib.sha256).hexdigest()


def _km(start: Any, end: Any) -> float:  # noqa: ANN401 - two pairs of degrees, from whatever format
    (a, b), (c, d) = start, end
    x = math.radians(d - b) * math.cos(math.radians((a + c) / 2))
    return 6371 * math.hypot(math.radians(c - a), x)
