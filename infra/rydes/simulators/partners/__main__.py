"""Serve the three partners as long as the emulator of a run directory lives.

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
from infra.rydes.simulators.partners.fleets import Comet, Nimbus, Pegasus
from infra.rydes.simulators.partners.server import Behaviour, Server

_SECONDS_BETWEEN_LOOKS = 0.5


def main(run_dir: Path, pid: int) -> None:
    """Serve the partners, and write their URLs and secrets to the file."""
    keys = {
        name: secrets.token_urlsafe(24)
        for name in ("comet", "webhook", "pegasus", "nimbus", "callback", "reference")
    }
    fleets: dict[str, tuple[Behaviour, dict[str, str]]] = {
        "p-comet": (
            Comet(keys["comet"], keys["webhook"]),
            {"api_key": keys["comet"], "webhook_token": keys["webhook"]},
        ),
        "p-pegasus": (
            Pegasus("wild-rydes", keys["pegasus"]),
            {"access_id": "wild-rydes", "signing_key": keys["pegasus"]},
        ),
        "p-nimbus": (
            Nimbus("wild-rydes", keys["nimbus"], keys["callback"]),
            {
                "client_id": "wild-rydes",
                "client_secret": keys["nimbus"],
                "callback_key": keys["callback"],
                "reference_key": keys["reference"],
            },
        ),
    }
    written = {}
    for id_, (behaviour, credentials) in fleets.items():
        server = Server(behaviour)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        written[id_] = {"base_url": server.url, **credentials}
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
