"""Who is let in: by token, cookie, host, origin and method."""

import asyncio
import base64
import hashlib
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from infra.rydes.control_room.guard import Guard

TOKEN, HERE = "a-token-of-enough-length", "http://localhost:4570"
COOKIE = f"control-room-4570={TOKEN}"
JSON = "application/json"


class Browser:
    """Asks a guarded app, with a cookie."""

    def __init__(self, refuses: str, url: str, cookie: str) -> None:
        async def answer(_: Request) -> PlainTextResponse:
            return PlainTextResponse("let in")

        routes = [Route("/{path:path}", answer, methods=["GET", "POST", "PUT", "DELETE"])]
        middleware = [Middleware(Guard, token=TOKEN, refuses_changes=refuses)]
        self._transport = httpx.ASGITransport(Starlette(routes=routes, middleware=middleware))
        self._url, self._cookie = url, cookie

    def request(self, method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            told: dict[str, Any] = {**({"Cookie": self._cookie} if self._cookie else {}), **(headers or {})}
            async with httpx.AsyncClient(transport=self._transport, base_url=self._url) as client:
                return await client.request(method, path, headers=told)

        return asyncio.run(ask())

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.request("GET", path, headers)


def client(refuses: str = "", url: str = HERE, cookie: str = COOKIE) -> Browser:
    return Browser(refuses, url, cookie)


def test_the_link_lets_in_and_the_token_leaves_the_address() -> None:
    answer = client(cookie="").get(f"/?token={TOKEN}&x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?x=1")
    kept = answer.headers["set-cookie"]
    assert kept.startswith(f"{COOKIE};")
    assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in kept.split(";")}


@pytest.mark.parametrize("url", [HERE, "http://127.0.0.1:4570"])
def test_whoever_has_the_cookie_may_look(url: str) -> None:
    assert client(url=url).get("/api/rfqs").text == "let in"


@pytest.mark.parametrize(
    "cookie",
    ["", "control-room-4570=another", f"control-room-4571={TOKEN}", f"token={TOKEN}", "control-room-4570="],
)
def test_nobody_else_may_not_even_get_the_page(cookie: str) -> None:
    for path in ("/", "/api/rfqs", "/?token=another", "/?token="):
        assert client(cookie=cookie).get(path).status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:4570", "localhost", "localhost:4571", "127.0.0.1:80"]
)
def test_a_name_that_leads_here_by_a_trick_gets_nothing(host: str) -> None:
    """DNS rebinding: the browser takes a foreign name for this machine, and sends what it has of it."""
    for path in ("/api/rfqs", f"/?token={TOKEN}"):
        answer = client().get(path, headers={"Host": host})
        assert (answer.status_code, answer.headers.get("set-cookie")) == (421, None)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:4571"},
        {"Origin": "http://127.0.0.1:4570"},
        {"Origin": "https://localhost:4570"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
def test_another_page_gets_nothing_though_the_browser_sends_the_cookie(headers: dict[str, str]) -> None:
    assert client().get("/api/rfqs", headers=headers).status_code == 403


def test_a_link_in_another_page_may_open_this_one() -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client().get("/", headers=headers).text == "let in"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_the_page_itself_may_change_anything(method: str) -> None:
    def status(**headers: str) -> int:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return client().request(method, "/api/replays", headers=told).status_code

    assert status(Content_Type=JSON, Origin=HERE) == 200
    assert status(Content_Type=f"{JSON}; charset=utf-8", Origin=HERE) == 200
    assert status(Content_Type=JSON) == 403
    assert status(Content_Type=JSON, Origin="http://localhost:4572") == 403
    assert status(Content_Type=JSON, Sec_Fetch_Site="same-origin") == 403
    # A form of another page can send these, and no other.
    assert status(Content_Type="text/plain", Origin=HERE) == 415
    assert status(Origin=HERE) == 415


def test_the_token_in_the_address_changes_nothing() -> None:
    answer = client(cookie="").request(
        "POST", f"/api/replays?token={TOKEN}", headers={"Content-Type": JSON, "Origin": HERE}
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_refuses_changes_says_why(method: str) -> None:
    answer = client("Not on AWS.").request(method, "/api/x", headers={"Content-Type": JSON, "Origin": HERE})
    assert (answer.status_code, answer.json()["problem"]) == (403, "Not on AWS.")
    assert client("Not on AWS.").get("/api/x").text == "let in"


LOOKS = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}


@pytest.mark.parametrize(
    ("path", "host", "said"),
    [
        ("/", "localhost:4570", "opens by its link"),
        ("/?token=another", "localhost:4570", "is not, or no longer"),
        ("/", "here.example:4570", "does not know this address"),
    ],
)
def test_who_opens_it_in_vain_gets_a_page_that_says_what_to_do(path: str, host: str, said: str) -> None:
    answer = client(cookie="").get(path, headers={**LOOKS, "Host": host})
    assert answer.status_code in {401, 421}
    assert answer.headers["content-type"].startswith("text/html")
    assert said in answer.text
    assert ("<code>uv run rydes status</code>" in answer.text) == (answer.status_code == 401)


def test_that_page_has_its_own_style_and_runs_nothing() -> None:
    answer = client(cookie="").get("/", headers=LOOKS)
    policy = answer.headers["content-security-policy"]
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "<script" not in answer.text


def test_what_is_told_on_the_page_is_text() -> None:
    answer = client("<b>No</b> & `x`.").get("/nothing", headers={**LOOKS, "Host": "<i>"})
    assert "<i>" not in answer.text
