"""The feedback API: the support team reads feedback, and marks customers as called."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from feedback.adapters.feedback_table import FeedbackTable
from feedback.api import cursor
from feedback.api.representations import (
    CallbackBody,
    CallbackLinks,
    Callbacks,
    FeedbackBody,
    FeedbackLinks,
    ListLinks,
)
from feedback.domain.conversation import Conversation, SurveyMachine
from wild_rydes_http.api import RestApi
from wild_rydes_http.body import json_response
from wild_rydes_http.caller import caller
from wild_rydes_http.problem import FieldError, Problem

GROUP = "support"
PAGE_SIZE = 20

_NO_STORE = {"Cache-Control": "no-store"}


class Routes:
    """Adds the routes to a RestApi. `now` gives the time."""

    def __init__(
        self, api: RestApi, store: FeedbackTable, machine: SurveyMachine, now: Callable[[], datetime]
    ) -> None:
        self._api = api
        self._table = store
        self._machine = machine
        self._now = now
        api.get("/callbacks")(self.callbacks)
        api.delete("/callbacks/<ride_id>")(self.called)
        api.get("/rides/<ride_id>/feedback")(self.feedback)

    def callbacks(self) -> Response[str]:
        """List the customers who wait for a call, page by page."""
        caller(self._api.current_event, GROUP)
        text = self._api.current_event.query_string_parameters.get("cursor")
        try:
            after = None if text is None else cursor.decode(text)
        except ValueError as error:
            raise Problem(
                HTTPStatus.BAD_REQUEST,
                "Follow the `next` link unchanged.",
                errors=[FieldError("cursor", str(error))],
            ) from None
        waiting, end = self._table.callbacks(after, PAGE_SIZE)
        here = self._api.url("/callbacks")
        body = Callbacks(
            callbacks=tuple(body for c in waiting if (body := self._callback(c))),
            links=ListLinks(
                self_=f"{here}?cursor={text}" if text else here,
                next=f"{here}?cursor={cursor.encode(end)}" if end else None,
            ),
        )
        return json_response(HTTPStatus.OK, body, _NO_STORE)

    def called(self, ride_id: str) -> Response[str]:
        """Mark the customer of a ride as called."""
        caller(self._api.current_event, GROUP)
        now = self._now()
        found = self._table.change(
            ride_id, lambda c: replace(c, called_at=now) if c.call_wanted and not c.called_at else c, now
        )
        if not found or not found.call_wanted:
            raise Problem(HTTPStatus.NOT_FOUND, "No customer wants a call about this ride.")
        return json_response(HTTPStatus.NO_CONTENT)

    def feedback(self, ride_id: str) -> Response[str]:
        """Show the conversation about a ride, with the delivery of each SMS."""
        caller(self._api.current_event, GROUP)
        conversation = self._table.conversation(ride_id)
        if conversation is None:
            raise Problem(HTTPStatus.NOT_FOUND, "No customer was asked about this ride.")
        links = FeedbackLinks(
            self_=self._feedback_url(ride_id),
            callback=self._api.url(f"/callbacks/{ride_id}") if conversation.call_wanted else None,
        )
        body = FeedbackBody.from_domain(conversation, self._machine, links)
        return json_response(HTTPStatus.OK, body, _NO_STORE)

    def _callback(self, conversation: Conversation) -> CallbackBody | None:
        if conversation.score is None:  # nobody is offered a call before the score
            return None
        return CallbackBody(
            ride_id=conversation.ride_id,
            responder_id=conversation.responder_id,
            customer_id=conversation.customer_id,
            score=conversation.score,
            requested_at=conversation.ended_at or conversation.since,
            links=CallbackLinks(
                self_=self._api.url(f"/callbacks/{conversation.ride_id}"),
                feedback=self._feedback_url(conversation.ride_id),
            ),
        )

    def _feedback_url(self, ride_id: str) -> str:
        return self._api.url(f"/rides/{ride_id}/feedback")
