"""When a customer wants to be called, as far as they said."""

from dataclasses import dataclass
from typing import Literal

Day = Literal["today", "tomorrow", "later"]


@dataclass(frozen=True, slots=True)
class WishedTime:
    """A part of a day, where the customer is.

    `earliest` and `latest` are hours, 0 to 23: not before the one, not after the other. "After 5:30" is 18,
    so that nobody is called too early. `later` is any day but this one. None is what the customer left open.
    """

    day: Day | None = None
    earliest: int | None = None
    latest: int | None = None
