"""The control room as a web server: its page, an API of JSON, and one stream of server-sent events.

| call | does |
|---|---|
| `GET /api/system` | which system this is, and whether anything may be changed |
| `GET /api/architecture` | nodes and edges, as the templates have them |
| `GET /api/stream` | server-sent events: a `snapshot`, then a `tick` about once a second; resumes by `Last-Event-ID` |
| `GET /api/nodes/{id}` | the last lines of a function |
| `GET /api/rfqs`, `/api/rfqs/{id}` | the newest RFQs; one as a timeline with the bodies that are known |
| `GET /api/dead-letters` | dead letters with reasons and bodies, of all queues or of `?queue=` |
| `POST /api/replays` `{"queue", "ids"}` | a dry run: what would become of them |
| `POST /api/replays/{plan}` | carries it out |
| `GET /api/circuits`, `PUT /api/circuits/{partner}` `{"mode", "reason", "for"}` | circuits with their windows; sets a mode |
| `GET /api/events`, `POST /api/events/{id}/examples` | the event catalogue; sends an example |
| `GET /api/conversations` | SMS conversations and their figures |
| `POST /api/rides` `{"count"}` | has so many customers ask for a ride |
| `GET /api/faults` | what is broken, and what can be |
| `PUT /api/faults/partners/{partner}` `{"fault"}` | breaks or mends a partner |
| `PUT /api/faults/tables/{table}` `{"share"}` | has a table throttle a share of all calls |
| `POST /api/faults/workers/{function}`, `/api/faults/poison/{queue}` | kills workers; sends what nobody can read |

On AWS whatever is not a GET is refused with 403 and the reason.
"""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from infra.page_headers import content_security_policy
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from infra.rydes.control_room.answers import ANSWERS, Answer, Asked, touch
from infra.rydes.control_room.guard import Guard
from infra.rydes.control_room.room import CHANGES_NOTHING, ControlRoom
from infra.rydes.pages.app import PageHeaders

_LONGEST_BODY: Final = 10_000
_UNKEPT: Final = {"Cache-Control": "no-store"}
_PING: Final = 15
"""Seconds after which a silent stream says that it is still there."""


def make_app(system: System, page: Path, token: str) -> Starlette:
    """Serve the control room of a system, to whoever has the token.

    Args:
        system: a local cloud, or an environment on AWS, where nothing is changed.
        page: the directory of the built page.
        token: what the link has to have.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None, None]:
        room = await run_in_threadpool(ControlRoom, system)
        room.stream.begin()
        room.watch.start()
        app.state.room = room
        try:
            yield
        finally:
            await run_in_threadpool(room.watch.stop)

    refuses = "" if isinstance(system, Cloud) else CHANGES_NOTHING
    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/api/stream", _stream),
            *(Route(path, _endpoint(answer), methods=[method]) for method, path, answer in ANSWERS),
            Mount("/", StaticFiles(directory=page, html=True)),
        ],
        middleware=[
            Middleware(PageHeaders, policy=content_security_policy(())),
            Middleware(Guard, token=token, refuses_changes=refuses),
        ],
        exception_handlers={
            LocalCloudError: _acted_on,
            BotoCoreError: _unreachable,
            ClientError: _unreachable,
            HTTPException: _refused,
        },
    )


async def _stream(request: Request) -> Response:
    room: ControlRoom = request.app.state.room
    return EventSourceResponse(room.stream.events(request.headers.get("last-event-id", "")), ping=_PING)


def _endpoint(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        room: ControlRoom = request.app.state.room
        touch(room)
        asked = Asked(request.path_params, request.query_params, await _body(request))
        return JSONResponse(await run_in_threadpool(answer, room, asked), headers=_UNKEPT)

    return endpoint


async def _body(request: Request) -> dict[str, Any]:
    if request.method == "GET":
        return {}
    text = await request.body()
    if len(text) > _LONGEST_BODY:
        raise HTTPException(413, "The body is too long.")
    try:
        body = json.loads(text or b"{}")
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "The body is no JSON.") from error
    if not isinstance(body, dict):
        raise HTTPException(400, "The body is no JSON object.")
    return body


async def _acted_on(_: Request, error: Exception) -> Response:
    problem, way_out = getattr(error, "problem", str(error)), getattr(error, "way_out", "")
    return _told(409, problem, way_out)


async def _unreachable(_: Request, error: Exception) -> Response:
    return _told(502, f"The cloud cannot be reached, or refuses: {error}")


async def _refused(_: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return _told(error.status_code, error.detail)
    return _told(500, "That is a bug.")


def _told(status: int, problem: str, way_out: str = "") -> Response:
    return JSONResponse({"problem": problem, "way_out": way_out}, status, headers=_UNKEPT)
