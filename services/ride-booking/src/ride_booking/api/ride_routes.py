"""Book a quote, and follow the ride. Customers see only their own rides."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.api.access import CUSTOMERS, PATH, RIDES, Access, no_such_rfq, ride_of
from ride_booking.api.ride_representations import Booking
from ride_booking.domain.rfq import Rfq
from ride_booking.domain.ride import NotBookable, NotBookableReason, parse_ride_id
from wild_rydes_http.api import HttpApi
from wild_rydes_http.body import json_response, read_body
from wild_rydes_http.idempotency_key import idempotency_key
from wild_rydes_http.problem import FieldError, Problem

_NO_STORE = {"Cache-Control": "no-store"}
_SECONDS_TO_CONFIRM = "1"  # a confirmation takes a few messages
_KEY_BYTES = 9

_NOT_BOOKABLE: dict[NotBookableReason, tuple[HTTPStatus, str]] = {
    "running": (HTTPStatus.CONFLICT, "Quotes are still arriving. Book when the RFQ is completed."),
    "cancelled": (HTTPStatus.CONFLICT, "The RFQ is cancelled."),
    "unknown-quote": (HTTPStatus.NOT_FOUND, "The RFQ has no such quote."),
    "expired": (HTTPStatus.GONE, "The quote is no longer valid. Request a new quote."),
    "taken": (HTTPStatus.CONFLICT, "A quote of this RFQ is already booked."),
    "too-many-attempts": (HTTPStatus.CONFLICT, "Booking has failed too often. Request new quotes."),
    "key-reused": (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "This Idempotency-Key was used to book another quote. Use a new key.",
    ),
}


class RideRoutes:
    """Adds its routes to a HttpApi."""

    def __init__(
        self,
        api: HttpApi,
        rfqs: RfqTable,
        logger: Logger,
        now: Callable[[], datetime],
        *,
        group: str = CUSTOMERS,
    ) -> None:
        self._api = api
        self._rfqs = rfqs
        self._logger = logger
        self._now = now
        self._access = Access(api, rfqs, logger, now, group)
        api.post(f"{PATH}/<id_>/bookings")(self.book)
        api.get(f"{RIDES}/<id_>")(self.ride)

    def book(self, id_: str) -> Response[str]:
        """Book a quote: 202 and where to follow the ride.

        A repetition with the same Idempotency-Key gets the same answer.
        """
        who = self._access.caller()
        body = read_body(self._api.current_event, Booking)
        key = _short(idempotency_key(self._api.header("idempotency-key")))
        self._access.check(id_)
        now = self._now()

        def booked(rfq: Rfq) -> Rfq:
            return rfq.close(now).book(body.quote_id, now, key) if rfq.customer == who.sub else rfq

        try:
            change = self._rfqs.change(id_, booked, consistent=True)
        except NotBookable as error:
            raise _not_bookable(error.reason) from None
        if change is None or change.after.customer != who.sub:
            raise no_such_rfq()
        rfq = change.after
        numbers = [n for n, ride in enumerate(rfq.rides, start=1) if key is not None and ride.key == key]
        shown = ride_of(self._api, rfq, numbers[0] if numbers else len(rfq.rides))
        self._logger.info("booked", ride_id=shown.id, repeated=change.after == change.before)
        return json_response(
            HTTPStatus.ACCEPTED,
            shown,
            {"Location": shown.links.self_, "Retry-After": _SECONDS_TO_CONFIRM, **_NO_STORE},
        )

    def ride(self, id_: str) -> Response[str]:
        """Follow a ride: 200 and its status."""
        self._access.caller()
        try:
            rfq_id, number = parse_ride_id(id_)
            rfq = self._access.own(rfq_id, expecting=lambda rfq: rfq.ride(number))
            shown = ride_of(self._api, rfq, number)
        except (ValueError, LookupError):
            raise Problem(HTTPStatus.NOT_FOUND, "You have no such ride.", code="unknown-ride") from None
        return json_response(HTTPStatus.OK, shown, _NO_STORE)


def _not_bookable(reason: NotBookableReason) -> Problem:
    status, detail = _NOT_BOOKABLE[reason]
    reused = reason == "key-reused"
    errors = [FieldError("Idempotency-Key", "used before with another quote")] if reused else ()
    return Problem(status, detail, code=reason, errors=errors)


def _short(key: str | None) -> str | None:
    """Shorten an Idempotency-Key to what tells it from the few others of its RFQ."""
    return None if key is None else hashlib.sha256(key.encode()).hexdigest()[: 2 * _KEY_BYTES]
