"""Decide who may connect to a WebSocket API: those with an ID token of the user pool, in the right group."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

from wild_rydes_http.caller import Caller
from wild_rydes_http.tokens import IdTokens, InvalidToken, bearer_token


class SocketAuthorizer:
    """Lets members of `group` connect."""

    def __init__(self, tokens: IdTokens, group: str, logger: Logger) -> None:
        self._tokens = tokens
        self._group = group
        self._logger = logger

    def authorize(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Make the policy for one connection.

        The token is in the header `Authorization`, with or without `Bearer `, or in the query parameter
        `token`, as browsers cannot set headers. Raises KeysUnavailable: the client may try again.
        """
        token = _token(event)
        try:
            claims = self._tokens.claims(token) if token else None
        except InvalidToken as error:
            self._logger.info("refused", reason=str(error))
            claims = None
        if claims is None:
            return _policy(event, "Deny", "nobody")
        caller = Caller.of(claims)
        if self._group not in caller.groups:
            self._logger.info("refused", reason="not in the group")
            return _policy(event, "Deny", "nobody")
        self._logger.info("authorized")
        return _policy(event, "Allow", caller.sub, {"sub": caller.sub, "expires": str(claims["exp"])})


def _token(event: Mapping[str, Any]) -> str | None:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    given = headers.get("authorization") or (event.get("queryStringParameters") or {}).get("token")
    return bearer_token(given or "")


def _policy(
    event: Mapping[str, Any], effect: str, principal: str, context: dict[str, str] | None = None
) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context or {},
    }
