"""Start, find and stop the emulator of one run directory."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.lock import holder
from infra.rydes.cloud.settings import Settings

SECONDS_TO_START = 120.0
SECONDS_TO_STOP = 0.5
"""Then it is killed. It would wait for each open socket, which unicorns hold for as long as it lives, and all that it has goes
with it."""
# An idle worker beyond a function's first one ends after this time: each holds 33 MB.
WORKER_TTL_SECONDS = 60


@dataclass(frozen=True)
class Running:
    """An emulator that holds a run directory."""

    pid: int
    port: int


def running(run_dir: Path) -> Running | None:
    """Find the emulator that holds this run directory; None if there is none."""
    found = holder(run_dir / "emulator.lock")
    return Running(**found) if found else None


def end_with(run_dir: Path) -> None:
    """Wait until the emulator of this run directory lets go of it, however it ends; then end this process."""
    with (run_dir / "emulator.lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_SH)
    os._exit(0)


def healthy(settings: Settings) -> bool:
    """Tell whether the emulator answers on this port."""
    try:
        with urlopen(f"{settings.endpoint}/_ministack/health", timeout=2) as answer:  # noqa: S310 (localhost)
            return bool(answer.status == 200)  # noqa: PLR2004
    except (URLError, OSError):
        return False


def start(
    settings: Settings, interpreter: Path, *, owned: bool, variables: Mapping[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Start an emulator, and wait until it answers.

    Args:
        settings: the emulator's port and run directory.
        interpreter: Python of the emulator's own environment.
        owned: end the emulator together with the calling process, however that ends.
        variables: what else the environment of its process has.

    Raises:
        LocalCloudError: the port is taken, or the emulator does not start.
    """
    require_free(settings.port)
    for data in ("tmp", "state", "s3"):
        shutil.rmtree(settings.run_dir / data, ignore_errors=True)
        (settings.run_dir / data).mkdir(parents=True)
    settings.throttles.unlink(missing_ok=True)
    log = settings.log("emulator")
    log.parent.mkdir(exist_ok=True)
    command = [str(interpreter), "-P", str(Path(__file__).with_name("emulator_main.py"))]
    command += [str(settings.run_dir / "emulator.lock"), *(["--owned"] if owned else [])]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**_environment(settings), **(variables or {})},
            stdin=subprocess.PIPE if owned else subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for the owner, who stops the emulator in order
        )
    give_up = time.monotonic() + SECONDS_TO_START
    while not healthy(settings):
        if process.poll() is not None or time.monotonic() > give_up:
            process.kill()
            raise LocalCloudError("The emulator did not start.", f"See {log}")
        time.sleep(0.05)
    return process


def stop(run_dir: Path) -> bool:
    """Stop the emulator of this run directory, and tell whether there was one."""
    found = running(run_dir)
    if found is None:
        return False
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):  # the emulator has just ended by itself
            os.kill(found.pid, sign)
        give_up = time.monotonic() + SECONDS_TO_STOP
        while running(run_dir) and time.monotonic() < give_up:
            time.sleep(0.02)
        if running(run_dir) is None:
            break
    shutil.rmtree(run_dir / "tmp", ignore_errors=True)
    return True


def _environment(settings: Settings) -> dict[str, str]:
    """Return the environment of the emulator and all handlers. It has the caller's path and home only."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.environ.get("HOME", "/"),
        "GATEWAY_PORT": str(settings.port),
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true",
        "LAMBDA_WARM_TTL_SECONDS": str(WORKER_TTL_SECONDS),
        "TMPDIR": str(settings.run_dir / "tmp"),
        "STATE_DIR": str(settings.run_dir / "state"),
        "S3_DATA_DIR": str(settings.run_dir / "s3"),
        # Listeners and daemons that this project does not use; the first two would need ports of their own.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent",
        **(_recording(settings) if settings.records_calls else {}),
    }


def _recording(settings: Settings) -> dict[str, str]:
    """Return what has workers write down their AWS calls."""
    return {
        "PYTHONPATH": str(Path(__file__).with_name("recorder")),
        "RYDES_CALLS": str(settings.calls),
    }


def require_free(port: int) -> None:
    """Check that an emulator can listen here.

    Raises:
        LocalCloudError: another program listens on this port.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LocalCloudError(
                f"Port {port} is in use by another program.",
                f"Stop that program, or choose a port: RYDES_PORT={port + 100} make run",
            ) from error
