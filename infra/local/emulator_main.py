"""The emulator's process: it holds the run's lock while it lives, and ends with its owner.

Started by path on the emulator's own interpreter, which sees neither this package nor its dependencies.

    python -P emulator_main.py LOCK_FILE [--owned]

The lock tells every other process whether this cloud is up, and its content tells pid and port; the kernel
lets go of it however this process ends, so there is no stale pid file to mistrust. ``--owned`` ties the
emulator to the process at the other end of its stdin: when that ends, even by kill -9, so does this one.
"""

import fcntl
import importlib
import json
import os
import shutil
import signal
import sys
import threading
import time

SECONDS_TO_SHUT_DOWN = 3.0


def _end_with_owner() -> None:
    os.read(0, 1)  # nothing is ever written: it returns when the other end closes
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SECONDS_TO_SHUT_DOWN)  # a custom resource that never answers can keep it from shutting down
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os._exit(1)


def _hold(path: str) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.ftruncate(lock, 0)
    os.write(lock, json.dumps({"pid": os.getpid(), "port": int(os.environ["GATEWAY_PORT"])}).encode())
    return lock


if __name__ == "__main__":
    _hold(sys.argv[1])
    if "--owned" in sys.argv:
        threading.Thread(target=_end_with_owner, daemon=True).start()
    sys.argv = ["ministack"]

    try:
        importlib.import_module("ministack.app").main()
    finally:
        shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)  # it may lie in memory
