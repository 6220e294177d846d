"""Workers die by kill -9 while RFQs run: every RFQ completes, and every offered quote counts once."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self

import psutil

from infra.rydes.cloud import emulator
from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import Customer, Fleet, Place, Queues, key
from tests.support.trips import insistently

RFQS = 50
MOST_RFQS = 200
"""RFQs go on, one at a time, until every kind of worker has died: a fast machine is done with 50 before some were old
enough to be killed."""

CUSTOMERS = 4
"""At once. Each call that finds no idle worker starts one, and a laptop has room for few."""
KILLS_OF_EACH = 6
SPARED_FOR = 2.5
"""Seconds a worker lives at least: on a busy machine it needs them to start, and none would ever be of use."""

UNICORNS = 5
RESPOND_WITHIN = 900
"""Seconds, the most there are; a message of a killed worker is back after 9, and may meet the killer again."""

VICTIMS = ("ride-booking-outbox", "unicorn-mgmt-responder", "ride-booking-aggregator", "ride-booking-api")


@dataclass
class Killer:
    """Kills a worker every so often, of the function that has lost the fewest, until stopped."""

    cloud: Cloud
    pause: float
    kills: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(1)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    @property
    def spared(self) -> set[str]:
        """The functions that have not lost a worker yet."""
        return set(VICTIMS) - set(self.kills)

    def _run(self) -> None:
        while not self._stopping.wait(self.pause):
            alive = [found for found in workers(self.cloud) if self.kills.get(found[0], 0) < KILLS_OF_EACH]
            self._random.shuffle(alive)
            if alive:
                name, worker = min(alive, key=lambda found: self.kills.get(found[0], 0))
                worker.kill()
                self.kills[name] = self.kills.get(name, 0) + 1


def workers(cloud: Cloud) -> list[tuple[str, psutil.Process]]:
    """The running workers of the functions that may die, as (function, process)."""
    state = emulator.running(cloud.settings.run_dir)
    assert state is not None
    found = []
    for process in psutil.Process(state.pid).children(recursive=True):
        try:
            name = process.environ().get("AWS_LAMBDA_FUNCTION_NAME", "")
            age = time.time() - process.create_time()
        except psutil.Error:
            continue  # it ended while we looked
        if name in VICTIMS and age > SPARED_FOR:
            found.append((name, process))
    return found


def test_killing_workers_loses_nothing(cloud: Cloud, fleet: Fleet, queues: Queues) -> None:
    place = Place.new()
    unicorns = {fleet.unicorn(place) for _ in range(UNICORNS)}
    customer = Customer(cloud)

    def submit(_: int) -> str:
        """Submit as a client does that knows how: with a key, again after an answer that says nothing."""
        time.sleep(0.8)
        body, headers = place.ride(**{"respond-within": RESPOND_WITHIN}), key()
        answer = insistently(lambda: customer.http.post("/instant-ride-rfqs", json=body, headers=headers))
        assert answer.status_code == 202, answer.text
        return answer.headers["Location"]

    with Killer(cloud, pause=0.2) as killer, ThreadPoolExecutor(CUSTOMERS) as pool:
        rfqs = list(pool.map(submit, range(RFQS)))
        while killer.spared and len(rfqs) < MOST_RFQS:
            rfqs.append(submit(len(rfqs)))

    assert not killer.spared, "every kind of worker has died at least once"
    assert len(set(rfqs)) == len(rfqs)
    for rfq in rfqs:
        result = customer.result(rfq)
        assert {quote["responder-id"] for quote in result["quotes"]} == unicorns
        assert result["responders"] == {
            "asked": UNICORNS, "quoted": UNICORNS, "declined": 0, "silent": 0, "late": 0
        }  # fmt: skip
    ids = {rfq.rpartition("/")[2] for rfq in rfqs}
    for queue in ("unicorn-mgmt-inbox", "wild-rydes-reply-ride-booking", "ride-booking-deadlines"):
        assert not [m for m in queues.dead_letters(queue) if any(rfq in m["Body"] for rfq in ids)]
