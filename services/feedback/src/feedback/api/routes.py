"""The feedback API: the support team reads the feedback about a ride."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from feedback.adapters.feedback_table import FeedbackTable
from feedback.api.representations import (
    FeedbackBody,
    FeedbackLinks,
)
from feedback.domain.conversation import SurveyMachine
from wild_rydes_http.api import RestApi
from wild_rydes_http.body import json_response
from wild_rydes_http.caller import caller
from wild_rydes_http.problem import Problem

GROUP = "support"
NO_STORE = {"Cache-Control": "no-store"}


class Routes:
    """Adds the routes to a RestApi."""

    def __init__(self, api: RestApi, table: FeedbackTable, machine: SurveyMachine) -> None:
        self._api = api
        self._table = table
        self._machine = machine
        api.get("/rides/<ride_id>/feedback")(self.feedback)

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
        return json_response(HTTPStatus.OK, body, NO_STORE)

    def _feedback_url(self, ride_id: str) -> str:
        return self._api.url(f"/rides/{ride_id}/feedback")
