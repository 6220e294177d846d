"""The faults of a storm: between functions and AWS, of their workers, and of partners."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle
from typing import Final, Self

import psutil

from infra.rydes.cloud import emulator
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import SERVICES as OURS
from infra.rydes.cloud.workers import Worker
from infra.rydes.simulators.partners.process import Partners
from tests.chaos.storm.plan import SERVICES, Plan, Spell
from tests.support.aws_proxy import Abandoned, AwsProxy, Request, Response, failed, throttled

DOUBLED: Final = frozenset({"SendMessage", "SendMessageBatch", "PutEvents", "PostToConnection"})
FROZEN: Final = (1.0, 12.0)
"""Seconds: some are longer than a message is hidden from others, which is nine."""
LATE: Final = (0.05, 0.5)
"""Seconds by which a call is late."""
KILLED, FROZE = "killed", "frozen"


@dataclass(frozen=True)
class Fault:
    """What was done to whom, in seconds since 1970. `what` is an operation of AWS, or empty for a worker."""

    at: float
    kind: str
    function: str
    what: str = ""


class Weather(AwsProxy):
    """AWS as functions see it in a storm, with workers that die and partners that break, in the spells of a plan."""

    def __init__(self, cloud: Cloud, plan: Plan, partners: Partners) -> None:
        super().__init__(cloud.settings.port)
        self._cloud, self._plan, self.partners = cloud, plan, partners
        self._dice = random.Random(plan.seed)
        self._lock = threading.Lock()
        self._spell: Spell | None = None
        self._over = threading.Event()
        self._running = [threading.Thread(target=work) for work in (self._change, self._hit)]
        self._frozen: dict[int, threading.Timer] = {}
        self._calls = 0
        self._started: set[Worker] = set()
        """Those that have called AWS. The emulator starts all workers of a function anew when one dies while it starts."""
        self.faults: list[Fault] = []
        self.began = self.ended = 0.0

    def __enter__(self) -> Self:
        self.began = time.time()
        for thread in self._running:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._running:
            thread.join()
        self._spell = None
        with self._lock:
            frozen = [*self._frozen.values()]
        for timer in frozen:
            timer.join()
        for partner in self._plan.spells[0].partners:
            self.partners.misbehave(partner, ride_seconds=1)
        self.ended = time.time()

    def spared(self, functions: Iterable[str]) -> set[str]:
        """Those of these functions that have not lost a worker yet."""
        return {*functions} - {fault.function for fault in [*self.faults] if fault.kind == KILLED}

    def exchange(self, request: Request, forward: Callable[[], Response]) -> Response:
        """Forward, unless something else is drawn."""
        match self._drawn(request):
            case "throttled":
                return throttled(request)
            case "failed":
                return failed(request)
            case "lost":
                forward()
                raise Abandoned
            case "slow":
                time.sleep(self._dice.uniform(*LATE))
            case "doubled":
                forward()
        return forward()

    def _drawn(self, request: Request) -> str:
        spell, caller = self._spell, request.caller
        if spell is None or caller is None:
            return ""
        shares = spell.calls[request.service if request.service in SERVICES else "others"]
        with self._lock:
            self._started.add(caller)
            self._calls += 1
            drawn = self._dice.random()
            for kind, share in shares.items():
                if kind == "doubled" and request.operation not in DOUBLED:
                    continue
                drawn -= share
                if drawn < 0:
                    operation = request.operation or request.method
                    self.faults.append(Fault(time.time(), kind, caller.function, operation))
                    return kind
        return ""

    def _change(self) -> None:
        for spell in cycle(self._plan.spells):
            self._spell = spell
            for partner, trouble in spell.partners.items():
                self.partners.misbehave(partner, **trouble)
                if trouble.keys() - {"ride_seconds"}:
                    name = next(iter(trouble))
                    self.faults.append(Fault(time.time(), f"partner: {name}", partner))
            if self._over.wait(spell.seconds):
                return

    def _hit(self) -> None:
        """Kill or freeze a worker once in so many calls, of the function that has suffered least."""
        hits: Counter[str] = Counter()
        due = 0
        while not self._over.wait(0.1):
            spell = self._spell
            if spell is None or self._calls < due:
                continue
            alive = workers(self._cloud)
            with self._lock:
                awake = [w for w in alive if w in self._started and w.pid not in self._frozen]
                self._dice.shuffle(awake)
            if not awake:
                continue
            due = self._calls + spell.hit_after
            worker = min(awake, key=lambda found: hits[found.function])
            freeze = self._dice.random() < spell.frozen
            hits[worker.function] += 1
            self.faults.append(Fault(time.time(), FROZE if freeze else KILLED, worker.function))
            if freeze:
                self._freeze(worker)
            else:
                worker.kill()

    def _freeze(self, worker: Worker) -> None:
        def thaw() -> None:
            worker.resume()
            with self._lock:
                self._frozen.pop(worker.pid, None)

        timer = threading.Timer(self._dice.uniform(*FROZEN), thaw)
        with self._lock:
            self._frozen[worker.pid] = timer
        worker.pause()
        timer.start()


def workers(cloud: Cloud) -> list[Worker]:
    """The running workers of our functions."""
    state = emulator.running(cloud.settings.run_dir)
    assert state is not None
    found = []
    for process in psutil.Process(state.pid).children(recursive=True):
        with suppress(psutil.Error):  # it ended while we looked
            name = process.environ().get("AWS_LAMBDA_FUNCTION_NAME", "")
            if name.startswith((*OURS,)):
                found.append(Worker(name, process.pid))
    return found
