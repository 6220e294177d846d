"""The API of the support team."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.feedback.support_api import Client
from tests.support.feedback.world import World
from tests.support.requests import BASE

CALLS = [("GET", ""), ("PUT", "/claim"), ("DELETE", "/claim"), ("POST", "/outcome")]
"""What can be done about a call that a customer wants."""


@pytest.fixture
def world(world_in_account: World) -> World:
    return world_in_account


@pytest.fixture
def client(world: World) -> Client:
    return Client(world)


def test_feedback_of_a_ride(world: World, client: Client) -> None:
    customer = world.customer()
    world.ride("r", customer)
    status, body = client("GET", "/rides/r/feedback")
    assert (status, body["status"], body["call-wanted"]) == (200, "requested", False)
    world.pump()
    world.track("TEXT_DELIVERED", world.last_sms())
    assert client("GET", "/rides/r/feedback")[1]["status"] == "asked"
    world.hear("8", world.last_sms())
    world.phones.faults = ["invalid"]
    world.pump()
    _, body = client("GET", "/rides/r/feedback")
    noon = "2026-11-21T20:00:00Z"
    assert body == {
        "ride-id": "r",
        "responder-id": "u-shadowfax",
        "customer-id": customer,
        "status": "ended",
        "ending": "answered",
        "score": 8,
        "score-given": 8,
        "corrections": [],
        "call-wanted": False,
        "opted-out": False,
        "created-at": noon,
        "asked-at": noon,
        "answered-at": noon,
        "ended-at": noon,
        "cost": 0.00881,
        "messages": [
            {
                "prompt": "ask-score",
                "said-at": noon,
                "state": "delivered",
                "state-since": noon,
                "parts": 1,
                "price": 0.00881,
            },
            {
                "prompt": "thank",
                "said-at": noon,
                "state": "refused",
                "state-since": noon,
                "reason": "INVALID_PARAMETER",
            },
        ],
        "links": {"self": f"{BASE}/rides/r/feedback", "corrections": f"{BASE}/rides/r/corrections"},
    }


def test_feedback_tells_what_time_will_bring(world: World, client: Client) -> None:
    world.now = datetime(2026, 11, 22, 9, tzinfo=UTC)  # one in the night in Seattle
    world.ride("r", world.customer())
    world.pump()

    def look(*names: str) -> list[Any]:
        body = client("GET", "/rides/r/feedback")[1]
        return [body["messages"][0].get(name) for name in ("state", "reason", "not-before")] + [
            body.get(name) for name in ("reminder-at", "expires-at", "opted-out")
        ]

    morning = "2026-11-22T17:00:00Z"  # at the end of its first hour
    assert look() == ["waiting", "night", morning, None, "2026-11-25T09:00:00Z", False]
    world.pass_time(hours=8)
    world.pump()
    assert look() == ["sent", None, None, "2026-11-23T17:00:00Z", "2026-11-25T17:00:00Z", False]
    world.hear("STOP", world.last_sms())
    world.pump()
    assert look()[3:] == [None, "2026-11-25T17:00:00Z", True]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/rides/unknown/feedback"),
        ("GET", f"/rides/{'x' * 3000}/feedback"),
        *((method, f"/callbacks/unknown{path}") for method, path in CALLS),
    ],
)
def test_what_is_unknown(client: Client, method: str, path: str) -> None:
    status, body = client(method, path, {"outcome": "reached"})
    assert (status, body["status"]) == (404, 404)


@pytest.mark.parametrize(
    ("caller", "status"),
    [
        ({"groups": ["customers"]}, 403),
        ({"groups": ["unicorns", "customers"]}, 403),
        ({"groups": []}, 403),
        ({"agent": None}, 401),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/callbacks"),
        ("GET", "/rides/r/feedback"),
        ("POST", "/rides/r/corrections"),
        *((method, f"/callbacks/r{path}") for method, path in CALLS),
        ("GET", "/opt-outs"),
        ("POST", "/opt-outs"),
    ],
)
def test_others_are_kept_out(
    client: Client, caller: dict[str, Any], status: int, method: str, path: str
) -> None:
    assert client(method, path, **caller)[0] == status
