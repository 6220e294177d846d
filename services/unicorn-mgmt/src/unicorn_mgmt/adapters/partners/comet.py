"""Comet Cars: JSON over HTTPS with an API key.

POST {base_url}/v1/quotes takes X-Api-Key. The answer says whether Comet is `available`, at which price in
cents (of a currency without them, in units), and in how many minutes. PUT {base_url}/v1/rides/{our id} books; 409 means that Comet does not take the
ride. DELETE cancels. Comet posts news of a ride to us with a token of ours, in X-Webhook-Token.
"""

import hmac
import json
import re
from decimal import Decimal
from http import HTTPStatus
from urllib.parse import quote

from unicorn_mgmt.adapters.partners.client import Booking, Callback, Question, RideHeard
from unicorn_mgmt.adapters.partners.credentials import Credentials
from unicorn_mgmt.adapters.partners.faults import reading
from unicorn_mgmt.adapters.partners.sealed_reference import Forged
from unicorn_mgmt.adapters.partners.transport import Exchange, Response, accepted
from unicorn_mgmt.domain.partner_ride import Completed, Confirmed, Declined, RideNews
from wild_rydes_contracts import Coordinates, Decline, Money, Quote
from wild_rydes_contracts.currencies import DECIMAL_PLACES

_CENTS = re.compile("[0-9]{1,12}")
_REFUSALS = {"NO_CARS": "none-free", "TOO_FAR": "too-far"}
_NEWS: dict[str, RideNews] = {"COMPLETED": Completed(), "CANCELLED": Declined("cancelled-by-partner")}


class CometClient:
    """Speaks with Comet Cars."""

    def quote(
        self, question: Question, exchange: Exchange, credentials: Credentials
    ) -> Quote | Decline | None:
        """See PartnerClient."""
        rfq = question.rfq
        asked = {"reference": rfq.rfq_id, "pickup": _point(rfq.start), "dropoff": _point(rfq.destination)}
        content = accepted(_send(exchange, credentials, "POST", "/v1/quotes", asked)).body
        with reading():
            return _answer(question, json.loads(content))

    def book(
        self, booking: Booking, exchange: Exchange, credentials: Credentials
    ) -> Confirmed | Declined | None:
        """See PartnerClient."""
        wanted = {
            "reference": booking.rfq_id,
            "totalCents": int(booking.price.amount.scaleb(DECIMAL_PLACES[booking.price.currency])),
            "currency": booking.price.currency,
            "webhook": booking.callback_url,
        }
        answer = _send(exchange, credentials, "PUT", _ride(booking), wanted)
        if answer.status != HTTPStatus.CONFLICT:
            accepted(answer)
        with reading():
            told = json.loads(answer.body)
            if answer.status == HTTPStatus.CONFLICT:
                return Declined(_REFUSALS.get(str(told["why"]), "partner-refused"))
            if told["status"] not in ("CONFIRMED", "COMPLETED"):
                raise ValueError
        return Confirmed()

    def cancel(self, booking: Booking, exchange: Exchange, credentials: Credentials) -> None:
        """See PartnerClient."""
        accepted(_send(exchange, credentials, "DELETE", _ride(booking), None))

    def heard(self, callback: Callback, credentials: Credentials) -> RideHeard:
        """See PartnerClient."""
        token = callback.headers.get("x-webhook-token", "")
        if not hmac.compare_digest(token.encode(), credentials["webhook_token"].encode()):
            raise Forged
        with reading():
            told = json.loads(callback.body)
            return RideHeard(str(told["ride"]), _NEWS[told["status"]])


def _send(exchange: Exchange, credentials: Credentials, method: str, path: str, content: object) -> Response:
    headers = {"X-Api-Key": credentials["api_key"], "Content-Type": "application/json"}
    body = b"" if content is None else json.dumps(content).encode()
    return exchange.send(method, f"{credentials['base_url']}{path}", headers, body)


def _ride(booking: Booking) -> str:
    return f"/v1/rides/{quote(booking.ride_id, safe='')}"


def _answer(question: Question, told: dict[str, object]) -> Quote | Decline:
    partner = question.partner
    if told["available"] is False:
        return Decline(responder_id=partner.id, reason=_REFUSALS.get(str(told.get("why")), "declined"))
    currency = str(told["currency"])
    if not _CENTS.fullmatch(cents := str(told["totalCents"])):
        raise ValueError
    amount = Decimal(cents).scaleb(-DECIMAL_PLACES[currency])
    return Quote.model_validate(
        {
            "responder_id": partner.id,
            "display_name": partner.name,
            "price": Money(amount=amount, currency=currency),
            "pickup_in_seconds": int(str(told["etaMinutes"])) * 60,
            "valid_until": told.get("expiresAt"),
        }
    )


def _point(at: Coordinates) -> dict[str, float]:
    return {"latitude": at.lat, "longitude": at.lon}
