"""Tokens: genuine ones of users, and those of impostors, who say to be somebody else."""

import base64
import json
import time
import uuid
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from infra.rydes.cloud.cloud import Cloud
from tests.support.access.matrix import IMPOSTORS

_FORGERS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_PASSWORD = "aA1!" + uuid.uuid4().hex


class Mint:
    """Makes tokens of a local cloud. It has the pool's own key, which on AWS nobody has."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._cognito = cloud.client("cognito-idp")
        keys = Path(cloud.settings.run_dir, "state", "cognito-pool-keys")
        pem = (keys / f"{cloud.users.pool}-id.pem").read_bytes()
        self._key = serialization.load_pem_private_key(pem, password=None)
        assert isinstance(self._key, rsa.RSAPrivateKey)
        self._public = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self._other_pool = self._cognito.create_user_pool(PoolName=f"other-{uuid.uuid4().hex}")["UserPool"][
            "Id"
        ]
        self._other_app = self._app(cloud.users.pool)

    def close(self) -> None:
        """Take away what was made for impostors."""
        self._cognito.delete_user_pool(UserPoolId=self._other_pool)
        self._cognito.delete_user_pool_client(UserPoolId=self._cloud.users.pool, ClientId=self._other_app)

    def genuine(self, token: str) -> str:
        """The same token, made here: what shows that the others are refused for what is wrong with them."""
        return self._signed(_claims(token), self._key, jwt.get_unverified_header(token))

    def impostors(self, name: str, group: str, token: str, another: str) -> dict[str, str]:
        """The header Authorization of each impostor who says to be this user; `another` has a token of another group."""
        head, claims = jwt.get_unverified_header(token), _claims(token)
        yesterday = {"exp": int(time.time()) - 86_400, "iat": int(time.time()) - 90_000}
        told = _text({**_claims(another), "cognito:groups": [group], "sub": claims["sub"]})
        found = {
            "anonymous": "",
            "expired": self._signed({**claims, **yesterday}, self._key, head),
            "other pool": self._of_another_pool(name, group),
            "other app": self._log_in(self._other_app, self._cloud.users.pool, name, group)["IdToken"],
            "access token": self._log_in(self._cloud.users.app, self._cloud.users.pool, name, group)[
                "AccessToken"
            ],
            "unsigned": f"{_text({**head, 'alg': 'none'})}.{_text(claims)}.",
            "own key": self._signed(claims, _FORGERS_KEY, head),
            "unknown key": self._signed(claims, _FORGERS_KEY, {**head, "kid": "forgers"}),
            "public key": self._hmac(claims, head),
            "tampered": ".".join((another.split(".", maxsplit=1)[0], told, another.split(".")[2])),
        }
        assert found.keys() == IMPOSTORS.keys()
        return {who: f"Bearer {text}" if text else "" for who, text in found.items()}

    @staticmethod
    def _signed(claims: dict[str, Any], key: Any, head: dict[str, Any]) -> str:
        return jwt.encode(claims, key, algorithm="RS256", headers=head)

    def _hmac(self, claims: dict[str, Any], head: dict[str, Any]) -> str:
        """The library that we verify with refuses to make such a token."""
        algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
        signed = f"{_text({**head, 'alg': 'HS256'})}.{_text(claims)}"
        return f"{signed}.{_encoded(algorithm.sign(signed.encode(), self._public))}"

    def _of_another_pool(self, name: str, group: str) -> str:
        self._cognito.create_group(UserPoolId=self._other_pool, GroupName=group)
        return str(self._log_in(self._app(self._other_pool), self._other_pool, name, group)["IdToken"])

    def _app(self, pool: str) -> str:
        made = self._cognito.create_user_pool_client(
            UserPoolId=pool, ClientName="impostors", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )
        return str(made["UserPoolClient"]["ClientId"])

    def _log_in(self, app: str, pool: str, name: str, group: str) -> dict[str, str]:
        user = {"UserPoolId": pool, "Username": name}
        if pool == self._other_pool:
            self._cognito.admin_create_user(**user, MessageAction="SUPPRESS")
            self._cognito.admin_add_user_to_group(**user, GroupName=group)
        self._cognito.admin_set_user_password(**user, Password=_PASSWORD, Permanent=True)
        found: dict[str, str] = self._cognito.initiate_auth(
            ClientId=app,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": _PASSWORD},
        )["AuthenticationResult"]
        return found


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return found


def _text(content: dict[str, Any]) -> str:
    return _encoded(json.dumps(content).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
