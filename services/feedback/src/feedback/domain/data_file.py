"""Rules and texts that are data: what their files have in common."""

from pydantic import BaseModel, ConfigDict


class DataFile(BaseModel):
    """A JSON file of this package, or a part of one: its keys are words with hyphens, and an unknown one is refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
    )
