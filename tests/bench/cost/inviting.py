"""What it takes to invite unicorns over their sockets: AWS requests of the responder for each, and how many at once."""

import sys
import threading
import time
from collections.abc import Callable

from infra.rydes.cloud.cloud import Cloud
from tests.bench.cost.bench import console
from tests.bench.cost.recorder import Recorder
from tests.support.aws_proxy import Request, Response
from tests.support.clients import Customer, Fleet, Place

RESPONDER = "unicorn-mgmt-responder"
UNICORNS = 50
RFQS = 3
MOST_REQUESTS = 1.2
"""For each unicorn."""


class Watch(Recorder):
    """Records calls, and how many pushes were under way at the same time."""

    def __init__(self, upstream_port: int) -> None:
        super().__init__(upstream_port)
        self._lock = threading.Lock()
        self._under_way = 0
        self.most_at_once = 0

    def exchange(self, request: Request, forward: Callable[[], Response]) -> Response:
        """Forward, record, answer."""
        if request.operation != "PostToConnection":
            return super().exchange(request, forward)
        with self._lock:
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            return super().exchange(request, forward)
        finally:
            with self._lock:
                self._under_way -= 1


def invite(cloud: Cloud) -> None:
    """Invite 50 connected unicorns to some RFQs, one after the other, and print what it took; exit if that is too much."""
    customer, fleet, place = Customer(cloud), Fleet(cloud), Place.new()
    watch = Watch(cloud.settings.port)
    counts = []
    with watch.between(cloud.client("lambda"), [RESPONDER]):
        apps = [fleet.connect(fleet.register(place, auto_quote=False)) for _ in range(UNICORNS)]
        for _ in range(1 + RFQS):  # the first looks up the URL of the return address
            watch.calls.clear()
            rfq = customer.submit(place, **{"respond-within": 5})
            for app in apps:
                app.expect(rfq)
            customer.result(rfq)
            counts.append(len(watch.calls))
            operations = [call.operation for call in watch.calls]
            time.sleep(1)
        fleet.close()
    per_unicorn = max(counts[1:]) / UNICORNS
    kinds = ", ".join(f"{operations.count(kind)} {kind}" for kind in dict.fromkeys(operations))
    console.print(
        f"An invitation to {UNICORNS} connected unicorns: {counts[1:]} AWS requests of the responder ({kinds}),"
        f" {per_unicorn:.2f} a unicorn (limit {MOST_REQUESTS}); {watch.most_at_once} pushes at once at most."
    )
    if per_unicorn > MOST_REQUESTS:
        sys.exit("An invitation takes too many requests.")
