"""Nimbus Broomsticks: OAuth2 client credentials, and answers that come as callbacks.

POST {base_url}/oauth/token gives a token. Nimbus answers POST {base_url}/v2/quote-requests and PUT
{base_url}/v2/rides/{our id} with 202; DELETE of a ride cancels it. Later Nimbus posts to our callback URL,
with our reference or the ride's id. It signs time and body with a key that we share:
`Nimbus-Signature: t=<seconds>,v1=<hex>`.
"""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote

from unicorn_mgmt.adapters.partners.client import Booking, Callback, Question, QuoteHeard, RideHeard
from unicorn_mgmt.adapters.partners.credentials import Credentials
from unicorn_mgmt.adapters.partners.faults import CallFailed, Refused, reading
from unicorn_mgmt.adapters.partners.roster import Partner
from unicorn_mgmt.adapters.partners.sealed_reference import Forged, seal
from unicorn_mgmt.adapters.partners.transport import Exchange, Response, accepted
from unicorn_mgmt.domain.partner_ride import Completed, Confirmed, Declined, RideNews
from wild_rydes_contracts import Coordinates, Decline, Money, Quote

_REFUSALS = {"none_free": "none-free"}
_NEWS: dict[str, RideNews] = {
    "confirmed": Confirmed(),
    "completed": Completed(),
    "cancelled": Declined("cancelled-by-partner"),
}
_EARLY = 30
"""Seconds before its expiry at which a token is renewed."""

_USUAL_LIFE, _LONGEST_LIFE = 300, 86_400
"""Seconds that a token is used if Nimbus does not say how long it is good for, and at most."""

_TOKEN = re.compile(r"[\x21-\x7e]+")
"""What a header can hold of an access token."""


class NimbusClient:
    """Speaks with Nimbus Broomsticks. `clock` gives seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._token = ""
        self._token_ends = 0.0

    def quote(
        self, question: Question, exchange: Exchange, credentials: Credentials
    ) -> Quote | Decline | None:
        """Ask for a quote. The answer, None, means that Nimbus calls back."""
        if question.callback_url is None:
            raise Refused("no callback URL")
        content = {
            "reference": seal(question.metadata, question.partner.id, credentials["reference_key"]),
            "request_id": question.rfq.rfq_id,
            "from": _point(question.rfq.start),
            "to": _point(question.rfq.destination),
            "answer_by": question.answer_by.isoformat(),
            "callback_url": question.callback_url,
        }
        _noted(self._send(exchange, credentials, "POST", "/v2/quote-requests", content))
        return None

    def book(
        self, booking: Booking, exchange: Exchange, credentials: Credentials
    ) -> Confirmed | Declined | None:
        """Book a ride. The answer, None, means that Nimbus calls back."""
        content = {
            "request_id": booking.rfq_id,
            "price": booking.price.model_dump(mode="json"),
            "answer_by": booking.answer_by.isoformat(),
            "callback_url": booking.callback_url,
        }
        _noted(self._send(exchange, credentials, "PUT", _ride(booking), content))
        return None

    def cancel(self, booking: Booking, exchange: Exchange, credentials: Credentials) -> None:
        """See PartnerClient."""
        accepted(self._send(exchange, credentials, "DELETE", _ride(booking), None))

    def heard(self, callback: Callback, credentials: Credentials) -> QuoteHeard | RideHeard:
        """See PartnerClient."""
        _verify(callback, credentials["callback_key"])
        with reading():
            told = json.loads(callback.body)
            if "ride" not in told:
                return QuoteHeard(str(told["reference"]), _answer(callback.partner, told))
            return RideHeard(str(told["ride"]), _news(told))

    def _send(
        self, exchange: Exchange, credentials: Credentials, method: str, path: str, content: object
    ) -> Response:
        """Send with a token, and once more with a new one if that was revoked before its expiry."""
        url = f"{credentials['base_url']}{path}"
        body = b"" if content is None else json.dumps(content).encode()

        def once() -> Response:
            bearer = self._bearer(exchange, credentials)
            headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
            return exchange.send(method, url, headers, body)

        answer = once()
        if answer.status == HTTPStatus.UNAUTHORIZED:
            self._token_ends = 0.0
            answer = once()
        return answer

    def _bearer(self, exchange: Exchange, credentials: Credentials) -> str:
        if self._clock() < self._token_ends:
            return self._token
        secret = f"{credentials['client_id']}:{credentials['client_secret']}"
        answer = exchange.send(
            "POST",
            f"{credentials['base_url']}/oauth/token",
            {
                "Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            b"grant_type=client_credentials",
        )
        content = accepted(answer).body
        with reading():
            told = json.loads(content)
            token = _TOKEN.fullmatch(told["access_token"])
            if token is None:
                raise ValueError
            seconds = _seconds(told.get("expires_in"))
        self._token, self._token_ends = token[0], self._clock() + seconds - _EARLY
        return self._token


def _seconds(expires_in: object) -> float:
    """Read how long a token is good for. RFC 6749, section 4.2.2, lets a server leave that out."""
    try:
        seconds = float(str(expires_in))
    except ValueError:
        return _USUAL_LIFE
    return seconds if 0 < seconds <= _LONGEST_LIFE else _USUAL_LIFE


def _noted(answer: Response) -> None:
    if accepted(answer).status != HTTPStatus.ACCEPTED:
        raise CallFailed(f"status {answer.status} instead of 202")


def _verify(callback: Callback, key: str) -> None:
    signature = callback.headers.get("nimbus-signature", "")
    fields = [part.strip().partition("=")[::2] for part in signature.split(",")]
    at = next((value for name, value in fields if name == "t"), "")
    expected = hmac.new(key.encode(), f"{at}.".encode() + callback.body, hashlib.sha256).hexdigest()
    # While Nimbus changes its key it signs with both.
    macs = [value for name, value in fields if name == "v1"]
    genuine = any(hmac.compare_digest(mac.encode(), expected.encode()) for mac in macs)
    if not genuine or not callback.is_fresh(at):
        raise Forged


def _news(told: dict[str, object]) -> RideNews:
    if told["state"] == "refused":
        return Declined(_REFUSALS.get(str(told.get("why")), "partner-refused"))
    return _NEWS[str(told["state"])]


def _ride(booking: Booking) -> str:
    return f"/v2/rides/{quote(booking.ride_id, safe='')}"


def _answer(partner: Partner, told: dict[str, object]) -> Quote | Decline:
    offer = told["offer"]
    if offer is None:
        return Decline(responder_id=partner.id, reason="declined")
    if not isinstance(offer, dict):
        raise TypeError
    return Quote.model_validate(
        {
            "responder_id": partner.id,
            "display_name": partner.name,
            "price": Money.model_validate(offer["price"]),
            "pickup_in_seconds": offer["pickup_in_seconds"],
            "valid_until": offer.get("valid_until"),
        }
    )


def _point(at: Coordinates) -> list[float]:
    return [at.lat, at.lon]
