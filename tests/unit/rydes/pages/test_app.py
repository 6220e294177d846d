"""A page's server: its files, its config.json, and the headers that say what it may do."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from infra.page_headers import content_security_policy
from infra.rydes.pages.app import page

API = "http://localhost:4566"
PEOPLE = [{"name": "mona", "password": "secret"}]


class Client:
    """A browser of this machine."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def get(self, path: str, **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:4568") as client:
                return await client.get(path, headers=headers)

        return asyncio.run(ask())


@pytest.fixture
def client(tmp_path: Path) -> Client:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Wild Rydes</title>")
    (tmp_path / "assets" / "index-1a2b.js").write_text("1;")
    (tmp_path / "config.json").write_text(json.dumps({"people": PEOPLE}))
    return Client(page(tmp_path, (API,)))


@pytest.mark.parametrize(
    "path", ["/", "/config.json", "/assets/index-1a2b.js", "/missing", "/assets/missing.js"]
)
def test_every_answer_says_what_the_page_may_do(client: Client, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {API}"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"


def test_only_what_has_a_hash_in_its_name_is_kept(client: Client) -> None:
    kept = {
        path: client.get(path).headers["Cache-Control"]
        for path in ("/", "/config.json", "/assets/missing.js")
    }
    assert set(kept.values()) == {"no-cache"}
    assert "immutable" in client.get("/assets/index-1a2b.js").headers["Cache-Control"]


def test_passwords_are_told_to_the_page_alone(client: Client) -> None:
    answer = client.get("/config.json", Origin="https://evil.example")
    assert answer.json() == {"people": PEOPLE}
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:4568", "10.0.0.1"])
def test_a_foreign_name_that_leads_here_is_refused(client: Client, host: str) -> None:
    assert client.get("/config.json", Host=host).status_code == 400


@pytest.mark.parametrize("path", ["/../uv.lock", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd"])
def test_nothing_but_the_page_is_served(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_policy_names_where_a_page_may_call() -> None:
    policy = content_security_policy(("https://api.example", "wss://socket.example"))
    assert "connect-src 'self' https://api.example wss://socket.example;" in policy
    assert "unsafe" not in policy
