import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from infra.rydes.cloud import emulator
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import Settings

T = TypeVar("T")
MAIN = Path(emulator.__file__).with_name("emulator_main.py")
OWNER = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-P", {str(MAIN)!r}, sys.argv[1], "--owned"], stdin=subprocess.PIPE)
time.sleep(600)
"""


def test_nothing_runs_where_nothing_was_started(tmp_path: Path) -> None:
    assert emulator.running(tmp_path) is None
    assert emulator.stop(tmp_path) is False


def test_a_lock_file_left_behind_is_not_taken_for_an_emulator(tmp_path: Path) -> None:
    (tmp_path / "emulator.lock").write_text('{"pid": 1, "port": 4566}')
    assert emulator.running(tmp_path) is None


def test_a_port_in_use_is_told_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(taken.getsockname()[1], tmp_path)
        with pytest.raises(LocalCloudError, match="RYDES_PORT="):
            emulator.start(settings, Path(sys.executable), owned=True)


def test_the_emulator_ends_with_an_owner_killed_by_force(tmp_path: Path) -> None:
    stand_in = tmp_path / "ministack"
    stand_in.mkdir()
    (stand_in / "__init__.py").touch()
    (stand_in / "app.py").write_text("import time\ndef main(): time.sleep(600)\n")
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "GATEWAY_PORT": "4999",
        "TMPDIR": str(tmp_path / "tmp"),
    }
    lock = tmp_path / "emulator.lock"
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(lock)], env=environment)  # noqa: S603 (our own)
    try:
        found = _wait_for(lambda: emulator.running(tmp_path))
        assert found.port == 4999
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    _wait_for(lambda: emulator.running(tmp_path) is None or None)


def _wait_for(look: Callable[[], T | None]) -> T:
    give_up = time.monotonic() + 20
    while (found := look()) is None:
        assert time.monotonic() < give_up
        time.sleep(0.02)
    return found
