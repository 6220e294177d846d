from io import StringIO
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from rich.console import Console

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.scenarios.contact_centre import Agent, Call, show_waiting

WAITING: Call = {
    "ride-id": "01a217b5-4e4b-7f3f-9695-b89428fcc7cf.1",
    "score": 3,
    "language": "en",
    "requested-at": "2026-11-26T11:55:17Z",
    "wished": {"earliest": 17},
    "time-zone": "America/Los_Angeles",
}


def agent(monkeypatch: pytest.MonkeyPatch, answer: httpx.Response) -> tuple[Agent, list[str]]:
    """An agent whose every request is answered so, and the requests."""
    asked: list[str] = []

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.raw_path.decode()}")
        return answer

    client: Any = httpx.Client
    monkeypatch.setattr(httpx, "Client", lambda **o: client(**o, transport=httpx.MockTransport(answered)))
    cloud = SimpleNamespace(token=lambda *_: "a token", url=lambda _: "http://support")
    return Agent(cast("Cloud", cloud), "zoe"), asked


@pytest.mark.parametrize("status", [404, 409])
def test_what_cannot_be_done_about_a_call_is_said_in_the_words_of_the_api(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """And not with method, path and status, which nobody has typed."""
    zoe, _ = agent(monkeypatch, httpx.Response(status, json={"detail": "The call is closed."}))
    for tried in (lambda: zoe.claim("r1"), lambda: zoe.release("r1"), lambda: zoe.close("r1", "reached")):
        with pytest.raises(LocalCloudError) as refused:
            tried()
        assert refused.value.problem == "The call is closed."
        assert "rydes callbacks" in refused.value.way_out


def test_whatever_is_typed_is_one_ride(monkeypatch: pytest.MonkeyPatch) -> None:
    zoe, asked = agent(monkeypatch, httpx.Response(200, json={}))
    zoe.claim("a/b?c")
    assert asked == ["PUT /callbacks/a%2Fb%3Fc/claim"]


def test_a_narrow_terminal_shows_which_lines_belong_to_a_ride() -> None:
    shown = StringIO()
    show_waiting([WAITING], Console(file=shown, width=40))
    ride, *about, _ = shown.getvalue().splitlines()
    assert ride == WAITING["ride-id"]
    assert len(about) > 1
    assert all(line.startswith("  ") for line in about)
