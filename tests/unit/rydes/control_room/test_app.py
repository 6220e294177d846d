"""The control room of an environment on AWS, which looks and changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore import xform_name

from infra.assembly import Assembly
from infra.naming import Names
from infra.rydes.control_room import templates
from infra.rydes.control_room.answers import CALLS
from infra.rydes.control_room.app import make_app
from infra.rydes.control_room.reading import READS
from tests.support.fake_system import SystemOnAws, well

TOKEN, HERE = "a-token-of-enough-length", "http://localhost:4570"
NAMES = Names("dev")
FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "FunctionName": "dev-feedback-rides",
        "Role": "role",
        "Environment": {"Variables": {"POWERTOOLS_SERVICE_NAME": "feedback"}},
    },
}
LINE = '{"level": "INFO", "timestamp": "2026-11-27T12:00:00.000Z", "message": "received", "correlation_id": "rfq"}'


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> SystemOnAws:
    template = {"Resources": {"Function": FUNCTION}}
    assembly = Assembly(Path(), {"WildRydesFeedback": template})
    monkeypatch.setattr(templates, "templates", lambda: assembly)
    group = {"logGroupName": "/aws/lambda/dev-feedback-rides"}
    event = {"timestamp": 1, "logStreamName": "stream", "message": LINE}
    answers = {
        **well(NAMES),
        "logs.describe_log_groups": {"logGroups": [group]},
        "logs.filter_log_events": {"events": [event]},
        "sqs.get_queue_attributes": lambda **_: {"Attributes": {"ApproximateNumberOfMessages": "3"}},
    }
    return SystemOnAws(answers, NAMES)


Ask = Callable[..., Awaitable[httpx.Response]]


def play(system: SystemOnAws, page: Path, story: Callable[[Ask], Awaitable[Any]]) -> Any:
    """Tell a story in which somebody with the cookie asks the control room."""

    async def run() -> Any:
        app = make_app(system, page, TOKEN)
        headers = {"Cookie": f"control-room-4570={TOKEN}", "Origin": HERE, "Content-Type": "application/json"}
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE, headers=headers) as client,
        ):
            return await story(client.request)

    (page / "index.html").write_text("<title>Control room</title>")
    return asyncio.run(run())


def filled(path: str) -> str:
    return path.format(
        id="function:feedback-rides", plan="x", partner="p-comet", table="feedback", function="f", queue="q"
    )


def test_nothing_on_aws_is_changed_whatever_is_asked(system: SystemOnAws, tmp_path: Path) -> None:
    async def story(ask: Ask) -> dict[str, httpx.Response]:
        return {
            f"{call.method} {call.path}": await ask(call.method, filled(call.path), content="{}")
            for call in CALLS
        }

    answers = play(system, tmp_path, story)
    for asked, answer in answers.items():
        if not asked.startswith("GET "):
            assert (answer.status_code, "changes nothing" in answer.json()["problem"]) == (403, True), asked
    # What takes a message out of a queue, for a moment only, and what is for local clouds, says so.
    refused = {
        asked for asked, answer in answers.items() if asked.startswith("GET ") and answer.status_code == 403
    }
    assert refused == {"GET /api/dead-letters", "GET /api/faults"}
    assert "rydes dlq list" in answers["GET /api/dead-letters"].json()["problem"]
    calls = {call for call, _ in system.account.calls}
    assert {"logs.filter_log_events", "sqs.get_queue_attributes"} <= calls
    allowed = {f"{service}.{xform_name(name)}" for service, names in READS.items() for name in names}
    assert calls <= allowed


def test_it_says_that_it_only_looks_and_what_there_is(system: SystemOnAws, tmp_path: Path) -> None:
    async def story(ask: Ask) -> list[httpx.Response]:
        paths = ("/api/system", "/api/architecture", "/api/nodes/function:feedback-rides", "/", "/missing")
        await ask("GET", "/api/rfqs")  # which waits for the first look
        return [await ask("GET", path) for path in paths]

    system_, architecture, node, page, missing = play(system, tmp_path, story)
    assert (system_.json()["local"], system_.json()["environment"]) == (False, "dev")
    assert "function:feedback-rides" in {node["id"] for node in architecture.json()["nodes"]}
    assert "received" in node.json()["lines"][0]["text"]
    assert "Control room" in page.text
    assert missing.status_code == 404
    for answer in (system_, page, missing):
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert system_.headers["Cache-Control"] == "no-store"


def test_without_the_cookie_there_is_nothing(system: SystemOnAws, tmp_path: Path) -> None:
    async def story(ask: Ask) -> set[int]:
        return {(await ask("GET", filled(call.path), headers={"Cookie": ""})).status_code for call in CALLS}

    assert play(system, tmp_path, story) == {401}


def test_what_nobody_knows_is_not_there_and_a_browser_is_told_so_on_a_page(
    system: SystemOnAws, tmp_path: Path
) -> None:
    async def story(ask: Ask) -> list[httpx.Response]:
        looks = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
        return [
            await ask("GET", "/api/rfqs/nonsense"),
            await ask("GET", "/api/nodes/nonsense"),
            await ask("GET", "/missing", headers=looks),
        ]

    rfq, node, page = play(system, tmp_path, story)
    assert (rfq.status_code, node.status_code, page.status_code) == (404, 404, 404)
    assert "No function has logged anything" in rfq.json()["problem"]
    assert page.headers["content-type"].startswith("text/html")
    assert "There is no such page." in page.text
