"""Comet Cars: JSON with an API key. It reports rides with a token."""

import hmac
import json
from typing import Any

from infra.rydes.simulators.partners.behaviour import Behaviour, Reply, Request, Tariff
from infra.rydes.simulators.partners.wire import JSON, json_reply, ride_in


class Comet(Behaviour):
    """Answers at once, and signs nothing."""

    secret_values = ("api_key", "webhook_token")
    tariff = Tariff("4.50", "1.55", pickup_seconds=360)

    def answer(self, request: Request, *, willing: bool = True) -> Reply:
        """See Behaviour."""
        if not hmac.compare_digest(request.headers.get("x-api-key", ""), self.secret["api_key"]):
            return json_reply(401, {"error": "no such key"})
        ride_id = ride_in(request, "/v1/rides/")
        match request.method, ride_id:
            case "POST", None if request.path == "/v1/quotes":
                return self._quote(json.loads(request.body), willing=willing)
            case "PUT", str():
                return self._book(ride_id, json.loads(request.body), willing=willing)
            case "DELETE", str():
                self.rides.cancel(ride_id)
                return Reply(204)
        return json_reply(404, {"error": "nothing here"})

    def throttled(self, retry_after: int) -> Reply:
        """See Behaviour."""
        return Reply(429, b'{"error": "slow down"}', {**JSON, "Retry-After": str(retry_after)})

    def news(self, ride_id: str, state: str) -> bytes:
        """See Behaviour."""
        return json.dumps({"ride": ride_id, "status": state.upper()}).encode()

    def seal(self, body: bytes, at: str) -> dict[str, str]:  # noqa: ARG002 - a token is the same for all
        """See Behaviour."""
        return {**JSON, "X-Webhook-Token": self.secret["webhook_token"]}

    def _quote(self, asked: dict[str, Any], *, willing: bool) -> Reply:
        ends = [(asked[end]["latitude"], asked[end]["longitude"]) for end in ("pickup", "dropoff")]
        price = self.tariff.price(*ends)
        if price is None or not willing:
            return json_reply(200, {"available": False, "why": "TOO_FAR" if willing else "NO_CARS"})
        return json_reply(
            200,
            {
                "available": True,
                "totalCents": int(price * 100),
                "currency": "USD",
                "etaMinutes": self.tariff.pickup_seconds // 60,
            },
        )

    def _book(self, ride_id: str, wanted: dict[str, Any], *, willing: bool) -> Reply:
        state = self.rides.book(
            ride_id,
            willing=willing,
            completed=lambda: self.report(wanted["webhook"], ride_id, "completed"),
        )
        if state in ("refused", "cancelled"):
            return json_reply(409, {"why": "NO_CARS" if state == "refused" else "CANCELLED"})
        return json_reply(200, {"status": state.upper()})
