"""See what became of batches of RFQs, and how much of the quota is used. Machine clients see only their own."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from ride_booking.adapters.batch_table import BatchOutcome, BatchTable, Outcome
from ride_booking.adapters.usage import UsageReader
from ride_booking.api.access import MACHINES, rfq_links
from ride_booking.api.batch_representations import BatchLinks, Processed, RfqOutcome, Stored, UsageBody
from ride_booking.domain.rfq_batch import is_of
from wild_rydes_http.api import HttpApi
from wild_rydes_http.body import json_response
from wild_rydes_http.machine_key import MachineKey
from wild_rydes_http.problem import Problem

BATCHES = "/rfq-batches"
USAGE = "/usage"

_NO_STORE = {"Cache-Control": "no-store"}
_REUSED = {
    "type": "about:blank",
    "title": HTTPStatus.UNPROCESSABLE_ENTITY.phrase,
    "status": HTTPStatus.UNPROCESSABLE_ENTITY.value,
    "detail": "This Idempotency-Key was used for another batch, too. That one was ignored: send it with a new key.",
}


class BatchRoutes:
    """Adds its routes to a HttpApi. `open_rfqs` says how many RFQs each tier may have open."""

    def __init__(
        self,
        api: HttpApi,
        batches: BatchTable,
        usage: UsageReader,
        logger: Logger,
        *,
        now: Callable[[], datetime],
        open_rfqs: Mapping[str, int],
    ) -> None:
        self._api = api
        self._batches = batches
        self._usage = usage
        self._logger = logger
        self._now = now
        self._open_rfqs = open_rfqs
        api.post(BATCHES)(self.store_batch)
        api.get(f"{BATCHES}/<id_>")(self.batch)
        api.get(USAGE)(self.usage)

    def store_batch(self) -> Response[str]:
        """Send up to 100 RFQs at once: 202 and where to see what becomes of them.

        They are stored as they are, and looked at afterwards: what is wrong is said of each RFQ, at that place.
        """
        # API Gateway does it, without a function. The route is here for the document, and for 405.
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "Batches are not stored now. Try again in a moment.")

    def batch(self, id_: str) -> Response[str]:
        """See what became of a batch: 200, or 202 while it waits."""
        who = self._api.caller(MACHINES)
        if not is_of(id_, who.sub):
            raise Problem(HTTPStatus.NOT_FOUND, "You have no such batch.")
        self._logger.set_correlation_id(id_)
        links = BatchLinks(self_=self._api.url(f"{BATCHES}/{id_}"))
        found = self._batches.get(id_)
        if found is None:
            return json_response(
                HTTPStatus.ACCEPTED, Stored(id=id_, links=links), {"Retry-After": "1", **_NO_STORE}
            )
        return json_response(HTTPStatus.OK, self._processed(found, links), _NO_STORE)

    def usage(self) -> Response[str]:
        """See how much of today's quota is used: 200. This request does not count."""
        who, day = self._api.caller(MACHINES), self._now().date()
        key = machine_key(who.machine_key)
        usage = self._usage.of(key, day)
        body = UsageBody(
            tier=key.tier, day=day, used=usage.used, left=usage.left, open_rfqs=self._open_rfqs[key.tier]
        )
        return json_response(HTTPStatus.OK, body, _NO_STORE)

    def _processed(self, found: BatchOutcome, links: BatchLinks) -> Processed:
        rfqs = tuple(self._shown(index, outcome) for index, outcome in enumerate(found.outcomes))
        accepted = sum(rfq.status == "accepted" for rfq in rfqs)
        problem = json.loads(found.problem) if found.problem else _REUSED if found.reused else None
        return Processed(
            id=found.id,
            accepted=accepted,
            rejected=len(rfqs) - accepted,
            rfqs=rfqs,
            problem=problem,
            links=links,
        )

    def _shown(self, index: int, outcome: Outcome) -> RfqOutcome:
        if outcome.rfq_id:
            links = rfq_links(self._api, outcome.rfq_id)
            return RfqOutcome(index=index, status="accepted", id=outcome.rfq_id, links=links)
        return RfqOutcome(index=index, status="rejected", problem=json.loads(outcome.problem or "{}"))


def machine_key(text: str | None) -> MachineKey:
    """Read what a caller's token says of the API key. Raises Problem (403) if that is nothing."""
    try:
        return MachineKey.parse(text or "")
    except ValueError:
        raise Problem(HTTPStatus.FORBIDDEN, "You have no API key. Ask for one.") from None
