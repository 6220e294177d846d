"""Who may ask the control room: this machine's browser that has the token, from the control room's own page.

A page of another site, or of another port here, gets nothing, whatever cookies the browser sends with its requests: where
a request comes from is checked on each of them.
"""

import hmac
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.rydes.control_room.refusals import refusal

_HOSTS: Final = ("127.0.0.1", "localhost")
_SAFE: Final = ("GET", "HEAD")
_TOKEN: Final = "token"  # noqa: S105 - the name of a parameter
_JSON: Final = "application/json"
_OWN: Final = ("same-origin", "none")
"""What browsers say of a request of the page itself, and of an address that somebody typed."""


class Guard:
    """Lets a request through, or answers why not."""

    def __init__(self, app: ASGIApp, token: str, refuses_changes: str = "") -> None:
        self._app = app
        self._token = token.encode()
        self._refuses_changes = refuses_changes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = self._refusal(Request(scope))
        await (answer or self._app)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        port = (request.scope.get("server") or ("", 0))[1]
        if request.headers.get("host") not in [f"{host}:{port}" for host in _HOSTS]:
            return refusal(
                request,
                421,
                "The control room does not know this address.",
                f"It is http://localhost:{port}/",
            )
        if request.method == "GET" and self._is(request.query_params.get(_TOKEN)):
            return self._let_in(request, port)
        if not self._is(_cookie(request.headers, port)):
            return _stranger(request)
        if not _of_the_page(request):
            return refusal(
                request, 403, "Another page asks, which may not.", "Open the control room by its link."
            )
        return self._change(request) if request.method not in _SAFE else None

    def _change(self, request: Request) -> Response | None:
        if self._refuses_changes:
            return refusal(request, 403, self._refuses_changes)
        if request.headers.get("content-type", "").partition(";")[0].strip() != _JSON:
            return refusal(request, 415, f"The body has to be {_JSON}.")
        return None

    def _is(self, said: str | None) -> bool:
        return said is not None and hmac.compare_digest(said.encode(), self._token)

    def _let_in(self, request: Request, port: int) -> Response:
        """Keep the token in a cookie, and take it out of the address, which others may see."""
        kept = QueryParams([(k, v) for k, v in request.query_params.multi_items() if k != _TOKEN])
        answer = RedirectResponse(f"{request.url.path}{f'?{kept}' if kept else ''}", 303)
        answer.set_cookie(_name(port), self._token.decode(), httponly=True, samesite="strict", path="/")
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _of_the_page(request: Request) -> bool:
    headers = request.headers
    if "origin" in headers:
        return headers["origin"] == f"http://{headers['host']}"
    if request.method not in _SAFE:
        return False  # browsers name the origin of whatever may change something
    opened = headers.get("sec-fetch-mode") == "navigate" and request.url.path == "/"
    return opened or headers.get("sec-fetch-site", "none") in _OWN


def _cookie(headers: Headers, port: int) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(_name(port))
    except CookieError:
        return None
    return found.value if found else None


def _name(port: int) -> str:
    """Name the cookie. Browsers send it to all ports of a host, so each control room has its own."""
    return f"control-room-{port}"


def _stranger(request: Request) -> Response:
    if request.query_params.get(_TOKEN):
        problem = "The token in this link is not, or no longer, that of this control room."
    else:
        problem = "The control room opens by its link, which has a token."
    return refusal(
        request,
        401,
        problem,
        "`uv run rydes status` prints the link to a local cloud's. One that `uv run rydes control-room` serves has printed"
        " its own where it runs.",
    )
