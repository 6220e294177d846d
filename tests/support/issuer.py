"""An issuer of tokens, as a user pool is one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.http_server import serving
from wild_rydes_http.tokens import TokenSettings

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FORGERS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def token(
    key: rsa.RSAPrivateKey = KEY, kid: str = "1", groups: object = ("customers",), **changes: Any
) -> str:
    """A token of Amy's; claims that are None are left out."""
    now = datetime.now(UTC)
    claims = {
        "sub": "amy",
        "iss": ISSUER,
        "aud": "app",
        "token_use": "id",
        "cognito:groups": groups,
        "iat": now,
        "exp": now + timedelta(hours=1),
    }
    kept = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(kept, key, algorithm="RS256", headers={"kid": kid})


def public(kid: str, key: rsa.RSAPrivateKey = KEY) -> dict[str, str]:
    """The public key, as a pool publishes it."""
    found: dict[str, str] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return found | {"kid": kid, "use": "sig", "alg": "RS256"}


class Issuer:
    """Publishes `keys`, or what else is its `answer`, and counts how often it was asked."""

    def __init__(self) -> None:
        self.keys = [public("1")]
        self.answer: bytes | None = None
        self.asked = 0
        self.url = ""

    @property
    def settings(self) -> TokenSettings:
        """What a verifier is told."""
        return TokenSettings(ISSUER, "app", self.url)


@contextmanager
def issuer() -> Iterator[Issuer]:
    """An issuer on a port of this machine."""
    made = Issuer()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked += 1
            body = json.dumps({"keys": made.keys}).encode() if made.answer is None else made.answer
            self.send_response(200 if body else 500)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with serving(Keys) as url:
        made.url = f"{url}/"
        yield made
