"""Serve a control room alone, on a port of this machine, until Ctrl-C."""

import secrets
import socket
from collections.abc import Callable

import uvicorn

from infra import pages
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from infra.rydes.control_room.app import make_app

_HOST = "127.0.0.1"


def serve(system: System, port: int, tell: Callable[[str], None]) -> None:
    """Serve the control room of a system. Port 0 takes a free one. `tell` gets the link.

    Raises:
        LocalCloudError: the page cannot be built, or the port is taken.
    """
    try:
        page = pages.build("control-room")
    except pages.PageError as error:
        raise LocalCloudError(str(error), "npm needs its registry once.") from error
    try:
        listener = socket.create_server((_HOST, port))
    except OSError as error:
        raise LocalCloudError(f"Port {port} is taken.", "Name another one: --port 0") from error
    token = secrets.token_urlsafe(24)
    app = make_app(system, page, token)
    settings = uvicorn.Config(app, log_level="warning", server_header=False, timeout_graceful_shutdown=1)
    tell(f"http://{_HOST}:{listener.getsockname()[1]}/?token={token}")
    uvicorn.Server(settings).run(sockets=[listener])
