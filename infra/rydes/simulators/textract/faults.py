"""What goes wrong with the simulated Textract, and how long it takes when nothing does."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self


@dataclass(slots=True)
class Faults:
    """Nothing goes wrong by default.

    throttle: so many of the next calls, of any kind, get ProvisionedThroughputExceededException.
    error: after these, so many calls get InternalServerError.
    fail: so many of the next jobs that end, end as FAILED.
    partial: after these, so many jobs lose their last page, and end as PARTIAL_SUCCESS if they have another.
    lose: so many completions are not published.
    copies: how often each of the others is published.
    slow: seconds that each job takes longer.
    """

    throttle: int = 0
    error: int = 0
    fail: int = 0
    partial: int = 0
    lose: int = 0
    copies: int = 1
    slow: float = 0.0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Read JSON. Raises ValueError, which names every unknown fault, and those that are no numbers."""
        known = {field.name for field in fields(cls)}
        if unknown := values.keys() - known:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        if wrong := [
            name for name, value in values.items() if not isinstance(value, int | float) or value < 0
        ]:
            raise ValueError(f"not a number from 0 on: {', '.join(sorted(wrong))}")
        return cls(**values)

    def take(self, name: str) -> bool:
        """Take one of a fault that is counted. False if none is left."""
        left = getattr(self, name)
        if left:
            setattr(self, name, left - 1)
        return bool(left)


@dataclass(frozen=True, slots=True)
class Pace:
    """How many jobs may run at once, and the seconds that one takes: for itself and for each page.

    AWS lets 600 jobs run in us-east-1 unless a higher quota was agreed on. Its own times are no promise; these are ours.
    """

    concurrency: int = 600
    per_job: float = 0.2
    per_page: float = 0.02


USUAL: Final = Pace()
