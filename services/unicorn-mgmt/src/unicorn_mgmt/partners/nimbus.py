"""Nimbus Broomsticks: OAuth2 client credentials, and an answer that is called back.

POST {base_url}/oauth/token gives a token, POST {base_url}/v2/quote-requests is answered 202. Later Nimbus posts to our callback
URL, quoting our reference, signed over the time and the body with a key we share: `Nimbus-Signature: t=<seconds>,v1=<hex>`.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from http import HTTPStatus

from unicorn_mgmt.partners.faults import CallFailed, OurFault, reading
from unicorn_mgmt.partners.integration import Question
from unicorn_mgmt.partners.reference import Forged, seal
from unicorn_mgmt.partners.roster import Partner
from unicorn_mgmt.partners.secrets import Credentials
from unicorn_mgmt.partners.wire import Answer, Call, accepted
from wild_rydes_contracts import Coordinates, Decline, Money, Quote

SIGNATURE = "Nimbus-Signature"
_TOLERANCE = 300
"""Seconds that a callback's time may be off ours: an old one is not taken again."""

_EARLY = 30
"""Seconds before its end at which a token is renewed."""


class Integration:
    """See unicorn_mgmt.partners.integration. `clock` gives seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._token = ""
        self._token_ends = 0.0

    def quote(self, question: Question, call: Call, credentials: Credentials) -> Quote | Decline | None:
        """None: the answer is called back."""
        if question.callback_url is None:
            raise OurFault("no callback URL")
        body = json.dumps(
            {
                "reference": seal(question.metadata, question.partner.id, credentials["reference_key"]),
                "from": _point(question.rfq.start),
                "to": _point(question.rfq.destination),
                "answer_by": question.metadata.deadline.isoformat() if question.metadata.deadline else None,
                "callback_url": question.callback_url,
            }
        ).encode()
        answer = self._post(call, credentials, body)
        if answer.status == HTTPStatus.UNAUTHORIZED:  # revoked before its time: once more with a new one
            self._token_ends = 0.0
            answer = self._post(call, credentials, body)
        if accepted(answer).status != HTTPStatus.ACCEPTED:
            raise CallFailed(f"status {answer.status} instead of 202")
        return None

    def _post(self, call: Call, credentials: Credentials, body: bytes) -> Answer:
        headers = {"Content-Type": "application/json"}
        headers["Authorization"] = f"Bearer {self._bearer(call, credentials)}"
        return call.send("POST", f"{credentials['base_url']}/v2/quote-requests", headers, body)

    def _bearer(self, call: Call, credentials: Credentials) -> str:
        if self._clock() < self._token_ends:
            return self._token
        secret = f"{credentials['client_id']}:{credentials['client_secret']}"
        answer = call.send(
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
            self._token = str(told["access_token"])
            self._token_ends = self._clock() + float(told["expires_in"]) - _EARLY
        return self._token


def called_back(
    partner: Partner, signature: str, body: bytes, credentials: Credentials, now: float
) -> tuple[str, Quote | Decline]:
    """Our reference, and the answer, of a callback.

    Raises Forged when it is not signed by the partner within five minutes of `now`, and CallFailed when it cannot be read.
    """
    fields = dict(part.partition("=")[::2] for part in signature.split(","))
    at, mac = fields.get("t", ""), fields.get("v1", "")
    expected = hmac.new(credentials["callback_key"].encode(), f"{at}.".encode() + body, hashlib.sha256)
    genuine = hmac.compare_digest(mac.encode(), expected.hexdigest().encode())
    if not genuine or not at.isdecimal() or abs(now - int(at)) > _TOLERANCE:
        raise Forged
    with reading():
        told = json.loads(body)
        return str(told["reference"]), _answer(partner, told)


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
