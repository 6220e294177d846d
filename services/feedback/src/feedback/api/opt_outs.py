"""Numbers that want no messages: opted out by hand, and exported."""

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from feedback.adapters.feedback_table import FeedbackTable
from feedback.adapters.pseudonyms import Pseudonyms
from feedback.adapters.user_directory import UserDirectory
from feedback.api.opt_out_bodies import NewOptOut, OptOutBody, OptOuts
from feedback.api.pages import SIZE, Page
from feedback.api.routes import GROUP, NO_STORE
from feedback.domain.conversation import Conversation, SurveyMachine
from feedback.domain.number import NumberStanding
from feedback.domain.phone_number import InvalidNumber, PhoneNumber
from wild_rydes_dynamodb.change import change
from wild_rydes_http.api import HttpApi
from wild_rydes_http.body import json_response, read_body
from wild_rydes_http.problem import FieldError, Problem

_Number = tuple[NumberStanding, Sequence[Conversation]]
"""The standing of a number, and its open conversations."""


class OptOutRoutes:
    """Adds the routes to a HttpApi. `pseudonyms` reads the secret, and `now` gives the time."""

    def __init__(
        self,
        api: HttpApi,
        *,
        table: FeedbackTable,
        machine: SurveyMachine,
        directory: UserDirectory,
        pseudonyms: Callable[[], Pseudonyms],
        logger: Logger,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._table = table
        self._machine = machine
        self._directory = directory
        self._pseudonyms = pseudonyms
        self._logger = logger
        self._now = now
        api.post("/opt-outs")(self.opt_out)
        api.get("/opt-outs")(self.opt_outs)

    def opt_out(self) -> Response[str]:
        """Opt a number out of SMS, as its STOP would, but without an SMS that confirms it.

        A START that its customer sends later opts it in again.
        """
        agent = self._api.caller(GROUP).sub
        body = read_body(self._api.current_event, NewOptOut)
        key, now = self._pseudonyms().pseudonym_of(self._number(body).e164), self._now()

        def read() -> _Number:
            standing = self._table.standing(key)
            held = (self._table.conversation(held.ride_id) for held in standing.conversations)
            return standing, [found for found in held if found and found.stage]

        def rule(found: _Number) -> _Number:
            standing, conversations = found
            # The last word of all that have been heard: in doubt, stop. What the agent is told holds.
            at = max(now, standing.decided_at or now)
            standing = standing.stopped(at, "support", agent, body.reason)
            return standing, [self._machine.stopped(conversation, now) for conversation in conversations]

        def write(_: _Number, after: _Number) -> _Number:
            standing, conversations = after
            self._table.write(*conversations, standing=standing, now=now, reread=read)
            return after

        standing, conversations = change(read, rule, write).after
        self._logger.info(
            "opted out", agent=agent, reason=body.reason, ride_ids=[c.ride_id for c in conversations]
        )
        return json_response(HTTPStatus.OK, OptOutBody.from_domain(standing), NO_STORE)

    def opt_outs(self) -> Response[str]:
        """Export the numbers that want no messages, page by page."""
        agent = self._api.caller(GROUP).sub
        page = Page.asked_for(self._api, "/opt-outs")
        standings, end = self._table.opt_outs(page.after, SIZE)
        body = OptOuts(
            opt_outs=tuple(OptOutBody.from_domain(s, self._number_of(s)) for s in standings),
            links=page.links(end),
        )
        numbers = sum(1 for opt_out in body.opt_outs if opt_out.number)
        self._logger.info("opt-outs exported", agent=agent, opt_outs=len(standings), numbers=numbers)
        return json_response(HTTPStatus.OK, body, NO_STORE)

    def _number(self, asked: NewOptOut) -> PhoneNumber:
        """Find the number that a body is about. Raises Problem."""
        if asked.customer_id is not None:
            if customer := self._directory.find(asked.customer_id):
                return customer.number
            error = FieldError("customer-id", "no such customer, or one without a number")
        else:
            try:
                return PhoneNumber.parse(asked.number or "")
            except InvalidNumber as invalid:
                error = FieldError("number", str(invalid))
        raise Problem(HTTPStatus.BAD_REQUEST, "There is no number to opt out.", errors=[error])

    def _number_of(self, standing: NumberStanding) -> PhoneNumber | None:
        """Look up the number behind a pseudonym. None if its last customer does not have it any more."""
        customer = self._directory.find(standing.customer_id) if standing.customer_id else None
        if customer and self._pseudonyms().pseudonym_of(customer.number.e164) == standing.key:
            return customer.number
        return None
