"""Customers who ask one after the other, at a place that partners alone serve."""

import threading
import time
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.scenarios.rfq import SEA_TAC, Customer, Place

MERCER_ISLAND = Place(47.5806, -122.2344, "Mercer Island")
"""Every partner serves it, and no unicorn is in reach."""

CUSTOMERS = 4
RESPOND_WITHIN = 15
_PAUSE = 0.3


@dataclass(frozen=True)
class Answered:
    """An RFQ that is done: when (seconds since 1970), how long it took, and how many quoted."""

    at: float
    seconds: float
    quoted: int
    asked: int


class Customers:
    """Keeps asking until told to go home."""

    def __init__(self) -> None:
        self.answered: list[Answered] = []
        self._home = threading.Event()
        self._lives: list[Future[None]] = []

    def check(self) -> None:
        """Raise what ended a customer, if something did."""
        for life in self._lives:
            if life.done():
                life.result()

    def _live(self, customer: Customer) -> None:
        while not self._home.wait(_PAUSE):
            began = time.time()
            rfq = customer.submit(MERCER_ISLAND, SEA_TAC, RESPOND_WITHIN)
            responders = customer.finish(rfq, RESPOND_WITHIN)["responders"]
            now = time.time()
            self.answered.append(Answered(now, now - began, responders["quoted"], responders["asked"]))


@contextmanager
def asking(cloud: Cloud) -> Generator[Customers, None, None]:
    """Let them ask inside this context."""
    customers, token = Customers(), cloud.token("customers", "customers")
    with ThreadPoolExecutor(CUSTOMERS) as pool:
        try:
            customers._lives += [
                pool.submit(customers._live, Customer(cloud, token)) for _ in range(CUSTOMERS)
            ]
            yield customers
        finally:
            customers._home.set()
