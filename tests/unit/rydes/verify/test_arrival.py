"""What is said of the answers to callers without a token."""

from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from infra.rydes.verify.journey.arrival import Arrival
from infra.rydes.verify.journey.scene import Scene
from infra.rydes.verify.steps import Risk, Step, Stuck

PROBLEM = {"Content-Type": "application/problem+json"}
BEARER = 'Bearer realm="wild-rydes"'


def step(name: str) -> Step:
    system = SimpleNamespace(url=lambda api: f"https://{api}")
    (found,) = [
        each for each in Arrival(cast("Scene", SimpleNamespace(system=system))).steps() if each.name == name
    ]
    return found


def answers(monkeypatch: pytest.MonkeyPatch, status: int, headers: dict[str, str]) -> None:
    def get(url: str, **_: Any) -> httpx.Response:
        if status == 0:
            raise httpx.ConnectError("refused")
        return httpx.Response(status, headers=headers, text="said")

    monkeypatch.setattr(httpx, "get", get)


def test_a_challenge_that_comes_through_is_a_promise_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, 401, {**PROBLEM, "WWW-Authenticate": BEARER})
    step("closed").do()
    step("challenge").do()


def test_a_challenge_that_the_gateway_has_renamed_is_a_risk(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, 401, {**PROBLEM, "x-amzn-Remapped-WWW-Authenticate": BEARER})
    step("closed").do()
    with pytest.raises(Risk, match="renamed"):
        step("challenge").do()


def test_no_challenge_is_a_broken_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, 401, PROBLEM)
    with pytest.raises(Stuck, match="rfq-api does not say so"):
        step("challenge").do()


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (200, PROBLEM, "rfq-api answers 200: said"),
        (401, {"Content-Type": "application/json"}, "rfq-api answers 401 as application/json"),
        (0, {}, "rfq-api does not answer"),
    ],
)
def test_a_door_that_is_not_closed_as_promised(
    status: int, headers: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, status, headers)
    with pytest.raises(Stuck, match=words):
        step("closed").do()
