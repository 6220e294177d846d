"""Decide who may call the API of machine clients, with which API key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from aws_lambda_powertools import Logger

from ride_booking.api.access import MACHINES
from ride_booking.domain.rfq_batch import RfqBatch, batch_id
from wild_rydes_contracts.metadata import first_of
from wild_rydes_http.caller import Caller
from wild_rydes_http.machine_key import MachineKey
from wild_rydes_http.tokens import IdTokens, InvalidToken, bearer_token


class Unauthorized(Exception):
    """The caller is nobody that we know. API Gateway answers 401 to an error of exactly this text."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


@dataclass(frozen=True, slots=True)
class MachineAuthorizer:
    """Lets machine clients in, each with its own API key alone.

    A key is no identity, and spends a quota: a stolen key does nothing without its owner's token, and a token nothing
    with another's key. What API Gateway needs to store a batch goes with the answer, so each request is asked about.
    """

    tokens: IdTokens
    logger: Logger
    now: Callable[[], datetime]
    new_id: Callable[[datetime], UUID]

    def authorize(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Make the policy for one request. Raises Unauthorized, and KeysUnavailable."""
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        token = bearer_token(headers.get("authorization", ""))
        try:
            caller = Caller.of(self.tokens.claims(token or ""))
        except InvalidToken as error:
            self.logger.info("refused", reason=str(error))
            raise Unauthorized from None
        key = _own_key(caller, headers.get("x-api-key", ""))
        if key is None:
            self.logger.info("refused", reason="not a machine client with its own key")
            return _policy(event, "Deny", caller.sub)
        now = self.now()
        batch = batch_id(caller.sub, self.new_id(now), headers.get("idempotency-key") or None)
        metadata = first_of(RfqBatch, correlation_id=batch, occurred_at=now)
        return _policy(
            event,
            "Allow",
            caller.sub,
            {
                "customer": caller.sub,
                "tier": key.tier,
                "batch": batch,
                "event": str(metadata.event_id),
                "now": metadata.occurred_at.isoformat().replace("+00:00", "Z"),
            },
        )


def _own_key(caller: Caller, sent: str) -> MachineKey | None:
    if MACHINES not in caller.groups or caller.machine_key is None:
        return None
    try:
        key = MachineKey.parse(caller.machine_key)
    except ValueError:
        return None
    return key if key.is_of(sent) else None


def _policy(
    event: Mapping[str, Any], effect: str, principal: str, context: Mapping[str, str] | None = None
) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": dict(context or {}),
    }
