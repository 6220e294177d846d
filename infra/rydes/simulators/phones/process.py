"""Start the phone simulator of a run directory. It ends with the emulator."""

import socket
import subprocess
import sys

from infra.rydes.cloud.settings import ACCOUNT, ROOT, Settings, aws_environment

_BACKLOG = 64


def listen(settings: Settings) -> socket.socket:
    """Listen, and write the URL to the run directory: from now on `settings.phones_url` is known.

    The port is the one after the emulator's, if that is free. The stacks are then the same on every run.
    """
    try:
        listener = socket.create_server(("127.0.0.1", settings.port + 1), backlog=_BACKLOG)
    except OSError:
        listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
    settings.phones_file.write_text(f"http://localhost:{listener.getsockname()[1]}")
    return listener


def start(settings: Settings, listener: socket.socket) -> None:
    """Start the simulator on this socket, when the emulator runs. Earlier calls wait in the socket."""
    with listener, settings.log("phones").open("wb") as log:
        command = [sys.executable, "-m", "infra.rydes.simulators.phones.server"]
        subprocess.Popen(
            [*command, str(listener.fileno()), str(settings.run_dir)],
            cwd=ROOT,
            env={**aws_environment(settings), "RYDES_ACCOUNT": ACCOUNT},
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the owner, who stops the emulator
        )
