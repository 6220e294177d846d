"""How actors use the APIs: signed in, and used to answers that never come."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.simulation.kernel import START
from tests.simulation.lambdas import InvocationFailed

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_VALID_FOR = 120 * 86_400
_NETWORK = 0.005
_PATIENCE = 10.0


@cache
def keys() -> bytes:
    """Write the public keys of the user pool."""
    found: dict[str, str] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_KEY.public_key()))
    return json.dumps({"keys": [found | {"kid": "1", "use": "sig", "alg": "RS256"}]}).encode()


@cache
def token(sub: str, group: str, issuer: str, audience: str) -> str:
    """Sign a user in, for the whole history."""
    claims = {
        "sub": sub, "cognito:username": sub, "cognito:groups": [group], "iss": issuer, "aud": audience,
        "token_use": "id", "iat": int(START) - 60, "exp": int(START) + _VALID_FOR,
    }  # fmt: skip
    return jwt.encode(claims, _KEY, algorithm="RS256", headers={"kid": "1"})


@dataclass(frozen=True)
class Response:
    """What a client gets. The status 0 stands for no answer at all."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


class NoAnswer(Exception):
    """Nothing is known of what has become of a request."""


class Session:
    """A user of one API."""

    def __init__(self, world: Any, url: str, sub: str, group: str) -> None:
        self._world = world
        self._function = world.stacks.apis[url]
        variables = self._function.variables
        self._token = (
            token(sub, group, variables["TOKEN_ISSUER"], variables["TOKEN_AUDIENCE"]) if group else ""
        )
        self._host = url.split("/")[2]
        self._sub = sub
        self._requests = 0

    def send(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] = {}) -> Response:
        """Send a request once. What fails on the way has the status 0."""
        world, kernel = self._world, self._world.kernel
        kernel.sleep(_NETWORK * (0.5 + kernel.chance.random()))
        if world.faults.happens("request-lost"):
            kernel.sleep(_PATIENCE)
            return Response(0)
        self._requests += 1
        try:
            found = world.invoke(self._function.short, self._event(method, path, body, headers))
        except InvocationFailed:
            return Response(500)
        kernel.sleep(_NETWORK * (0.5 + kernel.chance.random()))
        if world.faults.happens("answer-lost"):
            kernel.sleep(_PATIENCE)
            return Response(0)
        text = found.get("body") or ""
        given = {name.lower(): value for name, value in found.get("headers", {}).items()}
        answer = Response(found["statusCode"], given, json.loads(text) if text else None)
        world.trace(self._sub, f"{method} {answer.status}", path)
        return answer

    def insist(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] = {}) -> Response:
        """Send a request until its answer says something: 5xx and 429 do not."""
        pause = 0.5
        while True:
            answer = self.send(method, path, body, headers)
            if answer.status not in (0, 429) and answer.status < 500:
                return answer
            self._world.kernel.sleep(pause * (0.5 + self._world.kernel.chance.random()))
            pause = min(30.0, pause * 2)

    def _event(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> dict[str, Any]:
        plain, _, query = path.partition("?")
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": f"/v1{unquote(plain)}",
            "rawQueryString": query,
            "headers": {
                "content-type": "application/json",
                **({"authorization": f"Bearer {self._token}"} if self._token else {}),
                **headers,
            },
            "requestContext": {
                "domainName": self._host,
                "http": {"method": method, "path": f"/v1{plain}"},
                "requestId": f"{self._sub}-{self._requests}",
                "stage": "v1",
            },
            "isBase64Encoded": False,
        }
        if isinstance(body, bytes):
            event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
        elif body is not None:
            event["body"] = json.dumps(body)
        return event


def path_of(url: str) -> str:
    """Take the path out of a link."""
    return url.split("/v1", 1)[1]
