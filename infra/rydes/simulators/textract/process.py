"""Start the Textract simulator of a run directory. It ends with the emulator."""

import socket
import subprocess
import sys

from infra.rydes.cloud.settings import ROOT, Settings, aws_environment

_BACKLOG = 64
_PORTS_ON = 2
"""The emulator's port, and the phones', are before it."""


def listen(settings: Settings) -> tuple[str, socket.socket]:
    """Listen, and return the URL, which is AWS_ENDPOINT_URL_TEXTRACT, with the socket for `start`.

    The port is the one after the phones', if that is free. The stacks are then the same on every run.
    """
    try:
        listener = socket.create_server(("127.0.0.1", settings.port + _PORTS_ON), backlog=_BACKLOG)
    except OSError:
        listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
    return f"http://localhost:{listener.getsockname()[1]}", listener


def start(settings: Settings, listener: socket.socket) -> "subprocess.Popen[bytes]":
    """Start the simulator on this socket, when the emulator runs. Earlier calls wait in the socket."""
    log_file = settings.log("textract")
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with listener, log_file.open("wb") as log:
        command = [sys.executable, "-m", "infra.rydes.simulators.textract.server"]
        return subprocess.Popen(
            [*command, str(listener.fileno()), str(settings.run_dir)],
            cwd=ROOT,
            env=aws_environment(settings),
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the owner, who stops the emulator
        )
