"""The feedback API: the support team reads the feedback about a ride, and corrects its score."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from feedback.adapters.feedback_table import FeedbackTable
from feedback.api.correction_bodies import CorrectionRequest
from feedback.api.representations import FeedbackBody, FeedbackLinks
from feedback.domain.conversation import Conversation, SurveyMachine
from feedback.domain.correction import NoScore, TooManyCorrections, corrected
from wild_rydes_http.api import HttpApi
from wild_rydes_http.body import json_response, read_body
from wild_rydes_http.problem import Problem

GROUP = "support"
NO_STORE = {"Cache-Control": "no-store"}


class Routes:
    """Adds the routes to a HttpApi. `now` gives the time."""

    def __init__(
        self, api: HttpApi, table: FeedbackTable, machine: SurveyMachine, now: Callable[[], datetime]
    ) -> None:
        self._api = api
        self._table = table
        self._machine = machine
        self._now = now
        api.get("/rides/<ride_id>/feedback")(self.feedback)
        api.post("/rides/<ride_id>/corrections")(self.correct)

    def feedback(self, ride_id: str) -> Response[str]:
        """Show the conversation about a ride, with the delivery of each SMS."""
        self._api.caller(GROUP)
        return self._shown(self._table.conversation(ride_id))

    def correct(self, ride_id: str) -> Response[str]:
        """Put another score in the place of a ride's, or void it. The responder's rating follows."""
        agent = self._api.caller(GROUP).sub
        wanted, now = read_body(self._api.current_event, CorrectionRequest), self._now()
        correction = wanted.to_domain(agent, now)
        try:
            return self._shown(self._table.change(ride_id, lambda c: corrected(c, correction), now))
        except NoScore:
            raise Problem(HTTPStatus.CONFLICT, "The customer has given no score.") from None
        except TooManyCorrections:
            raise Problem(HTTPStatus.CONFLICT, "The score has been corrected too often.") from None

    def _shown(self, conversation: Conversation | None) -> Response[str]:
        if conversation is None:
            raise Problem(HTTPStatus.NOT_FOUND, "No customer was asked about this ride.")
        about = self._api.url(f"/rides/{conversation.ride_id}")
        callback = self._api.url(f"/callbacks/{conversation.ride_id}")
        links = FeedbackLinks(
            self_=f"{about}/feedback",
            callback=callback if conversation.call_wanted else None,
            corrections=f"{about}/corrections" if conversation.score is not None else None,
        )
        body = FeedbackBody.from_domain(conversation, self._machine, links)
        return json_response(HTTPStatus.OK, body, NO_STORE)
