"""ID tokens of the user pool: whose they are, if they are genuine.

As Cognito asks of whoever verifies its tokens:
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, TypeAlias
from urllib.request import urlopen

import jwt

Claims: TypeAlias = Mapping[str, Any]

KEPT_FOR = 3600
"""Seconds after which the keys are fetched again, so that one which the pool withdraws is forgotten."""
PAUSE = 30
"""Seconds between two attempts to fetch keys while there are some: tokens with invented key ids cause no more."""

_SECONDS_TO_FETCH = 2
_REQUIRED = ["exp", "iat", "iss", "aud", "sub", "token_use"]


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Whose tokens count: the claims `iss` and `aud`, and the URL of the issuer's public keys."""

    token_issuer: str
    token_audience: str
    keys_url: str


class InvalidToken(Exception):
    """A token is malformed, forged, expired, of another issuer or audience, or no ID token. The text tells no secret."""


class KeysUnavailable(Exception):
    """The issuer's keys cannot be fetched. That passes: try again."""


class IdTokens:
    """Verifies ID tokens with the issuer's keys, which it keeps for as long as the worker lives.

    They are fetched when they are first needed, every hour, and for a token that names an unknown key.
    Keys that are known stay in use while they cannot be fetched again. `clock` counts seconds, also while the worker is
    frozen.
    """

    def __init__(self, settings: TokenSettings, *, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")

    def prepare(self) -> "IdTokens":
        """Fetch the keys, or leave that to the first token. At start-up they become part of a function's snapshot."""
        with suppress(KeysUnavailable):
            self._fetch()
        return self

    def claims(self, token: str) -> Claims:
        """Return the claims of a valid ID token. Raises InvalidToken, and KeysUnavailable without any keys."""
        try:
            key_id = jwt.get_unverified_header(token)["kid"]
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key(key_id),
                algorithms=["RS256"],
                audience=self._settings.token_audience,
                issuer=self._settings.token_issuer,
                options={"require": _REQUIRED},
            )
            use: str = claims["token_use"]
            if use != "id":
                raise jwt.InvalidTokenError
        except jwt.ExpiredSignatureError:
            raise InvalidToken("The token has expired. Sign in again.") from None
        except (jwt.PyJWTError, KeyError, ValueError, RecursionError):  # whatever its unsigned header holds
            raise InvalidToken("The token is not valid. Send an ID token of this API's users.") from None
        return claims

    def _key(self, key_id: str) -> jwt.PyJWK:
        now = self._clock()
        wanted = key_id not in self._keys or now - self._fetched_at >= KEPT_FOR
        if wanted and (not self._keys or now - self._tried_at >= PAUSE):
            try:
                self._fetch()
            except KeysUnavailable:
                if not self._keys:
                    raise
        return self._keys[key_id]

    def _fetch(self) -> None:
        self._tried_at = self._clock()
        try:
            with urlopen(self._settings.keys_url, timeout=_SECONDS_TO_FETCH) as answer:  # noqa: S310 - ours
                found = jwt.PyJWKSet(json.load(answer)["keys"])
        except (OSError, HTTPException, ValueError, LookupError, TypeError, jwt.PyJWTError) as error:
            raise KeysUnavailable(type(error).__name__) from error
        self._keys = {key.key_id: key for key in found.keys if key.key_id}
        self._fetched_at = self._tried_at


def bearer_token(authorization: str) -> str | None:
    """Take the token out of an Authorization header, which may lack the word Bearer. None if there is none."""
    scheme, _, token = authorization.strip().rpartition(" ")
    return token if token and scheme.strip().lower() in {"", "bearer"} else None
