"""Runs RFQs and what follows them, and counts the units."""

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rich.console import Console
from rich.progress import track

from tests.bench.bench_cloud import BenchCloud, Site
from tests.bench.cost.event_sources import EventSources
from tests.bench.cost.meter import Units, api_calls, dollars_per_million, function_calls, indexes, stored
from tests.bench.cost.recorder import Recorder

console = Console()

RESPOND_WITHIN = 20
"""Seconds; also how long after an RFQ its deadline message comes and costs."""

APART = 4.0
"""Seconds between RFQs that shall not meet: longer than any batching window, so that no two share a batch."""


@dataclass(frozen=True)
class Measurement:
    """What `runs` RFQs with `responders` responders each took, or rides, or whatever `name` says."""

    name: str
    responders: int
    runs: int
    units: Units
    batch_sizes: Mapping[str, list[int]]

    @property
    def dollars(self) -> float:
        """Per million runs."""
        return dollars_per_million(self.units, self.runs)


class Bench:
    """RFQs through a cloud whose functions' calls are recorded."""

    def __init__(self, cloud: BenchCloud, recorder: Recorder, sources: EventSources) -> None:
        self._cloud, self._recorder, self._sources = cloud, recorder, sources
        self._indexes = indexes(cloud.client("dynamodb"))
        # A batch completes ten RFQs at once; ten customers at once would each start a worker of the API.
        self._at_the_api = threading.BoundedSemaphore(3)

    def one_at_a_time(self, site: Site, rfqs: int) -> Measurement:
        """RFQs that share no batch with one another."""
        return self.apart("one at a time", site.responders, [lambda: self._rfq(site)] * rfqs)

    def apart(
        self, name: str, responders: int, runs: Sequence[Callable[[], Units]], wait: int = RESPOND_WITHIN
    ) -> Measurement:
        """Runs that share no batch with one another, and timers that come up to `wait` seconds later.

        A run returns the units of what was called from outside.
        """
        time.sleep(1)  # what was written before passes through the streams
        self._reset()
        outside = Units()
        for run in track(runs, f"N = {responders}, {name}", console=console, transient=True):
            next_one = time.monotonic() + APART
            outside.add(run())
            time.sleep(max(0.0, next_one - time.monotonic()))
        self.wait_for_timers(wait)
        return self._measured(name, responders, len(runs), outside)

    def steady(self, site: Site, per_second: float, seconds: int, dilation: float) -> Measurement:
        """RFQs at a steady rate, everything that has to do with time slowed down by `dilation`."""
        self._sources.dilation = dilation
        self._reset()
        rfqs = int(per_second * seconds)
        start = time.monotonic()
        name = f"{per_second:g} a second"
        outside = Units()
        with ThreadPoolExecutor(128) as pool:
            futures = []
            for i in track(range(rfqs), f"N = {site.responders}, {name}", console=console, transient=True):
                time.sleep(max(0.0, start + i * dilation / per_second - time.monotonic()))
                futures.append(pool.submit(self._rfq, site))
            for future in futures:
                outside.add(future.result())
        self.wait_for_timers(RESPOND_WITHIN)
        self._sources.dilation = 1
        return self._measured(name, site.responders, rfqs, outside)

    def _rfq(self, site: Site) -> Units:
        """Submit, wait without calling anything, look at the result once: the two API calls that are counted."""
        with self._at_the_api:
            rfq_id = self._cloud.submit(site, respond_within=RESPOND_WITHIN)
        self.wait_until(rfq_id, "completed")
        with self._at_the_api:
            result = self._cloud.result(rfq_id)
        if len(result["quotes"]) != site.responders or result["completed-by"] != "all-answered":
            sys.exit(f"RFQ {rfq_id} is not as expected: {result}")
        return api_calls(2)

    def wait_until(self, rfq_id: str, status: str) -> None:
        """Until an RFQ has this status, as its stream tells."""
        give_up = time.monotonic() + RESPOND_WITHIN + 5
        while time.monotonic() < give_up:
            if self._sources.failures:
                sys.exit(f"an event source failed: {self._sources.failures[0]}")
            if (rfq_id, status) in self._sources.reached:
                return
            time.sleep(0.02)
        sys.exit(f"RFQ {rfq_id} was not {status} in time")

    def wait_for_timers(self, seconds: int) -> None:
        """Until timers of so many seconds, set just now, have come."""
        for _ in track(range(seconds + 6), "the timers", console=console, transient=True):
            time.sleep(1)

    def _reset(self) -> None:
        self._sources.reset()
        self._recorder.calls.clear()

    def _measured(self, name: str, responders: int, runs: int, outside: Units) -> Measurement:
        units = Units(self._sources.units)
        units.add(outside)
        units.add(function_calls(self._recorder.calls))
        units.add(stored(self._sources.stream_records.values(), self._indexes))
        return Measurement(name, responders, runs, units, dict(self._sources.batch_sizes))
