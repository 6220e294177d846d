"""Who may connect to a WebSocket API: bearers of a valid token, in the right group."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from tests.support.issuer import FORGERS_KEY, ISSUER, issuer, token
from wild_rydes_http.socket_authorizer import SocketAuthorizer
from wild_rydes_http.tokens import IdTokens, KeysUnavailable, TokenSettings

ARN = "arn:aws:execute-api:us-east-1:123456789012:abc/v1/$connect"


@pytest.fixture(scope="module")
def authorizer() -> Iterator[SocketAuthorizer]:
    with issuer() as pool:
        yield SocketAuthorizer(IdTokens(pool.settings), "customers", Logger(service="test"))


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
        pytest.param(lambda: token(FORGERS_KEY), id="forged"),
        pytest.param(lambda: token(exp=datetime.now(UTC) - timedelta(seconds=1)), id="expired"),
        pytest.param(lambda: token(groups=["unicorns"]), id="another group"),
        pytest.param(lambda: token(groups=None), id="no group"),
        pytest.param(lambda: "rubbish", id="rubbish"),
        pytest.param(lambda: "", id="empty"),
    ],
)
def test_nobody_else_may(authorizer: SocketAuthorizer, bad: Callable[[], str]) -> None:
    assert connect(authorizer, headers={"Authorization": bad()}) == ("Deny", {})


def test_without_a_token_nobody_may(authorizer: SocketAuthorizer) -> None:
    assert connect(authorizer, headers=None, queryStringParameters=None) == ("Deny", {})


def test_keys_out_of_reach_are_no_refusal() -> None:
    tokens = IdTokens(TokenSettings(ISSUER, "app", "http://127.0.0.1:9/"))
    with pytest.raises(KeysUnavailable):
        connect(
            SocketAuthorizer(tokens, "customers", Logger(service="test")),
            headers={"Authorization": token()},
        )
