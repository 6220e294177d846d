"""What a history is made of."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from tests.simulation.faults import KINDS

Scene: TypeAlias = Literal["rides", "fleets", "surveys"]
Place: TypeAlias = Literal["unicorns only", "downtown"]
Count: TypeAlias = Annotated[int, Field(ge=0)] | None


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"there is no such kind of faults: one of {', '.join(KINDS)}")
    return kind


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Plan:
    """The seed decides what is left out. `kinds` and `most_faults` allow fewer faults than it would have.

    Raises pydantic's ValidationError for what cannot be.
    """

    seed: str
    scene: Scene = "rides"
    customers: Count = None
    unicorns: Count = None
    place: Place | None = None
    rides: Count = None
    strangers: Count = None
    kinds: Sequence[Annotated[str, AfterValidator(_known)]] | None = None
    most_faults: Count = None
