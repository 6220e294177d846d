"""What an attacker tries who has read the documents: strange paths, headers and bodies, and what belongs to others."""

import base64
import json
import uuid
from collections.abc import Iterator

import httpx
import pytest
from websockets.sync.client import connect

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import Customer, Place, Queues, api
from tests.support.patience import PATIENCE

LONG, DEEP = "x" * 20_000, 5_000
IDS = (
    "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e", "%00", "%0d%0aSet-Cookie:%20a=b", "rfq%23other", "*", "%25", "%f0%28%8c%28",
    "'%20or%201=1", "{{7*7}}", "$%7bjndi:ldap:%2f%2fx%7d", "a" * 2_000, "%ED%A0%80", "-1", "null", "%E2%80%AE",
)  # fmt: skip
PATHS = {
    "rfq-api": ("/instant-ride-rfqs/{}", "/instant-ride-rfqs/{}/quotes", "/rides/{}"),
    "unicorn-api": ("/unicorns/{}", "/unicorns/{}/invitations"),
    "support-api": ("/callbacks/{}", "/rides/{}/feedback"),
}
GROUPS = {"rfq-api": "customers", "unicorn-api": "unicorns", "support-api": "support"}
POSTED = {
    "rfq-api": "/instant-ride-rfqs", "unicorn-api": "/unicorns", "support-api": "/opt-outs",
}  # fmt: skip
BODIES: dict[str, bytes] = {
    "a deep list": b"[" * DEEP + b"]" * DEEP,
    "a deep object": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "a long number": b'{"from": {"lat": ' + b"9" * 20_000 + b', "lon": 1}}',
    "a huge exponent": b'{"respond-within": 1e99999999}',
    "keys twice": b'{"from": 1, "from": 2}',
    "many keys": json.dumps({f"key-{n}": n for n in range(2_000)}).encode(),
    "half a surrogate": b'{"customer": "\\ud800"}',
    "a null byte": b'{"customer": "\\u0000", "number": "\\u0000", "name": "\\u0000"}',
    "__proto__": b'{"__proto__": {"admin": true}, "constructor": 1}',
    "a long text": json.dumps({"name": LONG, "customer": LONG, "number": LONG[:30_000]}).encode(),
    "digits without end": json.dumps({"number": "+1" + "0" * 20_000, "reason": "by-phone"}).encode(),
    "not JSON": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
}
HEADERS: dict[str, dict[str, str]] = {
    "a method in a header": {"X-HTTP-Method-Override": "DELETE"},
    "another host": {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    "a long key": {"Idempotency-Key": "k" * 5_000},
    "a key of spaces": {"Idempotency-Key": "a" + " " * 3_000 + "\x7fb"},
    "a preference without end": {"Prefer": "respond-async;" * 600},
    "tags without end": {"If-None-Match": 'W/"x",' * 1_000},
    "an origin of many dots": {"Origin": "http://localhost:" + "1" * 4_000},
    "an origin with a line": {"Origin": "http://localhost:1%0d%0aX: y"},
}


@pytest.fixture(scope="module")
def callers(cloud: Cloud) -> Iterator[dict[str, httpx.Client]]:
    """One caller of each API, in its group."""
    found = {
        name: api(cloud.urls[name], f"Bearer {cloud.token(f'attacker-of-{name}', group)}")
        for name, group in GROUPS.items()
    }
    yield found
    for each in found.values():
        each.close()


def harmless(answer: httpx.Response) -> None:
    """No server error, nothing that was sent in a header, and no way into a page."""
    assert answer.status_code < 500, answer.text
    assert "evil.example" not in answer.text + str(answer.headers)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers.get("Content-Type", "application/json") in {
        "application/json",
        "application/problem+json",
    }
    assert "Traceback" not in answer.text
    assert "root:" not in answer.text


def test_nothing_that_is_sent_makes_a_server_error(callers: dict[str, httpx.Client]) -> None:
    for name, http in callers.items():
        for path in PATHS[name]:
            for id_ in IDS:
                answer = http.get(path.format(id_))
                harmless(answer)
                assert answer.status_code in {400, 404, 405}, (path, id_, answer.status_code)
        for what, body in BODIES.items():
            answer = http.post(POSTED[name], content=body, headers={"Content-Type": "application/json"})
            harmless(answer)
            assert answer.status_code in {400, 413, 415}, (name, what, answer.text)
        for headers in HEADERS.values():
            harmless(http.get(PATHS[name][0].format(uuid.uuid4()), headers=headers))


def test_an_answer_repeats_nothing_of_a_body_that_is_refused(callers: dict[str, httpx.Client]) -> None:
    """A mistake may hold a number or a name, and an answer may be kept by whoever is on the way."""
    for name, http in callers.items():
        body = {"number": "+12065550142 Tiffany", "customer": 5, "name": ["Tiffany"], "reason": "Tiffany"}
        answer = http.post(POSTED[name], json=body)
        assert answer.status_code == 400
        assert "Tiffany" not in answer.text


def test_anothers_cursor_and_key_are_worth_nothing(cloud: Cloud, place: Place) -> None:
    victim, thief = Customer(cloud), Customer(cloud)
    key = {"Idempotency-Key": str(uuid.uuid4())}
    theirs = victim.http.post("/instant-ride-rfqs", json=place.ride(), headers=key)
    stolen = thief.http.post("/instant-ride-rfqs", json=place.ride(), headers=key)
    assert (theirs.status_code, stolen.status_code) == (202, 202)
    assert theirs.json()["id"] != stolen.json()["id"]
    for _ in range(20):  # a page
        victim.submit(place)
    cursor = victim.http.get("/instant-ride-rfqs").json()["links"]["next"].partition("cursor=")[2]
    assert thief.http.get("/instant-ride-rfqs", params={"cursor": cursor}).status_code == 400
    content = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    content[3] ^= 1
    tampered = base64.urlsafe_b64encode(bytes(content)).decode().rstrip("=")
    assert victim.http.get("/instant-ride-rfqs", params={"cursor": tampered}).status_code == 400
    assert [rfq["id"] for rfq in thief.http.get("/instant-ride-rfqs").json()["rfqs"]] == [stolen.json()["id"]]


def test_a_token_in_another_place_is_none(cloud: Cloud, customer: Customer) -> None:
    """Not in a query, where logs would have it, nor in a cookie, which a page sends by itself."""
    url = f"{cloud.urls['rfq-api']}/instant-ride-rfqs"
    for given in ({"params": {"token": customer.token}}, {"headers": {"Cookie": f"token={customer.token}"}}):
        assert httpx.get(url, timeout=PATIENCE, **given).status_code == 401  # type: ignore[arg-type]
    twice = [("Authorization", f"Bearer {customer.token}"), ("Authorization", "Bearer nonsense")]
    assert httpx.get(url, headers=twice, timeout=PATIENCE).status_code == 401


STRANGE = (
    b"[" * DEEP, b'{"action": "subscribe", "rfq-id": "' + b"x" * 3_000 + b'"}', b'{"action": "subscribe", "ride-id": "a.1"}',
    b'{"action": "unsubscribe", "rfq-id": "\\u0000"}', b'{"action": "subscribe", "rfq-id": "\\ud800"}', b"null", b'""',
    b'{"action": "subscribe", "rfq-id": "../../etc"}', b'{"action": "subscribe", "ride-id": "' + b"9" * 70 + b'.9"}',
    b'{"action": "unsubscribe", "rfq-id": "no-such-rfq"}',
)  # fmt: skip


def test_nothing_that_is_said_over_a_socket_ends_it_or_is_kept(
    cloud: Cloud, customer: Customer, queues: Queues
) -> None:
    count = cloud.client("dynamodb").scan(TableName="ride-booking", Select="COUNT")["Count"]
    headers = {"Authorization": customer.token}
    with connect(cloud.urls["rfq-socket"], additional_headers=headers, open_timeout=PATIENCE) as socket:
        for text in STRANGE:
            socket.send(text.decode("utf-8", "surrogatepass"))
        socket.send(json.dumps({"action": "subscribe", "rfq-id": "the-last-one"}))
        while (answer := json.loads(socket.recv(timeout=PATIENCE))).get("rfq-id") != "the-last-one":
            assert answer["reason"] in {"not-understood", "no-such-rfq"}, answer
        assert answer["reason"] == "no-such-rfq"
    assert cloud.client("dynamodb").scan(TableName="ride-booking", Select="COUNT")["Count"] == count
