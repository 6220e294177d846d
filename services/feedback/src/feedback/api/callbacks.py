"""Calls that customers want: agents list them, claim one, and close it.

Whom to call is shown to the one agent who has claimed the call, and each look is logged (decision 25).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from feedback.adapters.feedback_table import FeedbackTable
from feedback.adapters.pseudonyms import Pseudonyms
from feedback.adapters.user_directory import UserDirectory
from feedback.api.callback_bodies import CallbackBody, CallbackLinks, Callbacks, Closing, Contact
from feedback.api.pages import SIZE, Page
from feedback.api.routes import GROUP, NO_STORE
from feedback.domain.callback import AlreadyClosed, Callback, ClaimedByAnother, NotClaimed
from feedback.domain.conversation import Conversation
from wild_rydes_http.api import HttpApi
from wild_rydes_http.body import json_response, read_body
from wild_rydes_http.problem import Problem

_Wanted = tuple[Conversation, Callback]
"""A conversation, and the call that its customer wants."""


class CallbackRoutes:
    """Adds the routes to a HttpApi. A claim lasts for `claimed_for`; `now` gives the time.

    `pseudonyms` reads the secret: only whoever may see a number needs it.
    """

    def __init__(
        self,
        api: HttpApi,
        *,
        table: FeedbackTable,
        directory: UserDirectory,
        pseudonyms: Callable[[], Pseudonyms],
        claimed_for: timedelta,
        logger: Logger,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._table = table
        self._directory = directory
        self._pseudonyms = pseudonyms
        self._claimed_for = claimed_for
        self._logger = logger
        self._now = now
        api.get("/callbacks")(self.callbacks)
        api.get("/callbacks/<ride_id>")(self.callback)
        api.put("/callbacks/<ride_id>/claim")(self.claim)
        api.delete("/callbacks/<ride_id>/claim")(self.release)
        api.post("/callbacks/<ride_id>/outcome")(self.close)

    def callbacks(self) -> Response[str]:
        """List the customers who wait for a call, page by page."""
        self._api.caller(GROUP)
        page, now = Page.asked_for(self._api, "/callbacks"), self._now()
        waiting, end = self._table.callbacks(page.after, SIZE)
        body = Callbacks(
            callbacks=tuple(
                CallbackBody.from_domain(c, c.call, now, self._links(c.ride_id)) for c in waiting if c.call
            ),
            links=page.links(end),
        )
        return json_response(HTTPStatus.OK, body, NO_STORE)

    def callback(self, ride_id: str) -> Response[str]:
        """Show a call, open or closed. Whoever has claimed it sees whom to call."""
        agent = self._agent()
        return self._shown(*_wanted(self._table.conversation(ride_id)), agent)

    def claim(self, ride_id: str) -> Response[str]:
        """Claim a call, and see whom to call. Repeating the request makes the claim last longer."""
        agent, now = self._agent(), self._now()
        claimed = self._changed(ride_id, lambda call: call.claimed(agent, now, self._claimed_for), now)
        return self._shown(*claimed, agent)

    def release(self, ride_id: str) -> Response[str]:
        """Leave a call to all agents again, for instance if the customer is to be called later."""
        agent, now = self._agent(), self._now()
        self._changed(ride_id, lambda call: call.released(agent, now), now)
        return json_response(HTTPStatus.NO_CONTENT)

    def close(self, ride_id: str) -> Response[str]:
        """Close a call for good, with its outcome. Only the agent who has claimed it may."""
        agent, now = self._agent(), self._now()
        outcome = read_body(self._api.current_event, Closing).outcome
        closed = self._changed(ride_id, lambda call: call.closed(agent, outcome, now), now)
        return self._shown(*closed, agent)

    def _agent(self) -> str:
        return self._api.caller(GROUP).sub

    def _changed(self, ride_id: str, rule: Callable[[Callback], Callback], now: datetime) -> _Wanted:
        try:
            found = self._table.change(ride_id, lambda c: replace(c, call=rule(c.call)) if c.call else c, now)
        except ClaimedByAnother as other:
            detail = f"Another agent has this call until {other.until:%Y-%m-%dT%H:%M:%SZ}."
        except NotClaimed:
            detail = "Claim the call first. A claim may have lapsed."
        except AlreadyClosed:
            detail = "The call is closed."
        else:
            return _wanted(found)
        raise Problem(HTTPStatus.CONFLICT, detail)

    def _shown(self, conversation: Conversation, call: Callback, agent: str) -> Response[str]:
        now = self._now()
        contact: Contact | Literal["hidden", "none"] = "hidden"
        if call.holder(now) == agent:
            contact = self._contact(conversation, agent)
        links = self._links(conversation.ride_id)
        body = CallbackBody.from_domain(conversation, call, now, links, contact)
        return json_response(HTTPStatus.OK, body, NO_STORE)

    def _contact(self, conversation: Conversation, agent: str) -> Contact | Literal["none"]:
        """Look up whom to call. Each look is logged, without what was seen."""
        customer = self._directory.find(conversation.customer_id)
        self._logger.info(
            "contact shown" if customer else "no contact",
            ride_id=conversation.ride_id,
            agent=agent,
            correlation_id=conversation.correlation_id,
        )
        if customer is None:
            return "none"
        standing = self._table.standing(self._pseudonyms().pseudonym_of(customer.number.e164))
        return Contact.from_domain(customer, sms_opted_out=standing.opted_out)

    def _links(self, ride_id: str) -> CallbackLinks:
        here = self._api.url(f"/callbacks/{ride_id}")
        return CallbackLinks(
            self_=here,
            feedback=self._api.url(f"/rides/{ride_id}/feedback"),
            claim=f"{here}/claim",
            outcome=f"{here}/outcome",
        )


def _wanted(conversation: Conversation | None) -> _Wanted:
    if conversation is None or conversation.call is None:
        raise Problem(HTTPStatus.NOT_FOUND, "No customer wants a call about this ride.")
    return conversation, conversation.call
