"""Pegasus Airways: XML, every request and every answer signed with HMAC-SHA256.

Requests are POST {base_url}/services/quote, /services/booking and /services/cancellation. A request's
signature covers time, path and body, so that nobody can send it again later; an answer's covers the body, in
X-Signature. A Fault reports an error, whatever the status, 200 included. Pegasus posts reports on rides to
us, time and body signed with the same key.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from defusedxml import ElementTree

from unicorn_mgmt.adapters.partners.client import Booking, Callback, Question, RideHeard
from unicorn_mgmt.adapters.partners.credentials import Credentials
from unicorn_mgmt.adapters.partners.faults import CallFailed, Refused, Throttled, WrongSignature, reading
from unicorn_mgmt.adapters.partners.sealed_reference import Forged
from unicorn_mgmt.adapters.partners.transport import Exchange, Response, accepted
from unicorn_mgmt.domain.partner_ride import Completed, Confirmed, Declined, RideNews
from wild_rydes_contracts import Coordinates, Decline, Money, Quote

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_OURS = frozenset({"BadRequest", "BadSignature", "Forbidden"})
_REFUSALS = {"TooFar": "too-far", "NoneFree": "none-free"}
_NEWS: dict[str, RideNews] = {"Completed": Completed(), "Cancelled": Declined("cancelled-by-partner")}


class PegasusClient:
    """Speaks with Pegasus Airways. `clock` gives the time of signatures, in seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def quote(
        self, question: Question, exchange: Exchange, credentials: Credentials
    ) -> Quote | Decline | None:
        """See PartnerClient."""
        rfq = question.rfq
        told, answer = self._ask(
            exchange,
            credentials,
            "quote",
            f"<QuoteRequest id={quoteattr(rfq.rfq_id)}>{_point('From', rfq.start)}{_point('To', rfq.destination)}"
            "</QuoteRequest>",
        )
        with reading():
            return _answer(question, told, answer)

    def book(
        self, booking: Booking, exchange: Exchange, credentials: Credentials
    ) -> Confirmed | Declined | None:
        """See PartnerClient."""
        price = booking.price
        told, answer = self._ask(
            exchange,
            credentials,
            "booking",
            f"<BookingRequest id={quoteattr(booking.ride_id)} quote={quoteattr(booking.rfq_id)}>"
            f'<Fare currency="{price.currency}">{price.amount}</Fare>'
            f"<ReportTo>{escape(booking.callback_url)}</ReportTo></BookingRequest>",
        )
        with reading():
            if told.tag == "NoBooking":
                return Declined(_REFUSALS.get(told.get("reason", ""), "partner-refused"))
            _expect("Booking", told, answer)
        return Confirmed()

    def cancel(self, booking: Booking, exchange: Exchange, credentials: Credentials) -> None:
        """See PartnerClient."""
        request = f"<CancellationRequest id={quoteattr(booking.ride_id)}/>"
        told, answer = self._ask(exchange, credentials, "cancellation", request)
        with reading():
            _expect("Cancelled", told, answer)

    def heard(self, callback: Callback, credentials: Credentials) -> RideHeard:
        """See PartnerClient."""
        at, signature = (callback.headers.get(name, "") for name in ("x-timestamp", "x-signature"))
        expected = _signature(credentials["signing_key"], at.encode(), callback.body)
        genuine = hmac.compare_digest(signature.encode(), expected.encode())
        if not genuine or not callback.is_fresh(at):
            raise Forged
        with reading():
            told = _parsed(callback.body)
            return RideHeard(told.attrib["id"], _NEWS[told.attrib["state"]])

    def _ask(
        self, exchange: Exchange, credentials: Credentials, service: str, request: str
    ) -> "tuple[Element, Response]":
        """Send a request. Return the answer and its content, which is no Fault."""
        body, key = request.encode(), credentials["signing_key"]
        url = f"{credentials['base_url']}/services/{service}"
        at = str(int(self._clock()))
        headers = {
            "Content-Type": "application/xml",
            "X-Access-Id": credentials["access_id"],
            "X-Timestamp": at,
            "X-Signature": _signature(key, at.encode(), urlsplit(url).path.encode(), body),
        }
        answer = exchange.send("POST", url, headers, body)
        if not _genuine(answer, key):
            accepted(answer)  # a proxy between us and the partner does not sign
            raise WrongSignature
        with reading():
            told = _parsed(answer.body)
            if told.tag == "Fault":
                raise _fault(told)
        return told, answer


def _parsed(body: bytes) -> "Element":
    """Parse XML. Names are taken without their namespace: Pegasus has declared one now and then."""
    root: Element = ElementTree.fromstring(body)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _expect(tag: str, told: "Element", answer: Response) -> None:
    accepted(answer)
    if told.tag != tag:
        raise ValueError(told.tag)


def _answer(question: Question, told: "Element", answer: Response) -> Quote | Decline:
    partner = question.partner
    accepted(answer)
    if told.tag == "NoOffer":
        reason = _REFUSALS.get(told.get("reason", ""), "declined")
        return Decline(responder_id=partner.id, reason=reason)
    fare = told.find("Fare")
    if told.tag != "Quote" or fare is None:
        raise ValueError(told.tag)
    return Quote(
        responder_id=partner.id,
        display_name=partner.name,
        price=Money.model_validate({"amount": fare.text, "currency": fare.get("currency")}),
        pickup_in_seconds=int(told.findtext("PickupSeconds", "")),
    )


def _fault(told: "Element") -> CallFailed:
    code, wait = told.findtext("Code", ""), float(told.findtext("RetryAfter", "0"))
    if code in _OURS:
        return Refused(f"fault {code}")
    return Throttled("fault Throttled", wait) if code == "Throttled" else CallFailed("fault", wait)


def _genuine(answer: Response, key: str) -> bool:
    return hmac.compare_digest(
        answer.headers.get("X-Signature", "").encode(), _signature(key, answer.body).encode()
    )


def _signature(key: str, *parts: bytes) -> str:
    return hmac.new(key.encode(), b"\n".join(parts), hashlib.sha256).hexdigest()


def _point(name: str, at: Coordinates) -> str:
    return f'<{name} lat="{at.lat}" lon="{at.lon}"/>'
