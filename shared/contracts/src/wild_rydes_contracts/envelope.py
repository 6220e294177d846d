"""The envelope every Wild Rydes message travels in, on the bus and to a return address."""

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError, PydanticSerializationError

from wild_rydes_contracts.invalid import InvalidMessage, problems_of
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

    What is published of a version may change as its `compatibility` allows. Any other change makes the next version: a
    class of its own beside the old one, with the same name. It `follows` the old one, and makes itself of that one's
    data in `upcast`, so that what an archive kept can be read.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    compatibility: ClassVar[Compatibility] = "BACKWARD_TRANSITIVE"
    follows: ClassVar[type["Message"] | None] = None

    @classmethod
    def upcast(cls, old: Any) -> Self:  # noqa: ANN401 - the class that it follows
        """Make the data of this version of those of the version before, which `follows` names."""
        raise NotImplementedError(f"{cls.__name__} follows no other version")

    @classmethod
    def followed(cls) -> tuple[type[Self], ...]:
        """List the versions that this one follows, the latest first."""
        found: list[Any] = []
        old = cls.follows
        while old:
            found.append(old)
            old = old.follows
        return tuple(found)

    @classmethod
    def versioned_name(cls) -> str:
        """Name the message and its version, such as `RideCompleted.v1`."""
        return f"{cls.name}.v{cls.version}"

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        """Refuse, with a TypeError, an unknown mode, and a version that cannot follow the one that it says it does."""
        if cls.compatibility not in (modes := get_args(Compatibility)):
            raise TypeError(
                f"{cls.__name__} has the mode {cls.compatibility!r}: there are {', '.join(modes)}"
            )
        old = cls.follows
        if old and not (old.name == cls.name and old.version < cls.version):
            raise TypeError(
                f"{cls.__name__} follows {old.versioned_name()}: that has another name, or no earlier version"
            )


class Event(Message):
    """A message on the bus: `name` is its detail-type, `source` its owner.

    `answered_with` is the message, if any, that the publisher wants at `metadata.reply_to` before
    `metadata.deadline`. Others may ask for it, too, each under a source of its own, as far as who answers lets them:
    see the `sources` of `rule_pattern` and `reading.read`. `unheard` says what an event is for to which no service listens.

    `useful_life` is for how long after it happened an event is of use to whoever hears it: until then a rule tries to
    deliver it. What is replayed later may repair what was lost, and no more.
    """

    source: ClassVar[str]
    useful_life: ClassVar[timedelta]
    answered_with: ClassVar[type[Message] | None] = None
    unheard: ClassVar[str | None] = None


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
                "metadata.event_version should be {version}: this is {name} of that version",
                {"name": data.name, "version": data.version},
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

        The text is pure ASCII, because SQS refuses or replaces some characters. Raises InvalidMessage if no reader
        takes it: pydantic checks neither what `model_construct` makes nor what `model_copy` changes.
        """
        contract = type(self.data)
        if not issubclass(contract, Message):
            raise InvalidMessage("the data are no message")
        try:
            text = self.model_dump_json(exclude_none=True, ensure_ascii=True, warnings=False)
        except PydanticSerializationError:
            raise InvalidMessage(f"no valid {contract.versioned_name()}: JSON has no such values") from None
        try:
            read = envelope_of(contract).model_validate_json(text)
        except ValidationError as error:
            problems = problems_of(error, json.loads(text))
            raise InvalidMessage(f"no valid {contract.versioned_name()}", problems) from None
        # Pydantic reads more than the schema allows, such as "1" for a number: what is written is what it has read.
        return read.model_dump_json(exclude_none=True, ensure_ascii=True)

    def unchecked_json(self) -> str:
        """Encode it as it stands, valid or not, for a person to look at."""
        try:
            return self.model_dump_json(exclude_none=True, ensure_ascii=True, warnings=False)
        except PydanticSerializationError:
            return json.dumps(self.model_dump(exclude_none=True, warnings=False), default=repr)


@lru_cache(maxsize=256)
def envelope_of(contract: type[Message]) -> type[Envelope[Message]]:
    """Return the envelope of one contract, to read with.

    Pydantic forgets such a class with its last user, which would be a message, and makes it again for the next one.
    """
    return Envelope[contract]  # type: ignore[valid-type]


def rule_pattern(
    *events: type[Event], replays: bool = False, sources: Collection[str] = ()
) -> dict[str, Any]:
    """Make the EventBridge rule pattern that matches these events, in the versions known here, and no others.

    With `replays` it also matches what an archive replays of the versions that these follow: replayed events have a
    `replay-name`. What is published of an old version, beside the new one, matches in neither case. Instead of the
    events' own source, others can be given for those that want an answer.

    The fields of a pattern combine independently, so all events must share one source and one version, and with
    `replays` those that they follow. Raises ValueError if they do not.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
    """
    older = {tuple(old.version for old in event.followed()) for event in events}
    own = {each.source for event in events for each in (event, *(event.followed() if replays else ()))}
    versions = {event.version for event in events}
    if len(own) != 1 or len(versions) != 1 or (replays and len(older) != 1):
        raise ValueError("one pattern needs events of one source and one version; make a rule for each")
    if sources and not all(event.answered_with for event in events):
        raise ValueError("none but events that want an answer have other sources than their own")
    pattern = {"source": sorted(sources or own), "detail-type": sorted({event.name for event in events})}
    live = {"detail": {"metadata": {"event_version": sorted(versions)}}}
    [archived] = older if replays else [()]
    if not archived:
        return {**pattern, **live}
    replayed = {
        "replay-name": [{"exists": True}],
        "detail": {"metadata": {"event_version": sorted(archived)}},
    }
    return {**pattern, "$or": [live, replayed]}
