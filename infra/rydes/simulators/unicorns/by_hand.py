"""Unicorns that price by hand: a dozen over Seattle, in a process of their own, on the public API and socket.

Each takes its time, declines some rides, loses its connection now and then, and comes back to answer. Each
asks again and again what there is to do, since whatever comes over a socket may be lost. It makes the rides
that it gets. With the same seed (``RYDES_SEED``) all decide alike on every run. The hermit
at Mount Rainier is connected, is asked, and never answers.

``python -m infra.rydes.simulators.unicorns.by_hand`` runs them until the cloud of this run directory is down.
"""

import asyncio
import fcntl
import json
import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from infra.rydes.cloud import emulator
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import ROOT, Settings
from infra.rydes.simulators.unicorns.drivers import drive
from infra.rydes.simulators.unicorns.registry import AT_ONCE, Unicorn, by_hand, hermit

SECONDS_TO_CONNECT = 60.0
SECONDS_AWAY = 0.5
SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_BETWEEN_QUESTIONS = 20.0
SECONDS_OF_SILENCE = 20.0
"""After a question that long without an answer the line is dead. On a phone it would be 5; a laptop may be busy."""
SECONDS_OF_A_RIDE = (0.5, 1.5)
_KM_PER_DEGREE = 111.195
_SPEED_KMH = 60


@dataclass(frozen=True)
class Decision:
    """What a unicorn does when invited: it may disconnect; after `delay` seconds it declines or quotes."""

    delay: float
    declines: bool
    disconnects: bool
    factor: float
    """The quoted price as a share of what the rate card asks."""


def decide(seed: int, name: str, number: int) -> Decision:
    """Decide on a unicorn's invitation, by the unicorn's name and the invitation's number."""
    dice = random.Random(f"{seed}/{name}/{number}")  # noqa: S311 - a simulation
    return Decision(
        delay=dice.uniform(0.2, 1.2),
        declines=dice.random() < 0.15,  # noqa: PLR2004
        disconnects=dice.random() < 0.1,  # noqa: PLR2004
        factor=dice.uniform(0.7, 1.1),
    )


def answer(unicorn: Unicorn, invitation: Mapping[str, Any], decision: Decision) -> dict[str, object]:
    """Write the unicorn's answer as the API wants it."""
    if decision.declines:
        return {"decline": "not-in-the-mood"}
    start, end = ((float(invitation[key]["lat"]), float(invitation[key]["lon"])) for key in ("from", "to"))
    fare = max(float(unicorn.minimum), float(unicorn.base) + float(unicorn.per_km) * _km(start, end))
    return {
        "price": {"amount": f"{fare * decision.factor:.2f}", "currency": "USD"},
        "pickup-in-seconds": math.ceil(_km((unicorn.lat, unicorn.lon), start) / _SPEED_KMH * 3600),
    }


def _km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Measure as the crow flies; exact enough within a city."""
    east = (b[1] - a[1]) * math.cos(math.radians((a[0] + b[0]) / 2))
    return math.hypot(b[0] - a[0], east) * _KM_PER_DEGREE


class HandPricingUnicorn:
    """The app of one unicorn that prices by hand."""

    def __init__(self, cloud: Cloud, unicorn: Unicorn, seed: int, silent: bool) -> None:
        self._cloud, self._unicorn, self._seed, self._silent = cloud, unicorn, seed, silent
        self._api = httpx.AsyncClient(base_url=cloud.url("unicorn-api"), timeout=30)
        self._id = ""
        self._invitations: dict[str, int] = {}
        self._pricing: dict[str, asyncio.Task[None]] = {}
        self._rides: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.ready = asyncio.Event()

    async def live(self, starting: asyncio.Semaphore) -> None:
        """Register, and stay connected for ever."""
        while True:
            try:
                await self._stay(starting)
            except (OSError, ConnectionClosed, InvalidHandshake, httpx.HTTPError) as error:
                self._say(f"away: {type(error).__name__}")
            await asyncio.sleep(SECONDS_AWAY)

    async def _stay(self, starting: asyncio.Semaphore) -> None:
        """Connect, and act on the socket's messages until the connection ends."""
        url = self._cloud.url("unicorn-socket")
        async with starting:
            token = await self._sign_in()
            if not self._id:
                await self._register()
            socket = await connect(url, additional_headers={"Authorization": token}, open_timeout=30)
        answered = asyncio.Event()
        asking = self._spawn(self._ask(socket, answered))
        try:
            self.ready.set()
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "snapshot":
                    answered.set()
                self._hear(message, socket)
        finally:
            asking.cancel()
            await socket.close()

    async def _ask(self, socket: ClientConnection, answered: asyncio.Event) -> None:
        """Ask what there is to do, again and again. Close a line over which no answer comes."""
        with suppress(ConnectionClosed):
            while True:
                answered.clear()
                await socket.send(json.dumps({"action": "resume"}))
                try:
                    await asyncio.wait_for(answered.wait(), SECONDS_OF_SILENCE)
                except TimeoutError:
                    self._say("the line is dead")
                    await socket.close()
                    return
                await asyncio.sleep(SECONDS_BETWEEN_QUESTIONS)

    def _hear(self, message: Mapping[str, Any], socket: ClientConnection) -> None:
        """Act on a message, unless that was done before."""
        match message["type"]:
            case "invitation":
                self._begin_to_price(message, socket)
            case "invitation-closed":
                self._forget(message["rfq-id"])
            case "ride":
                self._spawn(self._make_ride(message["ride-id"], message["links"]))
            case "snapshot":
                for invitation in message["invitations"]:
                    self._begin_to_price(invitation, socket)
                if ride := message.get("ride"):
                    self._spawn(self._make_ride(ride["ride-id"], ride["links"]))

    def _begin_to_price(self, invitation: Mapping[str, Any], socket: ClientConnection) -> None:
        rfq = invitation["rfq-id"]
        if not self._silent and rfq not in self._invitations:
            self._invitations[rfq] = len(self._invitations)
            self._pricing[rfq] = self._spawn(self._price(invitation, socket))

    def _forget(self, rfq: str) -> None:
        """Think no more about an RFQ that is over."""
        if pricing := self._pricing.pop(rfq, None):
            pricing.cancel()

    async def _price(self, invitation: Mapping[str, Any], socket: ClientConnection) -> None:
        """Answer an invitation."""
        rfq = invitation["rfq-id"]
        decision = decide(self._seed, self._unicorn.name, self._invitations[rfq])
        if decision.disconnects:
            await socket.close()
        await asyncio.sleep(decision.delay)
        del self._pricing[rfq]  # what is sent is not taken back
        body = answer(self._unicorn, invitation, decision)
        answered = await self._api.post(invitation["links"]["answers"], json=body)
        self._say(f"{rfq}: {body} -> {answered.status_code}")

    async def _make_ride(self, ride: str, links: Mapping[str, str]) -> None:
        """Make and complete the ride, unless it was made before."""
        if ride in self._rides:
            return
        self._rides.add(ride)
        dice = random.Random(f"{self._seed}/{self._unicorn.name}/drive/{len(self._rides)}")  # noqa: S311
        await asyncio.sleep(dice.uniform(*SECONDS_OF_A_RIDE))
        completed = await self._api.post(links["completion"])
        self._say(f"{ride}: completed -> {completed.status_code}")

    async def _sign_in(self) -> str:
        token = await asyncio.to_thread(self._cloud.token, self._unicorn.user, "unicorns")
        self._api.headers["Authorization"] = token
        return token

    async def _register(self) -> None:
        known = (await self._api.post("/unicorns", json=self._unicorn.registration())).raise_for_status()
        self._id = known.json()["id"]
        position = {"lat": self._unicorn.lat, "lon": self._unicorn.lon, "available": True}
        (await self._api.put(f"/unicorns/{self._id}/position", json=position)).raise_for_status()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _say(self, what: str) -> None:
        print(f"{self._unicorn.name:<12}{what}", flush=True)


async def run_all(settings: Settings, emulator_pid: int, seed: int) -> None:
    """Run all unicorns until that emulator has ended."""
    cloud, starting = Cloud.find(settings), asyncio.Semaphore(AT_ONCE)
    unicorns = [HandPricingUnicorn(cloud, unicorn, seed, silent=False) for unicorn in by_hand()]
    unicorns.append(HandPricingUnicorn(cloud, hermit(), seed, silent=True))
    lives = [asyncio.create_task(unicorn.live(starting)) for unicorn in unicorns]
    lives.append(asyncio.create_task(drive(cloud)))
    try:
        all_ready = asyncio.gather(*(unicorn.ready.wait() for unicorn in unicorns))
        awaited: list[asyncio.Future[Any]] = [all_ready, *lives]
        done, _ = await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        for finished in done:
            finished.result()  # a unicorn that ended before all were connected has failed
        _ready_file(settings).write_text(str(emulator_pid))
        while _emulator_pid(settings) == emulator_pid:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
    finally:
        for life in lives:
            life.cancel()


def start(settings: Settings) -> None:
    """Start the process, unless it runs for this environment, and wait until all unicorns are connected.

    Raises:
        LocalCloudError: the unicorns are not connected in time.
    """
    log, wanted = settings.log("unicorns"), str(_emulator_pid(settings))
    environment = {
        **os.environ,
        "RYDES_DIR": str(settings.run_dir),
        "RYDES_PORT": str(settings.port),
        "RYDES_ENV": settings.names.environment,
        "PYTHONPATH": str(ROOT),
    }
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.rydes.simulators.unicorns.by_hand"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # the process ends with the cloud, not with Ctrl-C
        )
    give_up = time.monotonic() + SECONDS_TO_CONNECT
    while not (_ready_file(settings).exists() and _ready_file(settings).read_text() == wanted):
        if process.poll() not in (None, 0) or time.monotonic() > give_up:
            process.kill()
            raise LocalCloudError("The simulated unicorns did not connect.", f"See {log}")
        time.sleep(0.05)


def main() -> None:
    """Run the unicorns, unless they run. The process of an earlier cloud may still be ending."""
    settings = Settings.from_environment()
    pid = _emulator_pid(settings)
    if pid is None:
        sys.exit("The local cloud is not up.")
    with (settings.run_dir / settings.names.of("unicorns.lock")).open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if _ready_file(settings).exists() and _ready_file(settings).read_text() == str(pid):
                    return
                time.sleep(SECONDS_BETWEEN_LOOKS)
        with suppress(KeyboardInterrupt):
            asyncio.run(run_all(settings, pid, int(os.environ.get("RYDES_SEED", "1"))))


def _emulator_pid(settings: Settings) -> int | None:
    found = emulator.running(settings.run_dir)
    return found.pid if found else None


def _ready_file(settings: Settings) -> Path:
    """Return the file that has the pid of the emulator to which all are connected."""
    return settings.run_dir / settings.names.of("unicorns.ready")


if __name__ == "__main__":
    main()
