"""A local cloud of the tests' own."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from infra.rydes.cloud import emulator
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.progress import Progress
from infra.rydes.cloud.settings import Settings
from infra.rydes.cloud.up import up
from tests.support import recorded_calls
from tests.support.patience import PATIENCE, step


@contextmanager
def own_cloud(run_dir: Path, *, records_calls: bool = True, with_pages: bool = False) -> Iterator[Cloud]:
    """Bring up a cloud on a free port, which ends with the context. One that records calls fails then on an unknown one."""
    settings = Settings(port=free_port(), run_dir=run_dir, records_calls=records_calls)
    # `process` is held on to: the emulator ends with it, and with us.
    with step("a cloud goes up"):
        deployed, process = up(settings, Progress(Console(stderr=True)), owned=True, with_pages=with_pages)
    try:
        yield deployed
    finally:
        emulator.stop(settings.run_dir)
        assert process is not None
        process.wait(timeout=PATIENCE)
    if records_calls:
        recorded_calls.settle(settings.calls)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
