"""Who may connect to a WebSocket API: bearers of the pool's own, fresh ID tokens, in the right group."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest
from aws_lambda_powertools import Logger
from cryptography.hazmat.primitives.asymmetric import rsa

from wild_rydes_http.socket_authorizer import SocketAuthorizer, TokenSettings
from wild_rydes_runtime.environment import read

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FORGERS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ARN = "arn:aws:execute-api:us-east-1:123456789012:abc/v1/$connect"


@pytest.fixture(scope="module")
def keys_url() -> Iterator[str]:
    """The pool's keys, as it serves them."""
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "1", "use": "sig"}

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": [public]}).encode())

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def authorizer(keys_url: str) -> SocketAuthorizer:
    environment = {"TOKEN_ISSUER": ISSUER, "TOKEN_AUDIENCE": "app", "KEYS_URL": keys_url}
    return SocketAuthorizer(read(TokenSettings, environment), "customers", Logger(service="test"))


def token(
    key: rsa.RSAPrivateKey = KEY, kid: str = "1", groups: object = ("customers",), **changes: Any
) -> str:
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


def connect(authorizer: SocketAuthorizer, **request: Any) -> tuple[str, dict[str, str]]:
    policy = authorizer.authorize({"methodArn": ARN, **request})
    [statement] = policy["policyDocument"]["Statement"]
    assert statement["Resource"] == ARN
    return statement["Effect"], policy["context"]


@pytest.mark.parametrize(
    "request_of",
    [
        lambda t: {"headers": {"Authorization": t}},
        lambda t: {"headers": {"authorization": f"Bearer {t}"}},
        lambda t: {"headers": {}, "queryStringParameters": {"token": t}},
    ],
)
def test_a_member_of_the_group_may_connect(authorizer: SocketAuthorizer, request_of: Any) -> None:
    effect, context = connect(authorizer, **request_of(token()))
    assert effect == "Allow"
    assert context["sub"] == "amy"


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(token(FORGERS_KEY), id="forged"),
        pytest.param(token(kid="unknown"), id="unknown key"),
        pytest.param(token(exp=datetime.now(UTC) - timedelta(seconds=1)), id="expired"),
        pytest.param(token(exp=None), id="without end"),
        pytest.param(token(aud="another-app"), id="for another app"),
        pytest.param(token(iss=f"{ISSUER}2"), id="from another pool"),
        pytest.param(token(token_use="access"), id="no ID token"),
        pytest.param(token(groups=["unicorns"]), id="another group"),
        pytest.param(token(groups=None), id="no group"),
        pytest.param(jwt.encode({"sub": "amy"}, "", algorithm="none"), id="unsigned"),
        pytest.param("rubbish", id="rubbish"),
        pytest.param("", id="empty"),
    ],
)
def test_nobody_else_may(authorizer: SocketAuthorizer, bad: str) -> None:
    assert connect(authorizer, headers={"Authorization": bad}) == ("Deny", {})


def test_without_a_token_nobody_may(authorizer: SocketAuthorizer) -> None:
    assert connect(authorizer, headers=None, queryStringParameters=None) == ("Deny", {})


def test_keys_out_of_reach_are_no_refusal() -> None:
    authorizer = SocketAuthorizer(
        TokenSettings(ISSUER, "app", "http://127.0.0.1:9/"), "customers", Logger(service="test")
    )
    with pytest.raises(jwt.exceptions.PyJWKClientConnectionError):
        connect(authorizer, headers={"Authorization": token()})
