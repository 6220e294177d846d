"""From a quote's write to the customer's socket: `uv run python -m tests.bench.push`.

Unicorns that price by hand answer one after the other, and customers watch over the RFQ socket. The clock starts when the
aggregator sends the write that takes a quote in, and stops when a watcher has the update of that very revision: the
write itself, the table's stream, the notifier and the socket lie between. Runs on a local cloud of its own.
"""

import argparse
import threading
import time
from collections.abc import Callable, Sequence
from statistics import median, quantiles

from rich.console import Console
from rich.progress import track
from rich.table import Table
from websockets.exceptions import ConnectionClosed

from infra.rydes.cloud.cloud import Cloud
from tests.bench.bench_cloud import bench_cloud
from tests.support.aws_proxy import AwsProxy, Request, Response
from tests.support.clients import Connection, Customer, Fleet, Place, Unicorn
from tests.support.sockets import Socket

AGGREGATOR = "ride-booking-aggregator"
WATCHERS = (1, 10)
"""Connections that watch one RFQ: a customer's usual one, and as many as may."""

APART = 0.15
"""Seconds between two answers, so that each is a write of its own."""

Revision = tuple[str, int]

console = Console()


class Writes(AwsProxy):
    """When the aggregator has sent each write, by RFQ and revision."""

    def __init__(self, upstream_port: int) -> None:
        super().__init__(upstream_port)
        self.at: dict[Revision, float] = {}

    def exchange(self, request: Request, forward: Callable[[], Response]) -> Response:
        """Note the time, and forward."""
        began = time.perf_counter()
        answer = forward()
        if request.operation == "UpdateItem" and answer.status < 300:
            values = request.content["ExpressionAttributeValues"]
            self.at[request.content["Key"]["id"]["S"], int(values[":revision"]["N"])] = began
        return answer


class Watcher:
    """A connection that watches one RFQ, and when it had which revision first."""

    def __init__(self, cloud: Cloud, customer: Customer, rfq_id: str) -> None:
        self.at: dict[Revision, float] = {}
        self._socket = Socket(cloud, customer).__enter__()
        self._revision = self._socket.subscribe(rfq_id=rfq_id)["revision"]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Watch no longer."""
        self._socket.__exit__(None, None, None)
        self._thread.join()

    def _listen(self) -> None:
        while True:
            try:
                update = self._socket.receive()
            except (ConnectionClosed, TimeoutError):
                return
            self.at.setdefault((update["rfq-id"], update["revision"]), time.perf_counter())
            if update["status"] == "completed":
                return


class Bench:
    """RFQs at one place, where everybody prices by hand."""

    def __init__(self, cloud: Cloud, writes: Writes, quotes: int) -> None:
        self._cloud, self._writes = cloud, writes
        self._customer, self._place = Customer(cloud), Place.new()
        fleet = Fleet(cloud)
        self._unicorns: list[tuple[Unicorn, Connection]] = []
        for _ in range(quotes):
            unicorn = fleet.register(self._place, auto_quote=False)
            self._unicorns.append((unicorn, fleet.connect(unicorn)))
        self.close = fleet.close

    def rfq(self, watchers: int) -> list[float]:
        """The milliseconds of each update of one RFQ at each of its watchers."""
        rfq = self._customer.submit(self._place, **{"respond-within": 60})
        rfq_id = rfq.rpartition("/")[2]
        for _, app in self._unicorns:
            app.expect(rfq)
        watching = [Watcher(self._cloud, self._customer, rfq_id) for _ in range(watchers)]
        for unicorn, _ in self._unicorns:
            price = {"amount": "12.50", "currency": "USD"}
            unicorn.answer(rfq, {"price": price, "pickup-in-seconds": 240}).raise_for_status()
            time.sleep(APART)
        self._customer.result(rfq)
        for watcher in watching:
            watcher.close()
        return [
            (seen - self._writes.at[revision]) * 1000
            for watcher in watching
            for revision, seen in watcher.at.items()
            if revision in self._writes.at
        ]


def report(measured: dict[int, Sequence[float]]) -> None:
    """Print the distribution."""
    table = Table("watchers of the RFQ", title="Milliseconds from a quote's write to the customer's socket")
    for name in ("n", "median", "p90", "p99", "max"):
        table.add_column(name, justify="right")
    for watchers, times in measured.items():
        hundredths = quantiles(times, n=100, method="inclusive")
        shown = (median(times), hundredths[89], hundredths[98], max(times))
        table.add_row(str(watchers), str(len(times)), *(f"{t:.0f}" for t in shown))
    console.print(table)


def main() -> None:
    """Run the RFQs and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rfqs", type=int, default=30, help="for each number of watchers")
    arguments.add_argument("--quotes", type=int, default=8, help="of each RFQ")
    options = arguments.parse_args()
    with bench_cloud() as cloud:
        writes = Writes(cloud.port)
        with writes.between(cloud.client("lambda"), [AGGREGATOR]):
            bench = Bench(cloud.cloud, writes, options.quotes)
            for _ in range(3):
                bench.rfq(1)  # warm up every function
            measured: dict[int, Sequence[float]] = {
                watchers: [
                    ms
                    for _ in track(
                        range(options.rfqs), f"{watchers} watching", console=console, transient=True
                    )
                    for ms in bench.rfq(watchers)
                ]
                for watchers in WATCHERS
            }
            bench.close()
        report(measured)


if __name__ == "__main__":
    main()
