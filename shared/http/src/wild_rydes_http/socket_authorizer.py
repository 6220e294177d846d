"""Decide who may connect to a WebSocket API: bearers of a valid ID token of the user pool, in the right group.

A REST API has an authorizer for that; a WebSocket API wants a function. Needs the extra `sockets`.
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
    """Whose tokens count: `issuer` and `audience` as they stand in them, `keys_url` holds the issuer's public keys."""

    issuer: str
    audience: str
    keys_url: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "TokenSettings":
        """Read the environment. Raises KeyError, naming the variable, when one is missing."""
        return cls(environment["TOKEN_ISSUER"], environment["TOKEN_AUDIENCE"], environment["KEYS_URL"])


class SocketAuthorizer:
    """Lets members of `group` connect. Keys are fetched once for a worker, and anew when one is not known."""

    def __init__(self, settings: TokenSettings, group: str, logger: Logger) -> None:
        self._settings = settings
        self._group = group
        self._logger = logger
        self._keys = jwt.PyJWKClient(settings.keys_url, lifespan=3600, timeout=_SECONDS_TO_FETCH)

    def authorize(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The policy for one connection.

        The token stands in the header `Authorization`, with or without `Bearer `, or in the query as `token`: browsers
        cannot set headers. Raises PyJWKClientConnectionError when the keys cannot be fetched: the client may try again.
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
            audience=self._settings.audience,
            issuer=self._settings.issuer,
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
