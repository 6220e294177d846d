"""What is seen from the side while load comes: queues, workers, and who has the processors."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

import psutil

from infra.rydes.cloud import emulator
from infra.rydes.cloud.cloud import Cloud

SECONDS = 2.0
"""Between two looks. Each is a call for every queue, which the emulator answers on the processor that it has for the load."""
_DEAD = ("-dlq", "-parking")


@dataclass(frozen=True)
class Gauge:
    """One look: messages of each queue, visible and in flight; processors that are busy for each; workers; memory in MB."""

    at: float
    depths: dict[str, int]
    processors: dict[str, float]
    workers: int
    memory: float


class Gauges:
    """Looks every two seconds as long as its context lasts."""

    def __init__(self, cloud: Cloud, generator: int) -> None:
        self.seen: list[Gauge] = []
        self._sqs = cloud.client("sqs")
        queues = cloud.all_queues()
        self._alive = {name: url for name, url in queues.items() if not name.endswith(_DEAD)}
        self._dead = {name: url for name, url in queues.items() if name.endswith(_DEAD)}
        found = emulator.running(cloud.settings.run_dir)
        assert found is not None
        self._emulator, self._generator = psutil.Process(found.pid), psutil.Process(generator)
        self._before: dict[int, float] = {}
        self._whole = (time.monotonic(), _busy())
        self._processors()  # from now on
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)

    def __enter__(self) -> Self:
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def dead_letters(self) -> dict[str, int]:
        """Messages in each dead-letter and parking queue that has any."""
        return {name: depth for name, depth in self._depths(self._dead).items() if depth}

    def _look_on(self) -> None:
        while not self._over.wait(SECONDS):
            self._look()

    def _look(self) -> None:
        depths, processors, workers = self._depths(self._alive), self._processors(), self._workers()
        memory = self._emulator.memory_info().rss / 1e6
        self.seen.append(Gauge(time.time(), depths, processors, len(workers), memory))

    def _depths(self, queues: dict[str, str]) -> dict[str, int]:
        with ThreadPoolExecutor(2) as pool:
            return dict(zip(queues, pool.map(self._depth, queues.values()), strict=True))

    def _depth(self, url: str) -> int:
        """Without what is delayed: a timer that has not run out waits for nobody."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(count) for count in found.values())

    def _workers(self) -> list[psutil.Process]:
        return [child for child in self._emulator.children(recursive=True) if child.is_running()]

    def _processors(self) -> dict[str, float]:
        """How many processors were busy for whom since the last look. A process that came and went in between is among the others."""
        now, busy = time.monotonic(), _busy()
        (then, before), self._whole = self._whole, (now, busy)
        used = {
            "emulator": self._used([self._emulator]),
            "functions": self._used(self._workers()),
            "generator": self._used([self._generator]),
            "driver": self._used([psutil.Process()]),
        }
        shares = {who: seconds / (now - then) for who, seconds in used.items()}
        return {**shares, "others": max(0.0, (busy - before) / (now - then) - sum(shares.values()))}

    def _used(self, processes: list[psutil.Process]) -> float:
        total = 0.0
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                used = times.user + times.system
                total += used - self._before.get(process.pid, 0.0)
                self._before[process.pid] = used
        return total


def _busy() -> float:
    """Seconds for which the machine's processors were busy, all together."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))
