"""The envelope every Wild Rydes message travels in, on the bus and to a return address."""

from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from wild_rydes_contracts.scalars import ConversationId, Instant

Compatibility = Literal[
    "NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"
]
"""The modes of Confluent's schema registry: who has to read what, of the last revision or of all that are published.

https://docs.confluent.io/platform/current/schema-registry/fundamentals/schema-evolution.html
"""


class Contract(BaseModel):
    """Base of all message parts: immutable, and a tolerant reader.

    Unknown keys are ignored, so that a producer may add a field without asking its consumers.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


class Metadata(Contract):
    """What every message says about itself.

    `correlation_id` is the id of the conversation: for an RFQ, the RFQ's id. `causation_id` is the `event_id`
    of the message that led to this one. `reply_to`, the ARN of an SQS queue, is the return address.
    `deadline` is the instant from which an answer no longer counts. Both are present only where an answer is
    wanted.
    """

    event_id: UUID = Field(description="the same each time that the same fact is told")
    event_version: int = Field(ge=1, description="the version of the message")
    occurred_at: Instant = Field(description="when it happened")
    correlation_id: ConversationId = Field(description="the conversation: for an RFQ, its id")
    causation_id: UUID | None = Field(
        default=None, description="the event_id of the message that led to this one"
    )
    reply_to: str | None = Field(
        default=None, max_length=256, description="the return address: the ARN of an SQS queue"
    )
    deadline: Instant | None = Field(default=None, description="from when on an answer no longer counts")

    def expired(self, now: datetime) -> bool:
        """Say whether there is a deadline and it has passed at `now`."""
        return self.deadline is not None and now >= self.deadline


class Message(Contract):
    """The data of one kind of message. A subclass states its name and version as literals.

    What is published of a version may change as its `compatibility` allows. Any other change makes the next version,
    a class that `follows` this one.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    compatibility: ClassVar[Compatibility] = "BACKWARD_TRANSITIVE"
    follows: ClassVar[type["Message"] | None] = None


class Event(Message):
    """A message on the bus: `name` is its detail-type, `source` its owner.

    `answered_with` is the message, if any, that the publisher wants at `metadata.reply_to` before
    `metadata.deadline`.
    """

    source: ClassVar[str]
    answered_with: ClassVar[type[Message] | None] = None


D_co = TypeVar("D_co", bound=Message, covariant=True)


class Envelope(Contract, Generic[D_co]):
    """`{"metadata": …, "data": …}`: the detail of an event, or the body of a message to a return address."""

    metadata: Metadata
    data: D_co

    @model_validator(mode="after")
    def _metadata_fit_the_contract(self) -> Self:
        metadata, data = self.metadata, self.data
        if metadata.event_version != data.version:
            raise PydanticCustomError(
                "version_mismatch",
                "{name} has version {version}, not {found}",
                {"name": data.name, "version": data.version, "found": metadata.event_version},
            )
        answer_wanted = isinstance(data, Event) and data.answered_with is not None
        if answer_wanted and (metadata.reply_to is None or metadata.deadline is None):
            raise PydanticCustomError(
                "no_return_address",
                "{name} wants an answer: its metadata need reply_to and deadline",
                {"name": data.name},
            )
        return self

    def to_json(self) -> str:
        """Encode the wire form. Absent optional fields are left out.

        The text is pure ASCII, because SQS refuses or replaces some characters.
        """
        return self.model_dump_json(exclude_none=True, ensure_ascii=True)


def rule_pattern(*events: type[Event]) -> dict[str, Any]:
    """Make the EventBridge rule pattern that matches these events, in the versions known here, and no others.

    The fields of a pattern combine independently, so all events must share one source and one version. Raises
    ValueError if they do not.
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
