"""The town of a load test: places with unicorns, partners around one of them, customers and programs."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.scenarios.customers import MERCER_ISLAND
from tests.support.clients import Customer, Fleet, Place
from tests.support.machines import Machine

PLACES = 5
"""Without partners. Partners serve one more, and so a share of the RFQs."""
UNICORNS = 6
"""On auto-quote at each place."""
CUSTOMERS = 40
MACHINES = 4
SHARES = {"poller": 55, "watcher": 25, "machine": 18, "batch": 2}
BRINGS = {"batch": 5}
RESPOND_WITHIN = 30
"""Seconds for which an RFQ is open."""
BOOKED = 0.3
"""How many RFQs of customers are booked."""
CONNECTIONS = 8
"""Of all callers together: the emulator starts a process for each request at once."""
_AT_ONCE = 3

Json = dict[str, Any]


def build(cloud: Cloud, seed: int) -> Json:
    """Let everybody in, and describe the town for the generator."""
    places = [Place.new() for _ in range(PLACES)] + [Place(MERCER_ISLAND.lat, MERCER_ISLAND.lon)]
    fleet = Fleet(cloud)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        unicorns = list(pool.map(fleet.register, [place for place in places for _ in range(UNICORNS)]))
        customers = list(pool.map(lambda _: Customer(cloud).token, range(CUSTOMERS)))
    machines = [Machine(cloud, "gold") for _ in range(MACHINES)]
    _wake(cloud, places)
    return {
        "urls": cloud.urls,
        "rides": [place.ride() for place in places],
        "customers": [f"Bearer {token}" for token in customers],
        "machines": [{"Authorization": f"Bearer {m.token}", "x-api-key": m.key} for m in machines],
        "unicorns": {unicorn.id: unicorn.token for unicorn in unicorns},
        "shares": SHARES,
        "brings": BRINGS,
        "respond_within": RESPOND_WITHIN,
        "booked": BOOKED,
        "connections": CONNECTIONS,
        "seed": seed,
    }


def _wake(cloud: Cloud, places: list[Place]) -> None:
    """Take an RFQ at each place to its end, so that no function starts for the first time under load."""
    customer = Customer(cloud)
    for place in places:
        customer.result(customer.submit(place))
