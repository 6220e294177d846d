"""Exponential backoff with full jitter."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before trying again: at most `base` seconds, doubling up to `cap` seconds.

    The delay is uniform between nothing and the capped exponential, which spreads a crowd of retries best:
    full jitter after Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
    """

    base: float
    cap: float

    def delay(self, attempt: int, uniform: Callable[[float, float], float]) -> float:
        """Draw the seconds to wait after the failed attempt number `attempt`. The first is 1."""
        return uniform(0, min(self.cap, self.base * 2 ** min(attempt - 1, 32)))
