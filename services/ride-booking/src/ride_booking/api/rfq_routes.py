"""Submit, follow, read, list and cancel requests for quotation (RFQs). Customers see only their own."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from uuid import NAMESPACE_URL, UUID, uuid5

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from ride_booking.adapters.open_rfqs import OpenRfqs, TooManyOpen
from ride_booking.adapters.rfq_table import KeyReused, RfqTable
from ride_booking.adapters.status_documents import StatusDocuments
from ride_booking.api import cursor
from ride_booking.api.access import CUSTOMERS, PATH, Access, no_such_rfq, rfq_links, ride_of, too_many_open
from ride_booking.api.quote_representations import quotes_of
from ride_booking.api.rfq_representations import (
    Accepted,
    Links,
    ListLinks,
    PlaceBody,
    Quotes,
    Responders,
    Result,
    RfqList,
    Running,
    Submission,
    Summary,
    answers_received,
    seconds_to_wait,
)
from ride_booking.domain.rfq import Rfq
from wild_rydes_contracts.instants import truncated
from wild_rydes_http.api import HttpApi
from wild_rydes_http.body import Representation, json_response, read_body
from wild_rydes_http.caller import Caller
from wild_rydes_http.idempotency_key import idempotency_key, key_reused
from wild_rydes_http.preferences import STATUS_DOCUMENT, preferences
from wild_rydes_http.problem import FieldError, Problem

PAGE_SIZE = 20

_KEYS = uuid5(NAMESPACE_URL, "wild-rydes:instant-ride-rfqs")
_NO_STORE = {"Cache-Control": "no-store"}
_REVALIDATE = {"Cache-Control": "private, no-cache"}


class RfqRoutes:
    """Adds its routes to a HttpApi, for members of `group`.

    `new_id` makes the id of an RFQ that is submitted at a given time; `limit` says how many a caller may have open.
    """

    def __init__(
        self,
        api: HttpApi,
        rfqs: RfqTable,
        logger: Logger,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[datetime], UUID],
        documents: StatusDocuments,
        open_rfqs: OpenRfqs,
        limit: Callable[[Caller], int],
        group: str = CUSTOMERS,
    ) -> None:
        self._api = api
        self._rfqs = rfqs
        self._logger = logger
        self._now = now
        self._new_id = new_id
        self._documents = documents
        self._open_rfqs = open_rfqs
        self._limit = limit
        self._access = Access(api, rfqs, logger, now, group)
        api.post(PATH)(self.submit)
        api.get(PATH)(self.list)
        api.get(f"{PATH}/<id_>")(self.follow)
        api.delete(f"{PATH}/<id_>")(self.cancel)
        api.get(f"{PATH}/<id_>/quotes")(self.quotes)
        api.get(f"{PATH}/<id_>/result")(self.result)

    def submit(self) -> Response[str]:
        """Request quotes: 202 and where to follow the RFQ.

        A repetition with the same Idempotency-Key gets the same answer.
        """
        who = self._access.caller()
        body = read_body(self._api.current_event, Submission)
        if body.customer is not None and body.customer not in self._names(who):
            raise Problem(HTTPStatus.FORBIDDEN, "You can request quotes only for yourself.")
        key = idempotency_key(self._api.header("idempotency-key"))
        now = truncated(self._now())  # as it is stored
        new = body.to_domain(
            str(self._new_id(now) if key is None else uuid5(_KEYS, f"{who.sub}/{key}")),
            who.sub,
            now,
            document=STATUS_DOCUMENT in preferences(self._api.header("prefer") or ""),
        )
        self._logger.set_correlation_id(new.id)
        try:
            rfq = self._open_rfqs.submit(new, body.fingerprint(), self._limit(who))
        except KeyReused:
            raise key_reused() from None
        except TooManyOpen as error:
            raise too_many_open(error, now) from None
        links, applied = self._links(rfq), {}
        if rfq.document:
            links = links.model_copy(update={"status_document": self._documents.url(rfq, now)})
            applied = {"Preference-Applied": STATUS_DOCUMENT}
        wait = str(seconds_to_wait(rfq, now))
        return json_response(
            HTTPStatus.ACCEPTED,
            Accepted(id=rfq.id, eta=rfq.deadline, links=links),
            {"Location": links.self_, "Retry-After": wait, **applied, **_NO_STORE},
        )

    def follow(self, id_: str) -> Response[str]:
        """Follow an RFQ: 200 while it is running, 303 to the result when it is completed."""
        rfq = self._access.own(id_)
        links = self._links(rfq)
        if rfq.completion:
            return json_response(HTTPStatus.SEE_OTHER, headers={"Location": links.result, **_NO_STORE})
        body = Running(
            id=rfq.id,
            eta=rfq.deadline,
            responses_received=answers_received(rfq),
            responders_asked=rfq.counts().asked,
            links=links,
        )
        wait = str(seconds_to_wait(rfq, self._now()))
        return json_response(HTTPStatus.OK, body, {"Retry-After": wait, **_NO_STORE})

    def quotes(self, id_: str) -> Response[str]:
        """Read the quotes so far: 200, or 304 if the caller already has them."""
        rfq = self._access.own(id_)
        body = Quotes(
            id=rfq.id, status=rfq.status, quotes=quotes_of(rfq, self._now()), links=self._links(rfq)
        )
        tag = _tag(body)
        headers = {"ETag": tag, **_REVALIDATE}
        if _matches(self._api.header("if-none-match") or "", tag):
            return json_response(HTTPStatus.NOT_MODIFIED, headers=headers)
        return json_response(HTTPStatus.OK, body, headers)

    def result(self, id_: str) -> Response[str]:
        """Read the result: 200, or 409 while the RFQ is running."""
        rfq = self._access.own(id_, expecting=lambda rfq: rfq.completion)
        if rfq.completion is None:
            raise Problem(
                HTTPStatus.CONFLICT,
                "The RFQ is still running. Follow it: it redirects here when it is completed.",
                code="running",
                headers={"Retry-After": str(seconds_to_wait(rfq, self._now()))},
            )
        body = Result(
            id=rfq.id,
            customer=rfq.customer,
            from_=PlaceBody.from_domain(rfq.start),
            to=PlaceBody.from_domain(rfq.destination),
            created_at=rfq.created_at,
            completed_at=rfq.completion.at,
            completed_by=rfq.completion.by,
            quotes=quotes_of(rfq, self._now()),
            responders=Responders(**asdict(rfq.counts())),
            rides=tuple(ride_of(self._api, rfq, number) for number in range(1, len(rfq.rides) + 1)),
            links=self._links(rfq),
        )
        return json_response(HTTPStatus.OK, body, _REVALIDATE)

    def cancel(self, id_: str) -> Response[str]:
        """Cancel an RFQ: 204, or 409 if it was completed before."""
        who, now = self._access.caller(), self._now()
        self._access.check(id_)
        change = self._rfqs.change(id_, lambda rfq: rfq.cancel(now) if rfq.customer == who.sub else rfq)
        if change is None or change.after.customer != who.sub:
            raise no_such_rfq()
        if change.after.completion is None or change.after.completion.by != "cancelled":
            raise Problem(
                HTTPStatus.CONFLICT,
                "The RFQ is already completed. There is nothing to cancel.",
                code="completed",
            )
        if how := change.after.completed_since(change.before):
            self._logger.info("completed", completed_by=how)
        return json_response(HTTPStatus.NO_CONTENT)

    def list(self) -> Response[str]:
        """List the caller's RFQs: 200 and one page of them."""
        who, now = self._access.caller(), self._now()
        text = self._api.current_event.query_string_parameters.get("cursor")
        try:
            after = None if text is None else cursor.decode(text, who.sub)
        except ValueError as error:
            raise Problem(
                HTTPStatus.BAD_REQUEST,
                "Follow the `next` link unchanged.",
                errors=[FieldError("cursor", str(error))],
            ) from None
        page = self._rfqs.of_customer(who.sub, after, PAGE_SIZE)
        here = self._api.url(PATH)
        body = RfqList(
            rfqs=tuple(self._summary(rfq.elapse(now)) for rfq in page.rfqs),
            links=ListLinks(
                self_=f"{here}?cursor={text}" if text else here,
                next=f"{here}?cursor={cursor.encode(page.end, who.sub)}" if page.end else None,
            ),
        )
        return json_response(HTTPStatus.OK, body, _NO_STORE)

    def _names(self, who: Caller) -> tuple[str, str | None]:
        """List the names by which the caller may identify themselves."""
        return who.sub, who.username

    def _links(self, rfq: Rfq) -> Links:
        return rfq_links(self._api, rfq.id)

    def _summary(self, rfq: Rfq) -> Summary:
        return Summary(
            id=rfq.id,
            status=rfq.status,
            from_=PlaceBody.from_domain(rfq.start),
            to=PlaceBody.from_domain(rfq.destination),
            created_at=rfq.created_at,
            eta=rfq.deadline,
            completed_by=rfq.completion.by if rfq.completion else None,
            responses_received=answers_received(rfq),
            responders_asked=rfq.counts().asked,
            ride=ride_of(self._api, rfq, len(rfq.rides)) if rfq.rides else None,
            links=self._links(rfq),
        )


def _tag(body: Representation) -> str:
    """Make the entity tag of a body: it changes when the body does, and not with what nobody sees."""
    return f'"{hashlib.sha256(body.model_dump_json().encode()).hexdigest()[:32]}"'


def _matches(if_none_match: str, tag: str) -> bool:
    """Tell whether `If-None-Match` names this entity tag, by weak comparison (RFC 9110, section 13.1.2)."""
    tags = {candidate.strip().removeprefix("W/") for candidate in if_none_match.split(",")}
    return bool(tags & {tag, "*"})
