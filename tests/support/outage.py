"""AWS throttles everything for a while, with RFQs and bookings under way: what becomes of them.

Whatever comes is caught where it is: before the outage is a total one, it reaches one function after the other.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from infra.rydes.cloud.cloud import Cloud
from tests.support.aws_proxy import AwsProxy, Request, Response, throttled
from tests.support.clients import Customer, Fleet, Json, Place, Queues, key
from tests.support.patience import eventually
from tests.support.trips import insistently

_BOOKING_STOPS = ("ride-booking-rides", "unicorn-mgmt-outbox", "unicorn-mgmt-bookings")
_RFQ_STOPS = ("ride-booking-aggregator", "unicorn-mgmt-responder", "ride-booking-outbox")
"""Where the outage comes first, from the last function on the way of a booking or an RFQ to the first one."""
_DONE = {"confirmed", "rejected", "completed"}


class Throttle(AwsProxy):
    """AWS as workers see it. It throttles those calls that it is told to, and counts them by function."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud.settings.port)
        self._lock = threading.Lock()
        self._functions: set[str] = set()
        self._all = False
        self.refused: Counter[str] = Counter()

    def stop(self, function: str) -> None:
        """Refuse the calls of this function, too."""
        self._functions.add(function)

    def stop_all(self) -> None:
        """Refuse every call."""
        self._all = True

    def recover(self) -> None:
        """Refuse no call."""
        self._all, self._functions = False, set()

    def exchange(self, request: Request, forward: Callable[[], Response]) -> Response:
        """Forward, unless the caller is throttled."""
        function = request.caller.function if request.caller else ""
        if not self._all and function not in self._functions:
            return forward()
        with self._lock:
            self.refused[function] += 1
        return throttled(request)


@dataclass
class Asked:
    """An RFQ. `seen` is when its customer saw that it was over, in seconds since 1970."""

    kind: str
    customer: Customer
    url: str
    deadline: float
    result: Json | None = None
    seen: float = 0.0

    def follow(self) -> None:
        """Until it is over."""
        eventually(
            lambda: insistently(lambda: self.customer.http.get(self.url)).status_code,
            f"the end of RFQ {self.url}, {self.kind}",
            lambda status: status != 200,
        )
        self.seen = time.time()
        self.result = insistently(lambda: self.customer.http.get(f"{self.url}/result")).json()

    @property
    def completed_by(self) -> str:
        assert self.result
        return str(self.result["completed-by"])


@dataclass
class Booked:
    """A booking, and how it ended."""

    kind: str
    customer: Customer
    url: str
    end: Json | None = None
    seen: float = 0.0

    def follow(self) -> None:
        """Until it is over."""
        self.end = eventually(
            lambda: insistently(lambda: self.customer.http.get(self.url)).json(),
            f"the end of {self.url}, {self.kind}",
            lambda ride: ride["status"] in _DONE,
        )
        self.seen = time.time()


@dataclass
class Account:
    """What an outage did. `parked` counts the messages that it has put into each dead-letter queue."""

    began: float
    ended: float
    rfqs: list[Asked]
    bookings: list[Booked]
    refused: Counter[str]
    parked: Counter[str]


class Outage:
    """An outage of so many seconds, with `each` RFQs and bookings at each function that it reaches one by one."""

    def __init__(self, cloud: Cloud, seconds: float, each: int) -> None:
        self._cloud, self._seconds, self._each = cloud, seconds, each
        self._fleet, self._queues = Fleet(cloud), Queues(cloud)

    def run(self) -> Account:
        """Let it come and go, and wait for the end of all that was under way."""
        functions = self._cloud.client("lambda")
        pages = functions.get_paginator("list_functions").paginate()
        names = [f["FunctionName"] for page in pages for f in page["Functions"]]
        parked = self._parked()
        throttle = Throttle(self._cloud)
        with throttle.between(functions, names), self._fleet_until_the_end():
            to_book = [self._quoted(*auto) for auto in self._auto(self._each * len(_BOOKING_STOPS))]
            on_the_way = {stop: self._auto(self._each) for stop in _RFQ_STOPS}
            waiting = [(Place.new(), kind) for kind in self._waits() for _ in range(self._each)]
            for place, _ in waiting:
                self._fleet.silent(place)
            asked_late = self._auto(self._each)
            began = time.time()
            bookings = self._caught_bookings(throttle, to_book)
            rfqs = [self._submit(kind, place, self._waits()[kind]) for place, kind in waiting]
            rfqs += self._caught_rfqs(throttle, on_the_way)
            throttle.stop_all()
            with ThreadPoolExecutor(self._each) as pool:
                late = [pool.submit(self._submit, "asked during it", *auto) for auto in asked_late]
                self._pass(began)
                throttle.recover()
                ended = time.time()
                rfqs += [each.result() for each in late]
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda each: each.follow(), [*rfqs, *bookings]))
        return Account(began, ended, rfqs, bookings, throttle.refused, self._parked() - parked)

    @contextmanager
    def _fleet_until_the_end(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._fleet.close()

    def _waits(self) -> dict[str, int]:
        """RFQs that wait for a unicorn which never answers, with their seconds to respond in."""
        return {
            "due during it": max(5, int(self._seconds / 2)),
            "due after it": int(self._seconds + 45),
        }

    def _auto(self, count: int) -> list[tuple[Place, int]]:
        """Places, each with a unicorn that answers at once, and much time for it."""
        places = [Place.new() for _ in range(count)]
        for place in places:
            self._fleet.register(place)
        return [(place, int(self._seconds + 240)) for place in places]

    def _submit(self, kind: str, place: Place, within: int) -> Asked:
        customer, headers = Customer(self._cloud), key()
        body = place.ride(**{"respond-within": within})
        answer = insistently(lambda: customer.http.post("/instant-ride-rfqs", json=body, headers=headers))
        assert answer.status_code == 202, answer.text
        deadline = datetime.fromisoformat(answer.json()["eta"]).timestamp()
        return Asked(kind, customer, answer.headers["Location"], deadline)

    def _quoted(self, place: Place, within: int) -> Asked:
        asked = self._submit("quoted", place, within)
        asked.follow()
        return asked

    def _caught_bookings(self, throttle: Throttle, quoted: list[Asked]) -> list[Booked]:
        found = []
        for stop in _BOOKING_STOPS:
            throttle.stop(stop)
            for _ in range(self._each):
                asked, headers = quoted.pop(), key()
                assert asked.result
                body = {"quote-id": asked.result["quotes"][0]["quote-id"]}
                answer = asked.customer.http.post(f"{asked.url}/bookings", json=body, headers=headers)
                assert answer.status_code == 202, answer.text
                found.append(Booked(f"at {stop}", asked.customer, answer.headers["Location"]))
            self._caught(throttle, stop)
        return found

    def _caught_rfqs(self, throttle: Throttle, places: Mapping[str, list[tuple[Place, int]]]) -> list[Asked]:
        found = []
        for stop, autos in places.items():
            throttle.stop(stop)
            found += [self._submit(f"at {stop}", *auto) for auto in autos]
            self._caught(throttle, stop)
        return found

    def _caught(self, throttle: Throttle, stop: str) -> None:
        eventually(lambda: throttle.refused[stop], f"{stop} is throttled")

    def _pass(self, began: float) -> None:
        over = threading.Event()
        over.wait(max(0.0, began + self._seconds - time.time()))

    def _parked(self) -> Counter[str]:
        queues = [name.removesuffix("-dlq") for name in self._cloud.queues() if name.endswith("-dlq")]
        return Counter({name: self._queues.depth(f"{name}-dlq") for name in queues})
