"""Start and find the partners of a local cloud. They end with its emulator."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from infra.naming import PARTNER_SECRET_PREFIX
from infra.rydes.cloud import emulator
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import ROOT, Settings
from infra.rydes.simulators.partners.server import FAULTS_PATH

_SECONDS_TO_START = 60.0
_TIMEOUT = 60.0


@cache
def _http() -> httpx.Client:
    """Whoever looks at partners does so each second, and making a client takes longer than the rest."""
    return httpx.Client(timeout=_TIMEOUT, limits=httpx.Limits(max_keepalive_connections=0))


@dataclass(frozen=True)
class Partners:
    """The partners' servers of a run directory."""

    secrets: Mapping[str, Mapping[str, str]]
    """The values of each partner's secret, by the partner's id."""

    def misbehave(self, partner_id: str, **faults: float) -> None:
        """Set a partner's faults; without any it is well again. The module `faults` has their names.

        Raises:
            LocalCloudError: there is no such partner or fault.
        """
        answer = _http().put(f"{self._url(partner_id)}{FAULTS_PATH}", json=faults)
        if answer.is_error:
            raise LocalCloudError(answer.text, "See infra/rydes/simulators/partners/faults.py.")

    def faults(self, partner_id: str) -> dict[str, float]:
        """Return a partner's faults."""
        return dict(self._show(partner_id)["faults"])

    def served(self, partner_id: str) -> int:
        """Return how many requests a partner has had."""
        return int(self._show(partner_id)["served"])

    def rides(self, partner_id: str) -> dict[str, str]:
        """Return the state of each ride that a partner was asked for, by our id."""
        return dict(self._show(partner_id)["rides"])

    def _show(self, partner_id: str) -> dict[str, Any]:
        answer = _http().get(f"{self._url(partner_id)}{FAULTS_PATH}")
        shown: dict[str, Any] = answer.raise_for_status().json()
        return shown

    def _url(self, partner_id: str) -> str:
        if partner_id not in self.secrets:
            raise LocalCloudError(
                f"There is no partner {partner_id}.", f"Choose one of {', '.join(self.secrets)}."
            )
        return self.secrets[partner_id]["base_url"]


def running(run_dir: Path) -> Partners | None:
    """Find the partners of the emulator that holds this run directory; None if there are none."""
    found = emulator.running(run_dir)
    try:
        return Partners(json.loads(_file(run_dir, found.pid).read_text())) if found else None
    except FileNotFoundError:
        return None


def start(settings: Settings) -> Partners:
    """Serve the partners of the running emulator, unless they are served.

    Raises:
        LocalCloudError: the partners do not start, or the cloud is not up.
    """
    if found := running(settings.run_dir):
        return found
    host = emulator.running(settings.run_dir)
    log = settings.log("partners")
    if host is None:
        raise LocalCloudError("The local cloud is not up.", "Start it: `make run`, or `uv run rydes up`")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.rydes.simulators.partners", str(settings.run_dir), str(host.pid)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for the owner of the emulator
        )
    give_up = time.monotonic() + _SECONDS_TO_START
    while not (found := running(settings.run_dir)):
        if process.poll() is not None or time.monotonic() > give_up:
            process.kill()
            raise LocalCloudError("The partners did not start.", f"See {log}")
        time.sleep(0.02)
    return found


def introduce(cloud: Cloud, partners: Partners) -> None:
    """Fill in the partners' secrets, as people do by hand on AWS."""
    secretsmanager = cloud.client("secretsmanager")
    for id_, values in partners.secrets.items():
        secretsmanager.put_secret_value(
            SecretId=cloud.names.of(f"{PARTNER_SECRET_PREFIX}{id_}"), SecretString=json.dumps(dict(values))
        )


def _file(run_dir: Path, pid: int) -> Path:
    return run_dir / f"partners-{pid}.json"
