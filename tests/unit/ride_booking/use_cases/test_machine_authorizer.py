"""Who may call the API of machine clients: bearers of a token, each with the key that is its own."""

import json
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from ride_booking.domain.rfq_batch import is_of
from ride_booking.use_cases.machine_authorizer import MachineAuthorizer, Unauthorized
from tests.support.requests import claims
from tests.support.ride_booking.world import NOW
from wild_rydes_http.machine_key import MachineKey
from wild_rydes_http.tokens import InvalidToken

ARN = "arn:aws:execute-api:us-east-1:123456789012:abc/v1/GET/usage"
KEY, OTHERS = "k" * 40, "o" * 40
OWN = str(MachineKey.of("silver", "plan", "key", KEY))


def verify(token: str) -> Any:
    if not token.startswith("{"):
        raise InvalidToken("The token is not valid.")
    return json.loads(token)


AUTHORIZER = MachineAuthorizer(
    SimpleNamespace(claims=verify),  # type: ignore[arg-type]
    Logger(service="test"),
    lambda: NOW,
    lambda _: uuid.uuid4(),
)


def ask(who: dict[str, Any] | None, key: str | None = KEY, **headers: str) -> dict[str, Any]:
    sent = {"Authorization": json.dumps(who, separators=(",", ":"))} if who else {}
    if key is not None:
        sent["X-Api-Key"] = key
    return AUTHORIZER.authorize({"methodArn": ARN, "headers": {**sent, **headers}})


def effect(policy: dict[str, Any]) -> str:
    [statement] = policy["policyDocument"]["Statement"]
    assert statement["Resource"] == ARN
    return str(statement["Effect"])


def machine(sub: str = "m-1", key: str | None = OWN, group: str = "machines") -> dict[str, Any]:
    return claims(sub, group) | ({"custom:machine_key": key} if key else {})


def test_a_client_with_its_own_key_gets_in() -> None:
    policy = ask(machine())
    assert effect(policy) == "Allow"
    assert policy["principalId"] == "m-1"
    context = policy["context"]
    assert (context["customer"], context["tier"], context["now"]) == (
        "m-1",
        "silver",
        "2026-11-21T09:00:00.123000Z",
    )
    assert is_of(context["batch"], "m-1")


@pytest.mark.parametrize(
    ("who", "key"),
    [
        (machine(), OTHERS),  # another's key, however it was come by
        (machine(), ""),
        (machine(), None),
        (machine(key=str(MachineKey.of("gold", "plan", "key", OTHERS))), KEY),
        (machine(key=None), KEY),
        (machine(key="nonsense"), KEY),
        (machine(group="customers"), KEY),
    ],
)
def test_everybody_else_is_denied(who: dict[str, Any], key: str | None) -> None:
    policy = ask(who, key)
    assert effect(policy) == "Deny"
    assert policy["context"] == {}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
def test_a_key_without_a_token_does_nothing(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthorized, match=r"^Unauthorized$"):
        ask(None, KEY, **headers)


def test_a_repetition_is_the_same_batch_and_anything_else_is_another() -> None:
    def batch(sub: str = "m-1", **headers: str) -> str:
        return str(ask(machine(sub), **headers)["context"]["batch"])

    key = {"Idempotency-Key": "a key"}
    assert batch(**key) == batch(**key)
    assert len({batch(**key), batch("m-2", **key), batch(**{"idempotency-key": "b"}), batch(), batch()}) == 5
