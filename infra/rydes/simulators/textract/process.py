"""Start the Textract simulator of a run directory. It ends with the emulator."""

import socket
import subprocess
import sys
from typing import Final

from infra.rydes.cloud.settings import ROOT, Settings, aws_environment

_BACKLOG: Final = 64
AFTER_THE_EMULATOR: Final = 5
"""Its port, counted from the emulator's: those of the phones and of the pages are before it."""


def listen(settings: Settings) -> socket.socket:
    """Listen, and write the URL to the run directory: from now on `settings.textract_url` is known.

    The port is the one after the pages', if that is free. The stacks are then the same on every run.
    """
    try:
        listener = socket.create_server(("127.0.0.1", settings.port + AFTER_THE_EMULATOR), backlog=_BACKLOG)
    except OSError:
        listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
    settings.textract_file.write_text(f"http://localhost:{listener.getsockname()[1]}")
    return listener


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
