import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from infra.rydes.cloud import emulator
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import Settings
from tests.support.patience import eventually

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
    (stand_in / "core").mkdir()
    (stand_in / "core/lambda_runtime.py").write_text("class Worker: pass\n")
    (stand_in / "services").mkdir()
    (stand_in / "services/sns.py").write_text("def _build_envelope(*of): pass\n")
    (stand_in / "services/apigateway.py").write_text(
        "_handle_execute_in_scope = _invoke_lambda_proxy = None\n"
    )
    (stand_in / "services/lambda_svc.py").write_text("lambda_execute_result_to_api_proxy_response = None\n")
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
        found = eventually(lambda: emulator.running(tmp_path), "the emulator runs")
        assert found
        assert found.port == 4999
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    eventually(lambda: [emulator.running(tmp_path)], "it ends with its owner", lambda found: found == [None])
