import time
from collections.abc import Iterable

import httpx
import pytest

from infra.rydes.cloud.api_call import TRIES, call
from infra.rydes.cloud.errors import LocalCloudError

BUSY = httpx.Response(503, headers={"Retry-After": "1"})


def api(answers: Iterable[httpx.Response]) -> httpx.Client:
    """An API that gives these answers, one after the other."""
    left = iter(answers)
    return httpx.Client(base_url="http://api", transport=httpx.MockTransport(lambda _: next(left)))


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


def test_an_api_that_asks_for_it_is_called_again(slept: list[float]) -> None:
    assert call(api([BUSY, BUSY, httpx.Response(202)]), "POST", "/rides", {202}).status_code == 202
    assert slept == [1, 1]


def test_an_api_that_stays_busy_is_given_up(slept: list[float]) -> None:
    with pytest.raises(LocalCloudError, match="503"):
        call(api([BUSY] * TRIES), "GET", "/rides", {200})


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.Response(500, headers={"Retry-After": "1"})])
def test_an_api_that_does_not_ask_for_it_is_called_once(slept: list[float], answer: httpx.Response) -> None:
    with pytest.raises(LocalCloudError):
        call(api([answer]), "GET", "/rides", {200})
    assert slept == []
