"""Which tokens count: the pool's own, fresh ID tokens. And how often its keys are fetched."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.boundary import boundary
from tests.support.issuer import FORGERS_KEY, ISSUER, KEY, Issuer, issuer, public, token
from wild_rydes_http.tokens import (
    KEPT_FOR,
    PAUSE,
    IdTokens,
    InvalidToken,
    KeysUnavailable,
    TokenSettings,
    bearer_token,
)


@pytest.fixture
def pool() -> Iterator[Issuer]:
    with issuer() as made:
        yield made


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(pool: Issuer, clock: Clock) -> IdTokens:
    return IdTokens(pool.settings, clock=clock)


def test_a_genuine_token_has_its_claims(tokens: IdTokens) -> None:
    claims = tokens.claims(token(email="amy@example.com"))
    assert (claims["sub"], claims["cognito:groups"]) == ("amy", ["customers"])


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


PUBLIC = base64.b64encode(KEY.public_key().public_numbers().n.to_bytes(256)).decode()
BAD: dict[str, Callable[[], str]] = {
    "forged": lambda: token(FORGERS_KEY),
    "another's key by its name": lambda: token(FORGERS_KEY, kid="2"),
    "expired": lambda: token(exp=datetime.now(UTC) - timedelta(seconds=1)),
    "without end": lambda: token(exp=None),
    "without a beginning": lambda: token(iat=None),
    "for another app": lambda: token(aud="another-app"),
    "for nobody": lambda: token(aud=None),
    "from another pool": lambda: token(iss=f"{ISSUER}2"),
    "access token": lambda: token(token_use="access"),
    "access token of Cognito": lambda: token(token_use="access", aud=None, client_id="app"),
    "of no use": lambda: token(token_use=None),
    "of nobody": lambda: token(sub=None),
    "unsigned": lambda: jwt.encode({"sub": "amy"}, "", algorithm="none", headers={"kid": "1"}),
    "signed with the public key": lambda: jwt.encode(
        {"sub": "amy", "iss": ISSUER, "aud": "app"}, PUBLIC, algorithm="HS256", headers={"kid": "1"}
    ),
    "without key id": lambda: jwt.encode({"sub": "amy"}, KEY, algorithm="RS256"),
    "key id of another type": lambda: f"{encoded({'alg': 'RS256', 'kid': [1]})}.{encoded({})}.x",
    "header that is no object": lambda: f"{encoded([])}.{encoded({})}.x",
    "deep header": lambda: f"{base64.urlsafe_b64encode(b'[' * 50_000).decode()}.x.x",
    "changed": lambda: token()[:-8] + "AAAAAAAA",
    "rubbish": lambda: "rubbish",
    "half of a pair": lambda: "\ud800.x.x",
    "empty": lambda: "",
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_no_other_counts(tokens: IdTokens, bad: Callable[[], str]) -> None:
    token = bad()
    with pytest.raises(InvalidToken) as refused:
        tokens.claims(token)
    assert not token or token not in str(refused.value)


@boundary
@given(
    st.text()
    | st.recursive(
        st.none() | st.integers() | st.text(), lambda of: st.lists(of) | st.dictionaries(st.text(), of)
    ).map(lambda header: f"{encoded(header)}.{encoded({})}.x")
)
def test_no_token_is_too_strange(bad: str) -> None:
    tokens = IdTokens(TokenSettings(ISSUER, "app", "http://127.0.0.1:9/"))
    with suppress(KeysUnavailable), pytest.raises(InvalidToken):
        tokens.claims(bad)


def test_keys_are_fetched_once(tokens: IdTokens, pool: Issuer, clock: Clock) -> None:
    for _ in range(3):
        tokens.claims(token())
        clock.now += PAUSE
    assert pool.asked == 1


def test_keys_that_were_fetched_at_the_start_serve_the_first_token(tokens: IdTokens, pool: Issuer) -> None:
    tokens.prepare().claims(token())
    assert pool.asked == 1


def test_a_new_key_is_found(tokens: IdTokens, pool: Issuer, clock: Clock) -> None:
    tokens.claims(token())
    pool.keys.append(public("2"))
    clock.now += PAUSE
    tokens.claims(token(kid="2"))
    assert pool.asked == 2


def test_invented_keys_are_not_looked_for_again_and_again(
    tokens: IdTokens, pool: Issuer, clock: Clock
) -> None:
    tokens.claims(token())
    for each in range(10):
        with pytest.raises(InvalidToken):
            tokens.claims(token(FORGERS_KEY, kid=f"invented-{each}"))
        clock.now += PAUSE / 10
    assert pool.asked == 1


def test_a_key_that_is_withdrawn_is_forgotten(tokens: IdTokens, pool: Issuer, clock: Clock) -> None:
    tokens.claims(token())
    pool.keys = [public("2")]
    clock.now += KEPT_FOR
    with pytest.raises(InvalidToken):
        tokens.claims(token())


@pytest.mark.parametrize(
    "answer", [b"", b"no JSON", b"[]", b"{}", b'{"keys": []}', b'{"keys": [{"kty": "?"}]}']
)
def test_while_keys_cannot_be_fetched_the_known_ones_serve(
    tokens: IdTokens, pool: Issuer, clock: Clock, answer: bytes
) -> None:
    pool.answer = answer
    with pytest.raises(KeysUnavailable):
        tokens.prepare().claims(token())
    pool.answer = None
    tokens.claims(token())
    pool.answer = answer
    clock.now += KEPT_FOR
    tokens.claims(token())


def test_keys_out_of_reach_are_no_refusal() -> None:
    tokens = IdTokens(TokenSettings(ISSUER, "app", "http://127.0.0.1:9/"))
    with pytest.raises(KeysUnavailable):
        tokens.prepare().claims(token())


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Bearer a.b.c", "a.b.c"),
        ("bearer a.b.c ", "a.b.c"),
        ("a.b.c", "a.b.c"),
        ("Basic eDp5", None),
        ("Bearer a b", None),
        ("", None),
    ],
)
def test_a_token_is_found_in_its_header(header: str, found: str | None) -> None:
    assert bearer_token(header) == found
