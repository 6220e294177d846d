"""Comet Cars: JSON over HTTPS with an API key.

POST {base_url}/v1/quotes with X-Api-Key. The answer has `available`, and with it a price in cents and the minutes to the start.
PUT {base_url}/v1/rides/{our id} books, and is answered 409 when Comet does not want to; DELETE cancels. What becomes of a
ride is posted to us with a token that we gave to Comet, in X-Webhook-Token.
"""

import hmac
import json
from decimal import Decimal
from http import HTTPStatus
from urllib.parse import quote

from unicorn_mgmt.adapters.partners.client import Booking, Callback, Question, RideHeard
from unicorn_mgmt.adapters.partners.credentials import Credentials
from unicorn_mgmt.adapters.partners.faults import reading
from unicorn_mgmt.adapters.partners.sealed_reference import Forged
from unicorn_mgmt.adapters.partners.transport import Answer, Call, accepted
from unicorn_mgmt.domain.partner_ride import Completed, Confirmed, Refused, RideNews
from wild_rydes_contracts import Coordinates, Decline, Money, Quote

_REFUSALS = {"NO_CARS": "none-free", "TOO_FAR": "too-far"}
_NEWS: dict[str, RideNews] = {"COMPLETED": Completed(), "CANCELLED": Refused("cancelled-by-partner")}


class Integration:
    """See unicorn_mgmt.adapters.partners.client."""

    def quote(self, question: Question, call: Call, credentials: Credentials) -> Quote | Decline | None:
        """See Integration."""
        rfq = question.rfq
        asked = {"reference": rfq.rfq_id, "pickup": _point(rfq.start), "dropoff": _point(rfq.destination)}
        content = accepted(_send(call, credentials, "POST", "/v1/quotes", asked)).body
        with reading():
            return _answer(question, json.loads(content))

    def book(self, booking: Booking, call: Call, credentials: Credentials) -> Confirmed | Refused | None:
        """See Integration."""
        wanted = {
            "reference": booking.rfq_id,
            "totalCents": int(booking.price.amount * 100),
            "currency": booking.price.currency,
            "webhook": booking.callback_url,
        }
        answer = _send(call, credentials, "PUT", _ride(booking), wanted)
        if answer.status != HTTPStatus.CONFLICT:
            accepted(answer)
        with reading():
            told = json.loads(answer.body)
            if answer.status == HTTPStatus.CONFLICT:
                return Refused(_REFUSALS.get(str(told["why"]), "partner-refused"))
            if told["status"] not in ("CONFIRMED", "COMPLETED"):
                raise ValueError
        return Confirmed()

    def cancel(self, booking: Booking, call: Call, credentials: Credentials) -> None:
        """See Integration."""
        accepted(_send(call, credentials, "DELETE", _ride(booking), None))

    def heard(self, callback: Callback, credentials: Credentials) -> RideHeard:
        """See Integration."""
        token = callback.headers.get("x-webhook-token", "")
        if not hmac.compare_digest(token.encode(), credentials["webhook_token"].encode()):
            raise Forged
        with reading():
            told = json.loads(callback.body)
            return RideHeard(str(told["ride"]), _NEWS[told["status"]])


def _send(call: Call, credentials: Credentials, method: str, path: str, content: object) -> Answer:
    headers = {"X-Api-Key": credentials["api_key"], "Content-Type": "application/json"}
    body = b"" if content is None else json.dumps(content).encode()
    return call.send(method, f"{credentials['base_url']}{path}", headers, body)


def _ride(booking: Booking) -> str:
    return f"/v1/rides/{quote(booking.ride_id, safe='')}"


def _answer(question: Question, told: dict[str, object]) -> Quote | Decline:
    partner = question.partner
    if told["available"] is False:
        return Decline(responder_id=partner.id, reason=_REFUSALS.get(str(told.get("why")), "declined"))
    return Quote.model_validate(
        {
            "responder_id": partner.id,
            "display_name": partner.name,
            "price": Money(amount=Decimal(str(told["totalCents"])) / 100, currency=str(told["currency"])),
            "pickup_in_seconds": int(str(told["etaMinutes"])) * 60,
            "valid_until": told.get("expiresAt"),
        }
    )


def _point(at: Coordinates) -> dict[str, float]:
    return {"latitude": at.lat, "longitude": at.lon}
