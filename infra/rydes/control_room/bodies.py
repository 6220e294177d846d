"""What the bodies of calls may say. Each is read strictly: a text is no number, `true` is not 1, and what nobody knows is refused."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MOST_RIDES = 10
_Name = Annotated[str, Field(min_length=1, max_length=200)]


class Nothing(BaseModel):
    """A body without a field."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Letters(Nothing):
    """Dead letters of one queue, by their ids."""

    queue: _Name
    ids: list[_Name] = Field(min_length=1, max_length=100)


class WantedMode(Nothing):
    """A circuit's mode, why it is set, and for how long: until somebody lifts it, if nothing is said."""

    mode: _Name
    reason: str = Field(max_length=500)
    lasts: str = Field(default="", alias="for", max_length=20)


class WantedFault(Nothing):
    """What a partner is to do wrong."""

    fault: _Name


class Throttling(Nothing):
    """The share of a table's calls that is refused, from 0 to 1."""

    share: float = Field(ge=0, le=1, allow_inf_nan=False)


class Rides(Nothing):
    """How many customers ask for a ride."""

    count: int = Field(ge=1, le=MOST_RIDES)
