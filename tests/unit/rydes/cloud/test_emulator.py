import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from infra.rydes.cloud import emulator, toolchain
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import Settings
from tests.support.own_cloud import free_port
from tests.support.patience import eventually
from tests.support.scratch import ROOT

OWNER = """
import sys, time
from pathlib import Path
from infra.rydes.cloud import emulator, toolchain
from infra.rydes.cloud.settings import Settings

port, run_dir, interpreter = sys.argv[1:]
held = emulator.start(Settings(int(port), Path(run_dir)), Path(interpreter), owned=True)
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
    port = free_port()
    command = [sys.executable, "-c", OWNER, str(port), str(tmp_path), str(toolchain.install_emulator())]
    owner = subprocess.Popen(command, cwd=ROOT)  # noqa: S603 (our own)
    try:
        found = eventually(lambda: emulator.running(tmp_path), "the emulator runs")
        assert found
        assert found.port == port
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    eventually(lambda: [emulator.running(tmp_path)], "it ends with its owner", lambda found: found == [None])
