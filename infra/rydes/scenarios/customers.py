"""Customers who keep asking, at a place that only partners serve."""

import threading
import time
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.scenarios.rfq import SEA_TAC, Customer, Place

MERCER_ISLAND = Place(47.5806, -122.2344, "Mercer Island")
"""Every partner serves this place, and no unicorn is in reach."""

CUSTOMERS = 4
RESPOND_WITHIN = 15
_PAUSE = 0.3


@dataclass(frozen=True)
class Answered:
    """A finished RFQ: when (in seconds since 1970), how long it took, and how many responders quoted."""

    at: float
    seconds: float
    quoted: int
    asked: int


class Customers:
    """Keep asking until they are stopped."""

    def __init__(self) -> None:
        self.answered: list[Answered] = []
        self._stopped = threading.Event()
        self._lives: list[Future[None]] = []

    def check(self) -> None:
        """Raise the error that ended a customer, if there is one."""
        for life in self._lives:
            if life.done():
                life.result()

    def _live(self, customer: Customer) -> None:
        while not self._stopped.wait(_PAUSE):
            began = time.time()
            rfq = customer.submit(MERCER_ISLAND, SEA_TAC, RESPOND_WITHIN)
            responders = customer.finish(rfq, RESPOND_WITHIN)["responders"]
            now = time.time()
            self.answered.append(Answered(now, now - began, responders["quoted"], responders["asked"]))


@contextmanager
def asking(cloud: Cloud) -> Generator[Customers, None, None]:
    """Let customers ask while this context lasts."""
    customers, token = Customers(), cloud.token("customers", "customers")
    with ThreadPoolExecutor(CUSTOMERS) as pool:
        try:
            customers._lives += [
                pool.submit(customers._live, Customer(cloud, token)) for _ in range(CUSTOMERS)
            ]
            yield customers
        finally:
            customers._stopped.set()
