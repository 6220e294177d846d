"""What a simulated partner is, and what the tests of all partners take it to do."""

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Final, Literal

from infra.rydes.simulators.partners.rides import Rides, post

LONGEST_KM: Final = 300
"""Nobody drives farther."""

_EARTH_KM: Final = 6371


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a ride costs in dollars, and after how many seconds the customer is picked up."""

    base: str
    per_km: str
    pickup_seconds: int

    def price(self, start: Sequence[float], destination: Sequence[float]) -> Decimal | None:
        """Return the price between two points, each a latitude and a longitude; None if that is too far."""
        (a, b), (c, d) = start, destination
        x = math.radians(d - b) * math.cos(math.radians((a + c) / 2))
        km = _EARTH_KM * math.hypot(math.radians(c - a), x)
        if km > LONGEST_KM:
            return None
        return round(Decimal(self.base) + Decimal(self.per_km) * Decimal(km), 2)


class Behaviour(ABC):
    """A partner, as its own API documentation would describe it. It knows the values of its secret.

    The tests of all partners hold it to this:

    - It refuses a request with wrong credentials: with status 401, or as its `secret_values` and `signs` say.
    - It quotes by its `tariff`, and says no if that has no price or if it is not `willing`.
    - `rides` decides what becomes of a booking and of a cancellation: a repetition gets the first answer, and what
      was cancelled is never booked. It reports each ride that was driven.
    """

    secret_values: ClassVar[tuple[str, ...]]
    """Names of the values that its secret has beside `base_url`. The first is what the partner knows us by: with that
    alone wrong, it refuses a request as our fault."""

    tariff: ClassVar[Tariff]

    signs: ClassVar[Literal["nothing", "answers", "callbacks"]] = "nothing"
    """Where its quotes carry a signature, which `missigned` gets wrong. Who signs answers signs a refusal as well, so
    a wrong key of ours shows as a wrong signature."""

    calls_back: ClassVar[bool] = False
    """Whether it takes note of a request with status 202, and calls back with its answer."""

    def __init__(self, secret: Mapping[str, str]) -> None:
        self.secret = secret
        self.rides = Rides()

    @abstractmethod
    def answer(self, request: Request, *, willing: bool = True) -> Reply:
        """Answer a request; with a proper no, if the partner is not `willing`."""

    @abstractmethod
    def throttled(self, retry_after: int) -> Reply:
        """Answer that there are too many requests."""

    def missigned(self, request: Request) -> Reply:
        """Answer with a wrong signature, if the partner signs its quotes."""
        return self.answer(request)

    @abstractmethod
    def news(self, ride_id: str, state: str) -> bytes:
        """Write the body of a callback: the state of a ride, in the partner's words."""

    @abstractmethod
    def seal(self, body: bytes, at: str) -> dict[str, str]:
        """Make the headers that prove a callback to be the partner's. `at` counts seconds since 1970."""

    def report(self, url: str, ride_id: str, state: str) -> None:
        """Call back with news of a ride."""
        body = self.news(ride_id, state)
        post(url, body, self.seal(body, str(int(time.time()))))
