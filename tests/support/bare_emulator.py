"""An emulator of the tests' own without any stacks, in a time that only the test moves."""

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.rydes.cloud import aws, emulator, toolchain
from infra.rydes.cloud.settings import Settings
from tests.support.own_cloud import free_port
from tests.support.patience import PATIENCE, step

_CLOCK = Path(__file__).parents[1] / "simulation/conformance/frozen_clock"
NOON = 1_800_000_000.0


class BareEmulator:
    """An emulator in which it is noon for as long as nobody says otherwise."""

    def __init__(self, settings: Settings, clock: mmap.mmap) -> None:
        self._settings = settings
        self._clock = clock
        self._clients: dict[str, Any] = {}
        self.now = NOON

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = aws.client(self._settings, service)
        return self._clients[service]

    def wait(self, seconds: float) -> None:
        """Let time pass. It takes none."""
        self.now += seconds
        self._clock[:8] = struct.pack("d", self.now)


@contextmanager
def bare_emulator(run_dir: Path) -> Iterator[BareEmulator]:
    """Start an emulator on a free port, which ends with the context."""
    settings = Settings(port=free_port(), run_dir=run_dir)
    file = run_dir / "clock"
    file.write_bytes(struct.pack("d", NOON))
    variables = {"PYTHONPATH": str(_CLOCK), "FROZEN_CLOCK": str(file)}
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), 8) as clock:
        # `process` is held on to: the emulator ends with it, and with us.
        with step("a bare emulator starts"):
            process = emulator.start(settings, toolchain.install_emulator(), owned=True, variables=variables)
        try:
            yield BareEmulator(settings, clock)
        finally:
            emulator.stop(settings.run_dir)
            process.wait(timeout=PATIENCE)
