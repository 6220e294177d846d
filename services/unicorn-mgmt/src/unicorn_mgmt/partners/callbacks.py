"""Take answers that partners call back with, and pass them on to the return address."""

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from unicorn_mgmt.partners.faults import CallFailed
from unicorn_mgmt.partners.nimbus import SIGNATURE, called_back
from unicorn_mgmt.partners.reference import Forged, unseal
from unicorn_mgmt.partners.roster import Partner
from unicorn_mgmt.partners.secrets import Secrets
from unicorn_mgmt.partners.tracking import Calls
from wild_rydes_contracts import Envelope, RfqResponse
from wild_rydes_http.api import RestApi
from wild_rydes_http.body import MAX_BYTES
from wild_rydes_http.problem import Problem
from wild_rydes_messaging.metadata import caused_by
from wild_rydes_messaging.reply import Replies, Reply

CALLBACK = "callback"


class Callbacks:
    """The route of callbacks, to be added to a RestApi that asks for no token: a callback proves itself by its signature.

    `secrets_of` names the secret of each partner that calls back. Nothing is stored: the reference holds what is needed, and
    an answer that is sent twice changes nothing, as the first one stands.
    """

    def __init__(
        self,
        api: RestApi,
        partners: Mapping[str, Partner],
        secrets_of: Mapping[str, str],
        secrets: Secrets,
        replies: Replies,
        *,
        logger: Logger,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._partners = partners
        self._secrets_of = secrets_of
        self._secrets = secrets
        self._replies = replies
        self._logger = logger
        self._now = now
        api.post("/partners/<partner_id>/answers")(self.take)

    def take(self, partner_id: str) -> Response[str]:
        """202; 401 for a forged one, 410 after the deadline, 400 for one that is no answer."""
        partner, secret_id = self._partners.get(partner_id), self._secrets_of.get(partner_id)
        if partner is None or secret_id is None:
            raise Problem(HTTPStatus.NOT_FOUND, "There is nothing here.")
        event, now = self._api.current_event, self._now()
        body = (event.decoded_body or "").encode()
        if len(body) > MAX_BYTES:
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body has at most {MAX_BYTES} bytes.")
        credentials = self._secrets.get(secret_id)
        try:
            signature = event.headers.get(SIGNATURE.lower(), "")
            reference, answer = called_back(partner, signature, body, credentials, now.timestamp())
            asked = unseal(reference, partner_id, credentials["reference_key"])
        except Forged:
            self._secrets.forget(secret_id)
            raise Problem(HTTPStatus.UNAUTHORIZED, "The signature or the reference is not genuine.") from None
        except CallFailed:
            raise Problem(HTTPStatus.BAD_REQUEST, "The body is no answer.") from None
        self._logger.set_correlation_id(asked.correlation_id)
        took = (now - asked.occurred_at).total_seconds() * 1000
        calls = Calls(self._logger, partner_id)
        if asked.expired(now):
            calls.record(CALLBACK, "late", milliseconds=took, attempt=1, circuit="")
            raise Problem(HTTPStatus.GONE, "Too late: the request is closed.")
        metadata = caused_by(asked, RfqResponse, occurred_at=now, distinct=partner_id)
        to = self._replies.check(asked.reply_to)
        self._replies.send(
            [Reply(partner_id, to, Envelope(metadata=metadata, data=RfqResponse(answers=(answer,))))]
        )
        calls.record(CALLBACK, answer.kind, milliseconds=took, attempt=1, circuit="")
        return Response(HTTPStatus.ACCEPTED.value)
