"""What a caller may access: their own RFQs, under their own Idempotency-Keys."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from aws_lambda_powertools import Logger

from ride_booking.adapters.open_rfqs import TooManyOpen, seconds_until
from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.api.rfq_representations import Links
from ride_booking.api.ride_representations import RideBody, RideLinks
from ride_booking.domain.rfq import Rfq
from ride_booking.domain.ride import ride_id
from wild_rydes_http.api import HttpApi
from wild_rydes_http.caller import Caller
from wild_rydes_http.problem import Problem

CUSTOMERS = "customers"
"""The group of people, who use apps."""
MACHINES = "machines"
"""The group of machine clients, who have an API of their own."""
PATH = "/instant-ride-rfqs"
RIDES = "/rides"

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Access:
    """Checks the current request of an API. `now` gives the time."""

    api: HttpApi
    rfqs: RfqTable
    logger: Logger
    now: Callable[[], datetime]
    group: str = CUSTOMERS

    def caller(self) -> Caller:
        """Identify the caller. Raises Problem (403) if the caller is not of the API's group."""
        return self.api.caller(self.group)

    def check(self, rfq_id: str) -> None:
        """Log under this RFQ from now on. Raises Problem (404) if `rfq_id` cannot be the id of an RFQ."""
        if not _ID.fullmatch(rfq_id):
            raise no_such_rfq()
        self.logger.set_correlation_id(rfq_id)

    def own(self, rfq_id: str, *, expecting: Callable[[Rfq], object] = bool) -> Rfq:
        """Read the caller's RFQ. If a timer has not done its work, do it.

        The read may be stale. If it shows nothing of what the caller is `expecting`, who may have just been sent
        here, it is repeated as a consistent one. Raises Problem (404) if there is no such RFQ; someone else's is
        answered like a missing one.
        """
        who = self.caller()
        self.check(rfq_id)
        rfq = self.rfqs.get(rfq_id)
        if rfq and not expecting(rfq):
            rfq = self.rfqs.get(rfq_id, consistent=True)
        if rfq is None or rfq.customer != who.sub:
            raise no_such_rfq()
        now = self.now()
        if rfq.elapse(now) == rfq:
            return rfq
        change = self.rfqs.change(rfq_id, lambda rfq: rfq.elapse(now))
        if change is None:
            raise no_such_rfq()
        if how := change.after.completed_since(change.before):
            self.logger.info("completed", completed_by=how)
        return change.after


def rfq_links(api: HttpApi, rfq_id: str) -> Links:
    """Make the links of an RFQ."""
    url = api.url(f"{PATH}/{rfq_id}")
    return Links(self_=url, quotes=f"{url}/quotes", result=f"{url}/result", bookings=f"{url}/bookings")


def ride_of(api: HttpApi, rfq: Rfq, number: int) -> RideBody:
    """Show the ride of this number, with its links. Raises LookupError if there is none."""
    self_ = api.url(f"{RIDES}/{ride_id(rfq.id, number)}")
    return RideBody.from_domain(rfq, number, RideLinks(self_=self_, rfq=rfq_links(api, rfq.id).self_))


def too_many_open(error: TooManyOpen, now: datetime) -> Problem:
    """Make the answer for a customer who has as many open RFQs as are allowed."""
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"You have {error.limit} open RFQs, and may have no more. Cancel one, or wait until one is completed.",
        code="too-many-open",
        headers={"Retry-After": str(seconds_until(error.until, now))},
    )


def no_such_rfq() -> Problem:
    """Make the answer for RFQs that do not exist or belong to someone else."""
    return Problem(HTTPStatus.NOT_FOUND, "You have no such RFQ.", code="unknown-rfq")
