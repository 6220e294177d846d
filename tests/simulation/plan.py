"""What a history is made of."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """The seed decides what is left out. `kinds` and `most_faults` allow fewer faults than it would have."""

    seed: str
    scene: str = "rides"
    customers: int | None = None
    unicorns: int | None = None
    place: str | None = None
    rides: int | None = None
    strangers: int | None = None
    kinds: Collection[str] | None = None
    most_faults: int | None = None
