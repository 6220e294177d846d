"""A local cloud of a bench's own, with places where a known number of unicorns stands by."""

import socket
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from infra.rydes.cloud import emulator
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.progress import Progress
from infra.rydes.cloud.settings import Settings
from infra.rydes.cloud.up import up
from infra.rydes.scenarios.rfq import Place

RATE_CARD = {
    "base": {"amount": "3.50", "currency": "USD"},
    "per-km": {"amount": "1.20", "currency": "USD"},
    "minimum": {"amount": "8.00", "currency": "USD"},
}


@dataclass(frozen=True)
class Site:
    """A place with just `responders` unicorns on auto-quote in reach."""

    lat: float
    lon: float
    responders: int

    @property
    def ride(self) -> dict[str, Any]:
        """The request body's places: a typical ride of about 19 km."""
        return {
            "from": {"lat": self.lat, "lon": self.lon, "label": "Space Needle"},
            "to": {"lat": self.lat - 0.17, "lon": self.lon + 0.04, "label": "Sea-Tac airport"},
        }


class BenchCloud:
    """A cloud, and the calls a bench makes of its APIs."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.port = cloud.settings.port
        self.client = cloud.client
        self._sites = 0
        self.bytes_out = 0
        """What the APIs have answered, headers included."""
        self._http = httpx.Client(
            timeout=120,  # a busy machine takes that long for the first calls
            limits=httpx.Limits(max_connections=100),
            event_hooks={"response": [self._count_bytes]},
        )
        self._customer = {"Authorization": cloud.token("bench-customer", "customers")}

    def site(self, responders: int, at: Place | None = None) -> Site:
        """A new place, far from all others if none is given, with this many unicorns registered through their API."""
        self._sites += 1
        at = at or Place(47.6205 - 3 * self._sites, -122.3493)
        site = Site(at.lat, at.lon, responders)
        with ThreadPoolExecutor(2) as pool:  # each call at once starts a worker
            list(pool.map(lambda i: self._register(site, i), range(responders)))
        return site

    def submit(self, site: Site, respond_within: int) -> str:
        """Submit an RFQ; its id."""
        answer = self._http.post(
            f"{self.cloud.urls['rfq-api']}/instant-ride-rfqs",
            json={**site.ride, "respond-within": respond_within},
            headers={**self._customer, "Idempotency-Key": str(uuid.uuid4())},
        )
        answer.raise_for_status()
        return answer.headers["Location"].rpartition("/")[2]

    def done(self, rfq_id: str) -> bool:
        """Whether the RFQ is completed."""
        answer = self._http.get(
            f"{self.cloud.urls['rfq-api']}/instant-ride-rfqs/{rfq_id}", headers=self._customer
        )
        return answer.status_code == httpx.codes.SEE_OTHER

    def result(self, rfq_id: str) -> Mapping[str, Any]:
        """The result of a completed RFQ."""
        return self._get(f"/instant-ride-rfqs/{rfq_id}/result")

    def quotes(self, rfq_id: str) -> list[Mapping[str, Any]]:
        """The quotes so far."""
        found: list[Mapping[str, Any]] = self._get(f"/instant-ride-rfqs/{rfq_id}/quotes")["quotes"]
        return found

    def _get(self, path: str) -> Mapping[str, Any]:
        """What the API shows; asked again when it is too busy to answer, as a client should."""
        for _ in range(5):
            answer = self._http.get(f"{self.cloud.urls['rfq-api']}{path}", headers=self._customer)
            if answer.status_code < 500:
                break
            time.sleep(0.5)
        answer.raise_for_status()
        found: Mapping[str, Any] = answer.json()
        return found

    def _count_bytes(self, response: httpx.Response) -> None:
        headers = sum(len(name) + len(value) + 4 for name, value in response.headers.raw)
        self.bytes_out += headers + len(response.read())

    def _register(self, site: Site, number: int) -> None:
        headers = {"Authorization": self.cloud.token(f"bench-{self._sites}-{number}", "unicorns")}
        api = self.cloud.urls["unicorn-api"]
        body = {"name": f"Unicorn {number:03}", "rate-card": RATE_CARD, "auto-quote": True}
        answer = self._http.post(f"{api}/unicorns", json=body, headers=headers)
        answer.raise_for_status()
        position = {"lat": site.lat + 0.0002 * number, "lon": site.lon + 0.0001, "available": True}
        self._http.put(
            f"{api}/unicorns/{answer.json()['id']}/position", json=position, headers=headers
        ).raise_for_status()


@contextmanager
def bench_cloud() -> Iterator[BenchCloud]:
    """Bring up a cloud on a free port with a run directory of its own; it ends with the context."""
    with tempfile.TemporaryDirectory(prefix="rydes-bench-") as directory:
        settings = Settings(_free_port(), Path(directory))
        cloud, emulator_process = up(settings, Progress(Console(stderr=True)), owned=True)
        try:
            yield BenchCloud(cloud)
        finally:
            emulator.stop(settings.run_dir)
            if emulator_process:
                emulator_process.wait(timeout=10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
