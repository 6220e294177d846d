"""What a caller may reach: their own RFQs, under their own Idempotency-Keys."""

import re
from dataclasses import dataclass
from http import HTTPStatus

from aws_lambda_powertools import Logger

from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.api.rfq_representations import Links
from ride_booking.domain.rfq import Rfq
from wild_rydes_http.api import RestApi
from wild_rydes_http.caller import Caller, caller
from wild_rydes_http.problem import FieldError, Problem

GROUP = "customers"
PATH = "/instant-ride-rfqs"

_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,126}[\x21-\x7e])?")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Access:
    """Looks at the current request of an API."""

    api: RestApi
    rfqs: RfqTable
    logger: Logger

    def caller(self) -> Caller:
        """The caller, a customer. Raises Problem when they are none."""
        return caller(self.api.current_event, GROUP)

    def check(self, rfq_id: str) -> None:
        """Let the log say which RFQ this is about. Raises Problem when this is no RFQ's id."""
        if not _ID.fullmatch(rfq_id):
            raise no_such_rfq()
        self.logger.set_correlation_id(rfq_id)

    def own(self, rfq_id: str, *, consistent: bool = False) -> Rfq:
        """The caller's RFQ. Raises Problem: another's answers as one does that does not exist."""
        who = self.caller()
        self.check(rfq_id)
        rfq = self.rfqs.get(rfq_id, consistent=consistent)
        if rfq is None or rfq.customer != who.sub:
            raise no_such_rfq()
        return rfq

    def idempotency_key(self) -> str | None:
        """The request's Idempotency-Key. Raises Problem when it cannot be one."""
        key: str | None = self.api.current_event.headers.get("idempotency-key")
        if key is not None and not _KEY.fullmatch(key):
            raise Problem(
                HTTPStatus.BAD_REQUEST,
                "Take another Idempotency-Key.",
                errors=[FieldError("Idempotency-Key", "1 to 128 printable ASCII characters")],
            )
        return key


def rfq_links(api: RestApi, rfq_id: str) -> Links:
    """Where an RFQ's own things are."""
    url = api.url(f"{PATH}/{rfq_id}")
    return Links(self_=url, quotes=f"{url}/quotes", result=f"{url}/result", bookings=f"{url}/bookings")


def no_such_rfq() -> Problem:
    """The answer for RFQs that are not there, and for those of others."""
    return Problem(HTTPStatus.NOT_FOUND, "You have no such RFQ.")
