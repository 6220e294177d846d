"""When an SMS may be sent: by day, where the recipient is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class WakingHours:
    """The hours of the day, in local time, from `first` until before `last`. 0 to 24 is always."""

    first: int = 8
    last: int = 21

    @classmethod
    def parse(cls, text: str) -> "WakingHours":
        """Parse hours written as "8-21". Raises ValueError."""
        first, last = (int(hour) for hour in text.split("-"))
        if not 0 <= first < last <= 24:  # noqa: PLR2004 - hours of a day
            raise ValueError(f"no hours of a day: {text}")
        return cls(first, last)

    def next(self, zones: Sequence[tzinfo], now: datetime) -> datetime:
        """Find the first instant within a day when all zones are awake, or else as many as possible."""
        # Only at an opening can more zones be awake than before, so no other instants need be tried.
        instants = [now, *(self._opening(zone, now) for zone in zones)]
        return max(instants, key=lambda at: (sum(self._awake(zone, at) for zone in zones), now - at))

    def _awake(self, zone: tzinfo, at: datetime) -> bool:
        return self.first <= at.astimezone(zone).hour < self.last

    def _opening(self, zone: tzinfo, now: datetime) -> datetime:
        local = now.astimezone(zone)
        opening = datetime.combine(local.date(), time(self.first), zone)
        if opening <= local:
            opening = datetime.combine(local.date() + timedelta(days=1), time(self.first), zone)
        return opening.astimezone(UTC)
