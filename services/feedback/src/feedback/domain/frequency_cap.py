"""How often a customer is asked at most. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Capped:
    """A customer is not asked before `until`: the last time is too short ago, or there were too many in a month."""

    why: Literal["too soon", "too often"]
    until: datetime


@dataclass(frozen=True, slots=True)
class FrequencyCap:
    """The time from one survey of a customer to the next, and the most surveys in any `MONTH`."""

    every: timedelta
    a_month: int

    def check(self, asked: Sequence[datetime], ended_at: datetime) -> Capped | None:
        """Tell whether a customer who was asked at these times, oldest first, is left alone about a ride of then.

        It stays so: whoever was left alone about a ride is not asked about it when the cap is lifted.
        """
        if not asked:
            return None
        caps = [Capped("too soon", asked[-1] + self.every)]
        if len(asked) >= self.a_month:
            caps.append(Capped("too often", asked[-self.a_month] + MONTH))
        last = max(caps, key=lambda capped: capped.until)
        return last if last.until > ended_at else None

    def noted(self, asked: Sequence[datetime], now: datetime) -> Sequence[datetime]:
        """Add a survey, and leave out those that no longer matter."""
        return [*asked, now][-self.a_month :]
