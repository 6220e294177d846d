import itertools
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.verify import steps
from infra.rydes.verify.diagnosis import Diagnosis
from infra.rydes.verify.promise import State
from infra.rydes.verify.steps import NothingToTry, Risk, Step, Stuck, Walk
from tests.support.fake_account import refused


class Known:
    """A diagnosis that knows the cause of everything, from its third look on, or none."""

    def __init__(self, cause: str = "") -> None:
        self._cause = cause
        self.looks = 0

    def cause(self, way: Sequence[str]) -> str:
        self.looks += 1
        return f"{self._cause} at {way[-1]}" if self._cause and self.looks > 2 else ""

    def guess(self, way: Sequence[str], about: str) -> str:
        return f"{about} never reached {way[-1]}"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes by a second with each look at the clock, and nobody sleeps."""
    seconds = itertools.count()
    monkeypatch.setattr(
        steps, "time", SimpleNamespace(monotonic=lambda: float(next(seconds)), sleep=lambda _: None)
    )


def walk(cause: str = "", about: str = "rfq-1") -> Walk:
    return Walk(cast("Diagnosis", Known(cause)), patience=60, about=about)


def step(do: Any, name: str = "a", needs: Sequence[str] = ()) -> Step:
    return Step(name, f"{name} works", "Nothing works.", do, way=("ride-booking-api",), needs=needs)


def fails(error: Exception) -> Any:
    def do() -> None:
        raise error

    return do


def test_a_step_that_works_is_a_promise_kept() -> None:
    (promise,) = walk().take("quotes", [step(lambda: None)])
    assert (promise.subject, promise.says, promise.state) == ("quotes", "a works", State.KEPT)


@pytest.mark.parametrize(
    ("error", "state", "means", "to_do"),
    [
        (Stuck("it was late", "Hurry."), State.BROKEN, "it was late. Nothing works.", "Hurry."),
        (NothingToTry("no number"), State.UNTRIED, "no number", ""),
        (Risk("it is renamed", "Know it."), State.RISKY, "it is renamed", "Know it."),
        (
            LocalCloudError("GET / answered 500.", "Look."),
            State.BROKEN,
            "GET / answered 500. Nothing works.",
            "Look.",
        ),
        (
            refused("AccessDenied", "not you"),
            State.BROKEN,
            "An error occurred (AccessDenied) when calling the Call operation: not you. Nothing works.",
            "Look at your own permissions.",
        ),
        (
            KeyError("type"),
            State.BROKEN,
            "KeyError: 'type'. Nothing works.",
            "docs/runbook.md, by the name of the function or queue",
        ),
    ],
)
def test_a_step_that_does_not_says_why(error: Exception, state: State, means: str, to_do: str) -> None:
    (promise,) = walk().take("quotes", [step(fails(error))])
    assert (promise.state, promise.means, promise.to_do) == (state, means, to_do)


def test_the_cause_of_a_wrong_answer_is_looked_for_in_the_logs() -> None:
    (promise,) = walk("refused").take("quotes", [step(fails(LocalCloudError("500", "Look.")))])
    assert promise.means == "refused at ride-booking-api. Nothing works."


def test_what_builds_on_a_broken_step_is_not_tried() -> None:
    tried: list[str] = []
    promises = walk().take(
        "quotes",
        [
            step(fails(Stuck("no")), "a"),
            step(lambda: tried.append("b"), "b", needs=("a",)),
            step(lambda: tried.append("c"), "c", needs=("b",)),
            step(lambda: tried.append("d"), "d"),
        ],
    )
    assert [promise.state for promise in promises] == [
        State.BROKEN,
        State.UNTRIED,
        State.UNTRIED,
        State.KEPT,
    ]
    assert tried == ["d"]


def test_what_builds_on_a_risk_is_tried() -> None:
    promises = walk().take(
        "quotes", [step(fails(Risk("hm", "")), "a"), step(lambda: None, "b", needs=("a",))]
    )
    assert [promise.state for promise in promises] == [State.RISKY, State.KEPT]


def test_waiting_ends_as_soon_as_it_comes() -> None:
    looks = iter([None, None, "there"])
    assert walk().until(lambda: next(looks), way=("x",)) == "there"


def test_waiting_ends_when_the_cause_is_known() -> None:
    here = walk("AWS refuses")
    with pytest.raises(Stuck, match="AWS refuses at unicorn-mgmt-responder"):
        here.until(lambda: None, way=("ride-booking-outbox", "unicorn-mgmt-responder"))


def test_waiting_ends_with_a_guess_when_patience_does() -> None:
    with pytest.raises(Stuck, match="rfq-1 never reached unicorn-mgmt-responder"):
        walk().until(lambda: None, way=("unicorn-mgmt-responder",))
