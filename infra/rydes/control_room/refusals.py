"""Answers to what is refused: JSON for programs, and a page for whoever has opened an address in a browser."""

import hashlib
from base64 import b64encode
from html import escape
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

_PAGE: Final = Path(__file__).with_name("refused.html").read_text()
_STYLE: Final = _PAGE.partition("<style>")[2].partition("</style>")[0]
_HASH: Final = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def refusal(request: Request, status: int, problem: str, way_out: str = "") -> Response:
    """Say what is wrong, and what to do about it.

    Texts between backticks are commands. The page brings its own style, since nothing else is served to strangers.
    """
    unkept = {"Cache-Control": "no-store"}
    if not _opened(request):
        return JSONResponse({"problem": problem, "way_out": way_out}, status, headers=unkept)
    page = _PAGE.replace("{problem}", _marked(problem)).replace("{way_out}", _marked(way_out))
    return HTMLResponse(page, status, headers={**unkept, "Content-Security-Policy": _POLICY})


def _opened(request: Request) -> bool:
    """Whether somebody looks at the answer: browsers say what they want to show, and programs rarely."""
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def _marked(text: str) -> str:
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))
