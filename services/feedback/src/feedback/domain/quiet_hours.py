"""When an SMS may be sent that the customer does not wait for: by day, where they may be.

US law knows these hours: telephone solicitations come "before the hour of 8 a.m. or after 9 p.m. (local time at the
called party's location)" to nobody (47 CFR 64.1200(c)(1)). A question about a ride solicits nothing, but wakes people
all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import count

_QUARTER = timedelta(minutes=15)
"""The offsets from UTC of all zones in use are multiples of this, and so are the instants at which they change."""

_HOUR = 60
_DAY = 24 * _HOUR
_AT_LEAST = 2 * _HOUR
"""How long each day there is time for customers who may be anywhere in many zones, in minutes.

Windows of 13 hours cover any zones so that at least half of them are awake for as long.
"""


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
        """Find the first instant, from `now` on, at which a customer who is in one of the zones may be written to.

        That is when all zones are awake, if they are for two hours a day; else when so many of them are that it
        makes two hours a day. So it comes within a day, and depends on nothing but the zones. Of no zone at all it
        is day in UTC.
        """
        zones = zones or [UTC]
        if self._may_write(zones, now):
            return now
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        past = (now - midnight) // _QUARTER
        quarters = (midnight + i * _QUARTER for i in count(past + 1))
        return next(at for at in quarters if self._may_write(zones, at))

    def _may_write(self, zones: Sequence[tzinfo], at: datetime) -> bool:
        at = at.astimezone(UTC)
        offsets = tuple(sorted(_offset(zone, at) for zone in zones))
        return self._awake(offsets, at.hour * _HOUR + at.minute) >= _enough(self, offsets)

    def _awake(self, offsets: Sequence[int], minute: int) -> int:
        """Count the offsets at which it is day, at a minute of the day in UTC."""
        first, last = self.first * _HOUR, self.last * _HOUR
        return sum(first <= (minute + offset) % _DAY < last for offset in offsets)


@lru_cache(maxsize=1024)
def _enough(hours: WakingHours, offsets: Sequence[int]) -> int:
    """Tell how many of the offsets must be awake: as many as are together for two hours of a day."""
    quarter = _QUARTER // timedelta(minutes=1)
    awake = sorted((hours._awake(offsets, minute) for minute in range(0, _DAY, quarter)), reverse=True)
    return max(awake[_AT_LEAST // quarter - 1], 1)


def _offset(zone: tzinfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset() or timedelta(0)
    return offset // timedelta(minutes=1)
