"""The faults of a simulated partner."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self

Misdeed = Literal["error", "hang", "garbage", "partial", "throttle", "signature", "refuse"]
MISDEEDS: tuple[Misdeed, ...] = ("error", "hang", "garbage", "partial", "throttle", "signature", "refuse")


@dataclass(frozen=True, slots=True)
class Faults:
    """How a partner behaves. The defaults are a good day.

    Latency is lognormal: `latency_ms` is its median, `latency_sigma` its width (0: always the same).
    Each rate is the share of requests (0 to 1) that get

    - `error`: status 500,
    - `hang`: no answer until the client has gone,
    - `garbage`: something unreadable,
    - `partial`: half a body,
    - `throttle`: status 429 with `retry_after` seconds,
    - `signature`: a wrong signature, if the partner signs its answers,
    - `refuse`: a proper no.

    An outage begins when it is set and lasts `outage_seconds`: every request gets 503, or hangs with
    `outage_hangs`. A ride takes `ride_seconds`.
    """

    latency_ms: float = 20
    latency_sigma: float = 0.3
    error: float = 0
    hang: float = 0
    garbage: float = 0
    partial: float = 0
    throttle: float = 0
    signature: float = 0
    refuse: float = 0
    retry_after: int = 2
    outage_seconds: float = 0
    outage_hangs: bool = False
    ride_seconds: float = 1

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Read JSON. Raises ValueError, which names every unknown fault."""
        known = {field.name for field in fields(cls)}
        if unknown := values.keys() - known:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        return cls(**values)


class Misbehaviour:
    """Draws what to do with each request from the faults that are set."""

    def __init__(self, seed: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a simulation
        self._clock = clock
        self._faults = Faults()
        self._since = clock()

    @property
    def faults(self) -> Faults:
        """The faults that are set. An outage that is over is none."""
        if self._clock() - self._since < self._faults.outage_seconds:
            return self._faults
        return replace(self._faults, outage_seconds=0, outage_hangs=False)

    def set(self, faults: Faults) -> None:
        """Behave like this from now on."""
        self._faults, self._since = faults, self._clock()

    def latency(self) -> float:
        """Draw the seconds to think before the next answer."""
        faults = self._faults
        return faults.latency_ms / 1000 * self._random.lognormvariate(0, faults.latency_sigma)

    def misdeed(self) -> Misdeed | Literal["outage"] | None:
        """Draw what to do wrong with the next request; None: nothing."""
        faults = self._faults
        if self._clock() - self._since < faults.outage_seconds:
            return "hang" if faults.outage_hangs else "outage"
        drawn = self._random.random()
        for name in MISDEEDS:
            drawn -= getattr(faults, name)
            if drawn < 0:
                return name
        return None
