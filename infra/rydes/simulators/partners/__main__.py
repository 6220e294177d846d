"""Serve the partners as long as the emulator of a run directory lives.

    python -m infra.rydes.simulators.partners RUN_DIR EMULATOR_PID

The run directory's file `partners-<pid of the emulator>.json` has their URLs and secrets.
"""

import json
import secrets
import sys
import threading
import time
from pathlib import Path

from infra.rydes.cloud import emulator
from infra.rydes.simulators.partners.fleets import FLEETS
from infra.rydes.simulators.partners.server import Server

_SECONDS_BETWEEN_LOOKS = 0.5


def main(run_dir: Path, pid: int) -> None:
    """Serve the partners, and write their URLs and secrets to the file."""
    written = {}
    for id_, fleet in FLEETS.items():
        secret = {name: secrets.token_urlsafe(24) for name in fleet.secret_values}
        server = Server(fleet(secret))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        written[id_] = {"base_url": server.url, **secret}
    file = run_dir / f"partners-{pid}.json"
    unfinished = file.with_suffix(".unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(written))
    unfinished.rename(file)
    try:
        while (found := emulator.running(run_dir)) and found.pid == pid:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
    finally:
        file.unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
