"""The envelope every Wild Rydes message travels in, on the bus and to a return address."""

from datetime import datetime
from typing import Any, ClassVar, Generic, Self, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator


class Contract(BaseModel):
    """Base of all message parts: immutable, and a tolerant reader.

    Unknown keys are ignored, so that a producer may add a field without asking its consumers.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Metadata(Contract):
    """What every message says of itself.

    `correlation_id` is the id of the conversation (for an RFQ: the RFQ's id), `causation_id` the `event_id` of the
    message that led to this one. `reply_to` (an SQS queue ARN) is the return address and `deadline` the instant after
    which an answer no longer counts; both stand only where an answer is wanted.
    """

    event_id: UUID
    event_version: int = Field(ge=1)
    occurred_at: AwareDatetime
    correlation_id: str = Field(min_length=1, max_length=128)
    causation_id: UUID | None = None
    reply_to: str | None = Field(default=None, max_length=256)
    deadline: AwareDatetime | None = None

    def expired(self, now: datetime) -> bool:
        """Whether the deadline, if there is one, has passed at `now`."""
        return self.deadline is not None and now >= self.deadline


class Message(Contract):
    """The data of one kind of message. A subclass states its name and version as literals."""

    name: ClassVar[str]
    version: ClassVar[int]


class Event(Message):
    """A message on the bus: `name` is its detail-type, `source` its owner."""

    source: ClassVar[str]


D_co = TypeVar("D_co", bound=Message, covariant=True)


class Envelope(Contract, Generic[D_co]):
    """`{"metadata": …, "data": …}`: the EventBridge detail, or the body of a message to a return address."""

    metadata: Metadata
    data: D_co

    @model_validator(mode="after")
    def _version_is_the_contracts(self) -> Self:
        if self.metadata.event_version != self.data.version:
            raise ValueError(
                f"{self.data.name} has version {self.data.version}, not {self.metadata.event_version}"
            )
        return self

    def to_json(self) -> str:
        """The wire form. Absent optional fields are left out."""
        return self.model_dump_json(exclude_none=True, by_alias=True)


def rule_pattern(*events: type[Event]) -> dict[str, Any]:
    """The EventBridge rule pattern that matches these events in the versions known here, and only those.

    A pattern's fields combine independently, so all events must share one source and one version.
    Raises ValueError when they do not.
    """
    sources = {event.source for event in events}
    versions = {event.version for event in events}
    if len(sources) != 1 or len(versions) != 1:
        raise ValueError("one pattern needs events of one source and one version; make a rule for each")
    return {
        "source": sorted(sources),
        "detail-type": sorted(event.name for event in events),
        "detail": {"metadata": {"event_version": sorted(versions)}},
    }
