"""The same, smaller, on a local cloud: `uv run python -m tests.bench.overload.cloud`, two minutes.

There a partner has two calls at once. Customers ask at twice what that holds, and RFQs are open for a few seconds. Then
quotes of the partner are booked while its circuit is forced open: how long does a customer wait to hear that another has to
do? Commits without shedding can be measured by copying this file there.
"""

import argparse
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from statistics import median, quantiles
from typing import Any

from rich.console import Console

from infra.rydes.operator import modes
from infra.rydes.scenarios.customers import MERCER_ISLAND
from infra.rydes.simulators.partners import process
from tests.bench.bench_cloud import BenchCloud, Site, bench_cloud
from wild_rydes_circuit_breaker import Mode

PARTNER = "p-comet"
CALL_SECONDS = 1.0
AT_ONCE = 2
"""Batches of a queue that the local cloud handles at once."""

console = Console()


def overload(cloud: BenchCloud, site: Site, *, rate: float, seconds: float, respond_within: int) -> None:
    """Ask at this rate, wait until all RFQs have ended, and print what became of those of the second half."""
    rfqs: list[str] = []
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        for number in range(int(rate * seconds)):
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            pool.submit(lambda: rfqs.append(cloud.submit(site, respond_within)))
    items = [_ended(cloud, rfq, patience=respond_within + 30) for rfq in rfqs[len(rfqs) // 2 :]]
    took = [(_instant(item, "completed_at") - _instant(item, "created_at")) for item in items]
    answered = sum(item["completed_by"]["S"] == "all-answered" for item in items) / len(items)
    quoted = sum("p" in item["responders"]["M"][PARTNER]["M"] for item in items) / (seconds / 2)
    console.print(
        f"{PARTNER}: {AT_ONCE} calls at once of {CALL_SECONDS:g} s each, {rate:g} RFQs a second, open for {respond_within} s:"
        f" of the last {len(items)}, {answered:.0%} end all-answered; last answer p50 {median(took):.2f} s,"
        f" p95 {quantiles(took, n=20, method='inclusive')[18]:.2f} s; {quoted:.2f} quotes a second"
    )


def hopeless(cloud: BenchCloud, site: Site, bookings: int) -> None:
    """Book quotes of a partner that cannot be called, and print how long it takes until that is said."""
    rfqs = [cloud.submit(site, respond_within=60) for _ in range(bookings)]
    for rfq in rfqs:
        _ended(cloud, rfq, patience=90)
    order = modes.order(Mode.FORCED_OPEN, actor="bench", reason="to be hopeless", lasts="30m")
    modes.put(cloud.cloud, PARTNER, order)
    for rfq in rfqs:
        _book(cloud, rfq)
    ends = [_ended(cloud, rfq, patience=90, ride=True)["rides"]["L"][0]["M"] for rfq in rfqs]
    took = [_instant(ride, "t") - _instant(ride, "b") for ride in ends]
    reasons = ", ".join(sorted({ride["w"]["S"] for ride in ends}))
    console.print(
        f"{bookings} bookings while the circuit is forced open for half an hour: rejected after {median(took):.2f} s"
        f" (median; worst {max(took):.2f} s), {reasons}"
    )


def _ended(cloud: BenchCloud, rfq: str, *, patience: float, ride: bool = False) -> Mapping[str, Any]:
    """The RFQ's item, when it has ended, or its ride."""
    give_up = time.monotonic() + patience
    while time.monotonic() < give_up:
        item: Mapping[str, Any] = cloud.client("dynamodb").get_item(
            TableName="ride-booking", Key={"id": {"S": rfq}}, ConsistentRead=True
        )["Item"]
        if item["rides"]["L"][0]["M"]["s"]["S"] != "pending" if ride else "completed_at" in item:
            return item
        time.sleep(0.2)
    raise SystemExit(f"RFQ {rfq} has not ended in {patience:g} s")


def _book(cloud: BenchCloud, rfq: str) -> None:
    answer = cloud._http.post(
        f"{cloud.cloud.urls['rfq-api']}/instant-ride-rfqs/{rfq}/bookings",
        json={"quote-id": PARTNER},
        headers={**cloud._customer, "Idempotency-Key": str(uuid.uuid4())},
    )
    answer.raise_for_status()


def _instant(item: Mapping[str, Any], name: str) -> float:
    return int(item[name]["N"]) / 1000


def main() -> None:
    """Bring up a cloud and measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rate", type=float, default=2 * AT_ONCE / CALL_SECONDS, help="RFQs a second, at most 10"
    )
    parser.add_argument("--seconds", type=float, default=40, help="of load, at most 120")
    parser.add_argument("--bookings", type=int, default=5, help="at most 20")
    options = parser.parse_args()
    with bench_cloud() as cloud:
        partners = process.running(cloud.cloud.settings.run_dir)
        if partners is None:
            raise SystemExit("the partners have gone")
        site = cloud.site(1, MERCER_ISLAND)
        for _ in range(3):
            _ended(cloud, cloud.submit(site, respond_within=60), patience=90)  # warm up
        hopeless(cloud, site, min(options.bookings, 20))
        modes.put(
            cloud.cloud, PARTNER, modes.order(Mode.METRICS_ONLY, actor="bench", reason="slow", lasts="")
        )
        partners.misbehave(PARTNER, latency_ms=CALL_SECONDS * 1000, latency_sigma=0)
        overload(
            cloud, site, rate=min(options.rate, 10), seconds=min(options.seconds, 120), respond_within=15
        )


if __name__ == "__main__":
    main()
