"""Take partners' callbacks: answers to RFQs go to their return address, news of rides into the table."""

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from unicorn_mgmt.adapters.callback_table import CallbackTable
from unicorn_mgmt.adapters.partner_ride_table import PartnerRideTable
from unicorn_mgmt.adapters.partners.call_log import CallLog
from unicorn_mgmt.adapters.partners.client import Callback, PartnerClient, QuoteHeard, RideHeard
from unicorn_mgmt.adapters.partners.credentials import Credentials, Secrets
from unicorn_mgmt.adapters.partners.faults import CallFailed, OurFault
from unicorn_mgmt.adapters.partners.roster import Partner
from unicorn_mgmt.adapters.partners.sealed_reference import Forged, unseal
from unicorn_mgmt.domain.partner_ride import PartnerRide
from wild_rydes_contracts import Envelope, RfqResponse
from wild_rydes_contracts.metadata import caused_by
from wild_rydes_http.api import HttpApi
from wild_rydes_http.body import bytes_of, json_response
from wild_rydes_http.problem import Problem
from wild_rydes_messaging.reply import Replies, Reply

CALLBACK = "callback"


class PartnerCallbacks:
    """The route of callbacks, for a HttpApi without tokens: a partner's client knows how the partner signs.

    `secret_ids` names the secret of each partner. Of an answer to an RFQ only that it came is stored, for whoever
    looks whether it has; the reference holds all it needs. A repetition changes nothing: the first answer counts,
    and a ride's rules ignore old news.
    """

    def __init__(
        self,
        api: HttpApi,
        replies: Replies,
        rides: PartnerRideTable,
        callbacks: CallbackTable,
        *,
        partners: Mapping[str, Partner],
        clients: Mapping[str, PartnerClient],
        secrets: Secrets,
        secret_ids: Mapping[str, str],
        logger: Logger,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._partners = partners
        self._clients = clients
        self._secret_ids = secret_ids
        self._secrets = secrets
        self._replies = replies
        self._rides = rides
        self._callbacks = callbacks
        self._logger = logger
        self._now = now
        api.post("/partners/<partner_id>/answers")(self.take)

    def take(self, partner_id: str) -> Response[str]:
        """Take a callback: 202.

        401 for a forgery, 410 for a late one, 404 for an unknown ride, 400 for an unreadable body, 413 for a long one,
        503 if our secret is incomplete.
        """
        secret_id = self._secret_ids.get(partner_id)
        if secret_id is None:
            raise Problem(HTTPStatus.NOT_FOUND, "There is nothing here.")
        event, now = self._api.current_event, self._now()
        body = bytes_of(event)
        # No signature holds half of a surrogate pair, which could not be compared.
        headers = {
            name.lower(): value.encode(errors="replace").decode() for name, value in event.headers.items()
        }
        callback = Callback(self._partners[partner_id], headers, body, now.timestamp())
        credentials = self._secrets.get(secret_id)
        try:
            match self._clients[partner_id].heard(callback, credentials):
                case QuoteHeard() as heard:
                    self._answered(partner_id, heard, credentials, now)
                case RideHeard() as heard:
                    self._rode(partner_id, heard, now)
        except Forged:
            self._secrets.doubt(secret_id)
            self._refused(partner_id, "forged, or late")
            raise Problem(HTTPStatus.UNAUTHORIZED, "The signature or the reference is not genuine.") from None
        except OurFault:  # our secret lacks a value that the client needs: the partner may try again
            self._secrets.doubt(secret_id)
            self._refused(partner_id, "our secret lacks a value")
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE, "We cannot verify this now. Try again later."
            ) from None
        except CallFailed as error:
            self._refused(partner_id, str(error))
            raise Problem(HTTPStatus.BAD_REQUEST, "The body cannot be read.") from None
        return json_response(HTTPStatus.ACCEPTED)

    def _answered(self, partner_id: str, heard: QuoteHeard, credentials: Credentials, now: datetime) -> None:
        asked = unseal(heard.reference, partner_id, credentials["reference_key"])
        self._logger.set_correlation_id(asked.correlation_id)
        if asked.expired(now):
            self._record(partner_id, "late", asked.occurred_at, now)
            raise Problem(HTTPStatus.GONE, "Too late: the request is closed.")
        metadata = caused_by(asked, RfqResponse, occurred_at=now, distinct=partner_id)
        to = self._replies.check(asked.reply_to)
        response = RfqResponse(answers=(heard.answer,))
        self._replies.send([Reply(partner_id, to, Envelope(metadata=metadata, data=response))])
        self._callbacks.note(partner_id, asked.correlation_id, now)
        self._record(partner_id, heard.answer.kind, asked.occurred_at, now)

    def _rode(self, partner_id: str, heard: RideHeard, now: datetime) -> None:
        def rule(ride: PartnerRide | None) -> PartnerRide | None:
            return ride.heard(heard.news, now) if ride else None

        change = self._rides.change(partner_id, heard.ride_id, rule)
        before, ride = change.before, change.after
        if before is None or ride is None:
            raise Problem(HTTPStatus.NOT_FOUND, "You have no such ride.")
        if ride.terms:
            self._logger.set_correlation_id(ride.terms.rfq_id)
        if before.state in ("asked", "released"):  # it was owed, for whatever it is good
            self._callbacks.note(partner_id, ride.id, now)
        if ride.state == "released":
            self._record(partner_id, "late", before.at, now)
            raise Problem(HTTPStatus.GONE, "Too late: the booking has failed.")
        self._record(partner_id, heard.news.state, before.at, now)

    def _refused(self, partner_id: str, why: str) -> None:
        """Record a callback that says nothing of any RFQ or ride. Too many of them are an alarm."""
        CallLog(self._logger, partner_id).record(
            CALLBACK, "refused", milliseconds=0, attempt=1, circuit="", reason=why
        )

    def _record(self, partner_id: str, outcome: str, since: datetime, now: datetime) -> None:
        took = (now - since).total_seconds() * 1000
        CallLog(self._logger, partner_id).record(CALLBACK, outcome, milliseconds=took, attempt=1, circuit="")
