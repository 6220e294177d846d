"""The process that serves the pages of an environment, each on a port of its own, until the emulator ends.

Its sockets are inherited, so that calls wait in them until it is ready. `process` starts it, and says in `RYDES_PAGES` what
to serve.
"""

import fcntl
import json
import os
import socket
import threading
from collections.abc import Mapping
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.rydes.cloud import emulator
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import Settings
from infra.rydes.control_room.app import make_app
from infra.rydes.pages.app import page
from infra.rydes.pages.process import Served, lock_file


class ByPort:
    """Hands each request to the app of the port that it came to. The control room alone has something to begin."""

    def __init__(self, apps: Mapping[int, ASGIApp], begins: ASGIApp) -> None:
        self._apps = apps
        self._begins = begins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        app = self._begins if scope["type"] == "lifespan" else self._apps[scope["server"][1]]
        await app(scope, receive, send)


class Server(uvicorn.Server):
    """Says in the lock's content what it serves, as soon as it does."""

    def __init__(self, settings: uvicorn.Config, lock: int, served: Served) -> None:
        super().__init__(settings)
        self._lock, self._served = lock, served

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        os.write(self._lock, json.dumps(vars(self._served)).encode())


def main() -> None:
    """Serve until the emulator ends."""
    work, settings = json.loads(os.environ["RYDES_PAGES"]), Settings.from_environment()
    threading.Thread(target=emulator.end_with, args=(settings.run_dir,), daemon=True).start()
    lock = os.open(lock_file(settings), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.ftruncate(lock, 0)
    sockets = {name: socket.socket(fileno=of["fd"]) for name, of in work["pages"].items()}
    apps = {
        name: _app(settings, name, Path(of["directory"]), work["token"]) for name, of in work["pages"].items()
    }
    ports = {name: listener.getsockname()[1] for name, listener in sockets.items()}
    urls = {name: f"http://localhost:{port}/" for name, port in ports.items()}
    urls["control-room"] += f"?token={work['token']}"
    server = Server(
        uvicorn.Config(
            ByPort(
                {port: apps[name] for name, port in ports.items()},
                begins=apps["control-room"],
            ),
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=1,  # streams have no end
        ),
        lock,
        Served(os.getpid(), work["content"], urls),
    )
    server.run(sockets=[*sockets.values()])


def _app(settings: Settings, name: str, directory: Path, token: str) -> ASGIApp:
    if name == "control-room":
        return make_app(Cloud(settings), directory, token)
    endpoint = settings.endpoint
    return page(directory, connects_to=(endpoint, endpoint.replace("http", "ws", 1)))


if __name__ == "__main__":
    main()
