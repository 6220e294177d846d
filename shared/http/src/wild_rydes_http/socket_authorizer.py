"""Decide who may connect to a WebSocket API: those with an ID token of the user pool, in the right group.

A REST API comes with such an authorizer; a WebSocket API needs a function. Needs the extra `sockets`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from aws_lambda_powertools import Logger

_SECONDS_TO_FETCH = 2
_REQUIRED = ["exp", "iat", "iss", "aud", "sub", "token_use"]


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Whose tokens count: the claims `iss` and `aud`, and the URL of the issuer's public keys."""

    token_issuer: str
    token_audience: str
    keys_url: str


class SocketAuthorizer:
    """Lets members of `group` connect.

    The keys are fetched once per worker and hour, and again for a token that names an unknown key.
    """

    def __init__(self, settings: TokenSettings, group: str, logger: Logger) -> None:
        self._settings = settings
        self._group = group
        self._logger = logger
        self._keys = jwt.PyJWKClient(settings.keys_url, lifespan=3600, timeout=_SECONDS_TO_FETCH)

    def authorize(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Make the policy for one connection.

        The token is in the header `Authorization`, with or without `Bearer `, or in the query parameter
        `token`, as browsers cannot set headers. Raises PyJWKClientConnectionError if the keys cannot be
        fetched: the client may try again.
        """
        token = _token(event)
        try:
            claims = self._claims(token) if token else None
        except jwt.exceptions.PyJWKClientConnectionError:
            raise
        except jwt.PyJWTError as error:
            self._logger.info("refused", reason=type(error).__name__)
            claims = None
        if claims is None:
            return _policy(event, "Deny", "nobody")
        if self._group not in claims.get("cognito:groups", ()):
            self._logger.info("refused", reason="not in the group")
            return _policy(event, "Deny", "nobody")
        self._logger.info("authorized")
        return _policy(event, "Allow", claims["sub"], {"sub": claims["sub"], "expires": str(claims["exp"])})

    def _claims(self, token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            self._keys.get_signing_key_from_jwt(token).key,
            algorithms=["RS256"],
            audience=self._settings.token_audience,
            issuer=self._settings.token_issuer,
            options={"require": _REQUIRED},
        )
        use: str = claims["token_use"]
        if use != "id":
            raise jwt.InvalidTokenError("no ID token")
        return claims


def _token(event: Mapping[str, Any]) -> str | None:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    found = headers.get("authorization") or (event.get("queryStringParameters") or {}).get("token")
    return found.removeprefix("Bearer ").strip() if found else None


def _policy(
    event: Mapping[str, Any], effect: str, principal: str, context: dict[str, str] | None = None
) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context or {},
    }
