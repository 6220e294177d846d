"""Pegasus Airways: XML, signed both ways; faults are XML with status 200."""

import hmac
import time
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from infra.rydes.simulators.partners.behaviour import Behaviour, Reply, Request, Tariff
from infra.rydes.simulators.partners.wire import mac

_XML = {"Content-Type": "application/xml"}
_FRESH = 300


class Pegasus(Behaviour):
    """Answers at once, and signs its answers and reports."""

    secret_values = ("access_id", "signing_key")
    tariff = Tariff("9.00", "1.35", pickup_seconds=540)
    signs = "answers"

    def answer(self, request: Request, *, willing: bool = True) -> Reply:
        """See Behaviour."""
        return self._signed(self._told(request, willing=willing))

    def throttled(self, retry_after: int) -> Reply:
        """See Behaviour."""
        return self._signed(f"<Fault><Code>Throttled</Code><RetryAfter>{retry_after}</RetryAfter></Fault>")

    def missigned(self, request: Request) -> Reply:
        """See Behaviour."""
        return self._signed(self._told(request), key="somebody else's")

    def news(self, ride_id: str, state: str) -> bytes:
        """See Behaviour."""
        return f'<RideReport id={quoteattr(ride_id)} state="{state.capitalize()}"/>'.encode()

    def seal(self, body: bytes, at: str) -> dict[str, str]:
        """See Behaviour."""
        signature = mac(self.secret["signing_key"], at.encode() + b"\n" + body)
        return {**_XML, "X-Timestamp": at, "X-Signature": signature}

    def _told(self, request: Request, *, willing: bool = True) -> str:
        at = request.headers.get("x-timestamp", "")
        signed = b"\n".join([at.encode(), request.path.encode(), request.body])
        genuine = hmac.compare_digest(
            mac(self.secret["signing_key"], signed), request.headers.get("x-signature", "")
        )
        known = request.headers.get("x-access-id") == self.secret["access_id"]
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
        price = self.tariff.price(
            *((float(end.get("lat", "")), float(end.get("lon", ""))) for end in ends if end is not None)
        )
        if price is None or not willing:
            return f'<NoOffer reason="{"TooFar" if willing else "NoneFree"}"/>'
        pickup = f"<PickupSeconds>{self.tariff.pickup_seconds}</PickupSeconds>"
        return f'<Quote><Fare currency="USD">{price}</Fare>{pickup}</Quote>'

    def _book(self, asked: ElementTree.Element, *, willing: bool) -> str:
        ride_id, url = asked.attrib["id"], asked.findtext("ReportTo", "")
        state = self.rides.book(
            ride_id, willing=willing, completed=lambda: self.report(url, ride_id, "completed")
        )
        if state in ("refused", "cancelled"):
            return f'<NoBooking reason="{"NoneFree" if state == "refused" else "Cancelled"}"/>'
        return "<Booking/>"

    def _signed(self, text: str, key: str | None = None) -> Reply:
        body = text.encode()
        signature = mac(key or self.secret["signing_key"], body)
        return Reply(200, body, {**_XML, "X-Signature": signature})
