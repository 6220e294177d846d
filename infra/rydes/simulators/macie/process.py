"""Start the Macie simulator of a run directory. It ends with the emulator."""

import socket
import subprocess
import sys

from infra.rydes.cloud.settings import ROOT, Settings, aws_environment

_BACKLOG = 64


def start(settings: Settings) -> None:
    """Start the simulator, beside an emulator that runs, and write its URL to the run directory.

    State machines and people find it there; no stack contains it. Calls wait in the socket until it runs.
    """
    listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
    log_file = settings.log("macie")
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with listener, log_file.open("wb") as log:
        settings.macie_file.write_text(f"http://localhost:{listener.getsockname()[1]}")
        command = [sys.executable, "-m", "infra.rydes.simulators.macie.server"]
        subprocess.Popen(
            [*command, str(listener.fileno()), str(settings.run_dir)],
            cwd=ROOT,
            env=aws_environment(settings),
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the owner, who stops the emulator
        )
