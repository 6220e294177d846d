"""Comet Cars: JSON over HTTPS with an API key.

POST {base_url}/v1/quotes with X-Api-Key. The answer has `available`, and with it a price in cents and the minutes to the start.
"""

import json
from decimal import Decimal

from unicorn_mgmt.partners.faults import reading
from unicorn_mgmt.partners.integration import Question
from unicorn_mgmt.partners.secrets import Credentials
from unicorn_mgmt.partners.wire import Call, accepted
from wild_rydes_contracts import Coordinates, Decline, Money, Quote

_REFUSALS = {"NO_CARS": "none-free", "TOO_FAR": "too-far"}


class Integration:
    """See unicorn_mgmt.partners.integration."""

    def quote(self, question: Question, call: Call, credentials: Credentials) -> Quote | Decline | None:
        """See Integration."""
        rfq = question.rfq
        asked = {"reference": rfq.rfq_id, "pickup": _point(rfq.start), "dropoff": _point(rfq.destination)}
        answer = call.send(
            "POST",
            f"{credentials['base_url']}/v1/quotes",
            {"X-Api-Key": credentials["api_key"], "Content-Type": "application/json"},
            json.dumps(asked).encode(),
        )
        content = accepted(answer).body
        with reading():
            return _answer(question, json.loads(content))


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
