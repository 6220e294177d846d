"""One page as a web server: its files, and the headers that say what it may do."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.page_headers import FRESH, HEADERS, IMMUTABLE, content_security_policy

HOSTS: Final = ["localhost", "127.0.0.1"]
"""What browsers here call this machine. A foreign name that leads here is a foreign page's trick."""
_HASHED: Final = "/assets/"
"""Where Vite puts what has a hash in its name."""


class PageHeaders:
    """Adds to each answer what the page may do, and how long the file may be kept."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._headers = {**HEADERS, "Content-Security-Policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = IMMUTABLE if scope["path"].startswith(_HASHED) and message["status"] == 200 else FRESH  # noqa: PLR2004
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", kept)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def page(directory: Path, connects_to: Iterable[str]) -> Starlette:
    """Serve a built page, its config.json among its files."""
    return Starlette(
        routes=[Mount("/", StaticFiles(directory=directory, html=True))],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS),
            Middleware(PageHeaders, policy=content_security_policy(connects_to)),
        ],
    )
