"""Runs RFQs and what follows them, and counts the units."""

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import track

from tests.bench.bench_cloud import BenchCloud, Site
from tests.bench.cost import rest_of_the_bill as rest
from tests.bench.cost.event_sources import EventSources
from tests.bench.cost.function_logs import FunctionLogs
from tests.bench.cost.meter import Units, api_calls, convention, function_calls, indexes, stored, whole
from tests.bench.cost.prices import HTTP, OUT, REST
from tests.bench.cost.recorder import Recorder

console = Console()

RESPOND_WITHIN = 20
"""Seconds; also how long after an RFQ its deadline message comes and costs."""

APART = 4.0
"""Seconds between RFQs that shall not meet: longer than any batching window, so that no two share a batch."""


_PATIENCE = 120
"""Seconds for which something is waited for that a busy machine takes long for. RFQs that were late fail all the same."""


@dataclass(frozen=True)
class Measurement:
    """What `runs` RFQs with `responders` responders each took, or rides, or whatever `name` says."""

    name: str
    responders: int
    runs: int
    units: Units
    batch_sizes: Mapping[str, list[int]]

    milliseconds: Mapping[str, float]
    """What an invocation of each function is billed for, on average."""

    @property
    def convention(self) -> float:
        """Dollars per million runs, as the lab was counted."""
        return convention(self.units, self.runs)

    @property
    def whole(self) -> float:
        """Dollars per million runs, as AWS bills them."""
        return whole(self.units, self.runs)


class Bench:
    """RFQs through a cloud whose functions' calls are recorded."""

    def __init__(self, cloud: BenchCloud, recorder: Recorder, sources: EventSources) -> None:
        self._cloud, self._recorder, self._sources = cloud, recorder, sources
        self._indexes = indexes(cloud.client("dynamodb"))
        self._logs = FunctionLogs(cloud.client("logs"))
        self._memory = {
            function["FunctionName"]: function["MemorySize"]
            for page in cloud.client("lambda").get_paginator("list_functions").paginate()
            for function in page["Functions"]
        }
        self._api_kind = kind_of_api(cloud.client("apigatewayv2"), "rfq-api")
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
        return self.api_calls(2)

    def api_calls(self, count: int) -> Units:
        """Units of calls of our APIs, with their lines in the access log."""
        units = api_calls(count, self._api_kind)
        units.add(rest.access_logged(count))
        return units

    def wait_until(self, rfq_id: str, status: str) -> None:
        """Until an RFQ has this status, as its stream tells."""
        give_up = time.monotonic() + _PATIENCE
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
        self._recorder.reset()
        self._logs.reset()
        self._cloud.bytes_out = 0

    def _measured(self, name: str, responders: int, runs: int, outside: Units) -> Measurement:
        units = Units(self._sources.units)
        units.add(outside)
        units.add(function_calls(self._recorder.calls))
        records = self._sources.stream_records.values()
        units.add(stored(records, self._indexes))
        units.add(rest.kept(records, time.time()))
        units.add(rest.archived(self._recorder.calls))
        units.add({OUT: self._cloud.bytes_out / 1000})
        lines = self._logs.lines()
        units.add(rest.logged(line for some in lines.values() for line in some))
        worked = self._worked(lines)
        units.add(rest.worked(worked.values()))
        return Measurement(
            name,
            responders,
            runs,
            units,
            dict(self._sources.batch_sizes),
            {function: work.milliseconds for function, work in worked.items()},
        )

    def _worked(self, lines: Mapping[str, Sequence[str]]) -> Mapping[str, rest.Worked]:
        """What each function has done that has logged something."""
        cpu, operations = self._recorder.cpu_ms(), rest.operations(self._recorder.calls)
        return {
            function: rest.Worked(
                rest.invocations(some),
                cpu.get(function, 0),
                self._memory[function],
                operations.get(function, ()),
            )
            for function, some in lines.items()
            if some
        }


def kind_of_api(gateway: Any, name: str) -> str:
    """Tell whether an API is an HTTP API, or else a REST API: prices differ."""
    protocols = {api["Name"]: api["ProtocolType"] for api in gateway.get_apis().get("Items", [])}
    return HTTP if protocols.get(name) == "HTTP" else REST
