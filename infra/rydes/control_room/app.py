"""The control room as a web server: its page, an API of JSON, and one stream of server-sent events.

| call | does |
|---|---|
| `GET /api/system` | which system this is, and whether anything may be changed |
| `GET /api/architecture` | nodes and edges, as the templates have them |
| `GET /api/stream` | server-sent events: a `snapshot`, then a `tick` about once a second; resumes by `Last-Event-ID` |
| `GET /api/nodes/{id}` | the last lines of a function |
| `GET /api/rfqs`, `/api/rfqs/{id}` | the newest RFQs; one as a timeline with the bodies that are known, by its id or the end of it |
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
| `POST /api/faults/dead-letters` | makes a dead letter that a replay handles |

Bodies are read strictly: what has a wrong type, a wrong range or a name that nobody knows is refused with 400. What asks for
something that is not there gets 404. On AWS whatever is not a GET is refused with 403 and the reason.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError
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
from infra.rydes.control_room.answers import CALLS, Asked, Call, touch
from infra.rydes.control_room.bodies import Nothing
from infra.rydes.control_room.guard import Guard
from infra.rydes.control_room.refusals import refusal
from infra.rydes.control_room.room import CHANGES_NOTHING, ControlRoom
from infra.rydes.control_room.unknown import Unknown
from infra.rydes.pages.app import PageHeaders
from wild_rydes_contracts.invalid import listed, problems_of

_LONGEST_BODY: Final = 10_000
_NOT_FOUND: Final = 404
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
            *(Route(call.path, _endpoint(call), methods=[call.method]) for call in CALLS),
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


def _endpoint(call: Call) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        room: ControlRoom = request.app.state.room
        touch(room)
        asked = Asked(request.path_params, request.query_params, await _body(request, call.body))
        return JSONResponse(await run_in_threadpool(call.answer, room, asked), headers=_UNKEPT)

    return endpoint


async def _body(request: Request, kind: type[Nothing]) -> Nothing:
    text = b"" if request.method == "GET" else await request.body()
    if len(text) > _LONGEST_BODY:
        raise HTTPException(413, "The body is too long.")
    try:
        return kind.model_validate_json(text or b"{}")
    except ValidationError as error:
        raise HTTPException(400, f"The body cannot be taken: {listed(problems_of(error))}.") from error


async def _acted_on(request: Request, error: Exception) -> Response:
    problem, way_out = getattr(error, "problem", str(error)), getattr(error, "way_out", "")
    return refusal(request, 404 if isinstance(error, Unknown) else 409, problem, way_out)


async def _unreachable(request: Request, error: Exception) -> Response:
    return refusal(request, 502, f"The cloud cannot be reached, or refuses: {error}")


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return refusal(request, 500, "That is a bug.")
    if error.status_code == _NOT_FOUND:
        return refusal(
            request, _NOT_FOUND, "There is no such page.", "The control room is all on one: go to `/`."
        )
    return refusal(request, error.status_code, error.detail)
