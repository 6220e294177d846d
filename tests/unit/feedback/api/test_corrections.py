"""Support corrects scores, and voids them."""

from datetime import timedelta
from typing import Any

import pytest

from feedback.domain.correction import MOST
from tests.support.feedback.support_api import Client
from tests.support.feedback.world import NOON, World
from tests.support.requests import BASE


@pytest.fixture
def client(world: World) -> Client:
    return Client(world)


def correct(client: Client, score: object, ride_id: str = "r", reason: object = "misread") -> tuple[int, Any]:
    return client("POST", f"/rides/{ride_id}/corrections", {"score": score, "reason": reason})


def test_a_score_is_corrected_and_voided_and_the_history_says_by_whom(world: World, client: Client) -> None:
    world.ride("r", world.customer())
    world.pump()
    assert "corrections" not in client("GET", "/rides/r/feedback")[1]["links"]
    world.hear("2", world.last_sms())
    assert client("GET", "/rides/r/feedback")[1]["links"]["corrections"] == f"{BASE}/rides/r/corrections"
    steps = ((7, "misread", 7), (7, "disputed", 7), (None, "wrong-person", None), (None, "misread", None))
    for minutes, (score, reason, in_force) in enumerate(steps):
        world.now = NOON + timedelta(minutes=minutes)
        status, body = correct(client, score, reason=reason)
        assert (status, body.get("score"), body["score-given"]) == (200, in_force, 2), (score, reason)
        assert client("GET", "/rides/r/feedback")[1] == body
    first, last = body["corrections"]  # what repeats the score in force changes nothing
    assert first == {
        "score": 7,
        "reason": "misread",
        "agent": "ann",
        "corrected-at": "2026-11-21T20:00:00Z",
    }
    assert last == {"reason": "wrong-person", "agent": "ann", "corrected-at": "2026-11-21T20:02:00Z"}
    assert body["messages"][-1]["prompt"] == "ask-call"  # what was offered stays offered


def test_what_is_no_correction(world: World, client: Client) -> None:
    world.ride("r", world.customer())
    world.pump()
    assert correct(client, 7)[0] == 409  # there is no score yet
    assert correct(client, 7, "unknown")[0] == 404
    world.hear("8", world.last_sms())
    for body, field in (
        ({"reason": "misread"}, "score"),
        ({"score": 0, "reason": "misread"}, "score"),
        ({"score": 11, "reason": "misread"}, "score"),
        ({"score": "7", "reason": "misread"}, "score"),
        ({"score": True, "reason": "misread"}, "score"),
        ({"score": 7}, "reason"),
        ({"score": 7, "reason": "because"}, "reason"),
        ({"score": 7, "reason": "misread", "note": "Ann, +12065550142"}, "note"),
    ):
        status, problem = client("POST", "/rides/r/corrections", body)
        assert (status, [error["field"].split(".")[0] for error in problem["errors"]]) == (400, [field]), body
    assert world.conversation("r").corrections == ()
    for _ in range(MOST // 2):
        assert [correct(client, score)[0] for score in (None, 7)] == [200, 200]
    status, problem = correct(client, None)
    assert (status, problem["detail"]) == (409, "The score has been corrected too often.")
