"""Bad input: the right 4xx as problem+json, nothing stored, nothing in a DLQ."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import Customer, Place, Queues

HERE = {"lat": 47.6, "lon": -122.3}
THERE = {"lat": 47.5, "lon": -122.2}

BODIES: dict[str, tuple[int, Any]] = {
    "nothing": (400, b""),
    "malformed JSON": (400, b'{"from": '),
    "not UTF-8": (400, b'{"from": "\xff\xfe"}'),
    "a list": (400, []),
    "deeply nested": (400, b"[" * 10_000 + b"]" * 10_000),
    "no destination": (400, {"from": HERE}),
    "latitude as text": (400, {"from": {"lat": "47.6", "lon": -122.3}, "to": THERE}),
    "latitude as boolean": (400, {"from": {"lat": True, "lon": -122.3}, "to": THERE}),
    "NaN": (400, b'{"from": {"lat": NaN, "lon": -122.3}, "to": {"lat": 1, "lon": 2}}'),
    "infinity": (400, b'{"from": {"lat": 1e999, "lon": -122.3}, "to": {"lat": 1, "lon": 2}}'),
    "latitude out of range": (400, {"from": {"lat": 90.1, "lon": 0}, "to": THERE}),
    "longitude out of range": (400, {"from": {"lat": 0, "lon": -180.1}, "to": THERE}),
    "equal points": (400, {"from": HERE, "to": HERE}),
    "unknown field": (400, {"from": HERE, "to": THERE, "colour": "pink"}),
    "too little time": (400, {"from": HERE, "to": THERE, "respond-within": 4}),
    "too much time": (400, {"from": HERE, "to": THERE, "respond-within": 901}),
    "half a second": (400, {"from": HERE, "to": THERE, "respond-within": 30.5}),
    "5 MB": (413, {"from": HERE, "to": THERE, "label": "x" * 5_000_000}),
    "another customer": (403, {"from": HERE, "to": THERE, "customer": "somebody-else"}),
}


@pytest.fixture
def nothing_else_happens(cloud: Cloud, customer: Customer, queues: Queues) -> Iterator[None]:
    rfqs = cloud.client("dynamodb").scan(TableName="ride-booking", Select="COUNT")["Count"]
    dead = _dead(cloud, queues)
    yield
    assert customer.http.get("/instant-ride-rfqs").json()["rfqs"] == []
    assert cloud.client("dynamodb").scan(TableName="ride-booking", Select="COUNT")["Count"] == rfqs
    assert _dead(cloud, queues) == dead


def _dead(cloud: Cloud, queues: Queues) -> int:
    return sum(queues.depth(name) for name in cloud.queues() if name.endswith("-dlq"))


@pytest.mark.parametrize("case", BODIES)
@pytest.mark.usefixtures("nothing_else_happens")
def test_bad_bodies(customer: Customer, case: str) -> None:
    status, body = BODIES[case]
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = customer.http.post(
        "/instant-ride-rfqs", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]


@pytest.mark.usefixtures("nothing_else_happens")
def test_every_wrong_field_is_named(customer: Customer) -> None:
    wrong = {"from": {"lat": 91, "lon": "east"}, "to": {"lat": 0}, "respond-within": 1}
    answer = customer.http.post("/instant-ride-rfqs", json=wrong)
    fields = {error["field"] for error in answer.json()["errors"]}
    assert fields == {"from.lat", "from.lon", "to.lon", "respond-within"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/instant-ride-rfqs/no-such-rfq", 404),
        ("GET", "/instant-ride-rfqs/00000000-0000-7000-8000-000000000000", 404),
        ("GET", "/instant-ride-rfqs/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/instant-ride-rfqs/%00", 404),
        ("GET", "/instant-ride-rfqs?cursor=garbage", 400),
        ("GET", "/somewhere-else", 404),
        ("PUT", "/instant-ride-rfqs", 405),
        ("DELETE", "/instant-ride-rfqs/00000000-0000-7000-8000-000000000000", 404),
    ],
)
@pytest.mark.usefixtures("nothing_else_happens")
def test_bad_paths(customer: Customer, method: str, path: str, status: int) -> None:
    answer = customer.http.request(method, path)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("key", ["", "x" * 129, "line\tbreak"])
@pytest.mark.usefixtures("nothing_else_happens")
def test_bad_idempotency_keys(customer: Customer, place: Place, key: str) -> None:
    answer = customer.http.post("/instant-ride-rfqs", json=place.ride(), headers={"Idempotency-Key": key})
    assert answer.status_code == 400
