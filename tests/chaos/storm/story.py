"""What people and machines outside saw of a storm, for whoever checks it afterwards."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from tests.chaos.storm.plan import Journey
from tests.support.clients import Customer, Json
from tests.support.patience import eventually

CALLS_AT_ONCE = 4
"""Each call that finds no idle worker starts one, and a laptop has room for few."""
_calls = threading.BoundedSemaphore(CALLS_AT_ONCE)


@dataclass
class Booking:
    """An accepted booking, and the ride as its customer saw it last."""

    ride_id: str
    responder: str
    number: str = ""
    """The phone number of whoever rides."""
    end: Json = field(default_factory=dict)


@dataclass
class Story:
    """A journey as its customer saw it. `wrong` is what should not have been answered."""

    journey: Journey
    customer: Customer
    number: str
    rfq_id: str = ""
    deadline: float = 0.0
    seen: float = 0.0
    result: Json = field(default_factory=dict)
    watched: Json | None = None
    bookings: list[Booking] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """A unicorn's answer to an invitation by hand; no amount: it declined. `at`: when it was accepted."""

    unicorn: str
    rfq_id: str
    amount: str | None
    at: float


class Notes:
    """What anybody notes while the storm lasts. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.answers: list[Answer] = []
        self.endings: dict[tuple[str, str], str] = {}
        """How unicorns ended their rides, by unicorn and ride."""
        self.statuses: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []

    def count(self, what: str) -> None:
        """Note that this has happened once more."""
        with self._lock:
            self.counts[what] += 1

    def status(self, answer: httpx.Response) -> None:
        """Note what an API has answered: a hook of httpx."""
        with self._lock:
            self.statuses[f"{answer.request.method} {answer.status_code}"] += 1


def answered(call: Callable[[], httpx.Response], what: str) -> httpx.Response:
    """The first answer that is no server's error, as a client gets it that does not give up."""

    def attempt() -> httpx.Response | None:
        try:
            with _calls:
                return call()
        except httpx.TransportError:
            return None

    return eventually(attempt, what, lambda answer: answer.status_code < 500, between=(0.3, 2.0))


def parsed(text: str | bytes) -> Json:
    """What came over a socket. A gateway whose function has died says so in words of its own."""
    try:
        found: Json = json.loads(text)
    except ValueError:
        return {"type": "trouble"}
    return {"type": "trouble", **found}


def now() -> float:
    """Seconds since 1970."""
    return time.time()
