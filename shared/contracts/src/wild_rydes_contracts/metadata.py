"""Metadata of messages that start, continue or answer a conversation."""

from datetime import datetime

from wild_rydes_contracts import Message, Metadata
from wild_rydes_contracts.ids import derived_uuid7


def first_of(
    contract: type[Message],
    *,
    correlation_id: str,
    occurred_at: datetime,
    reply_to: str | None = None,
    deadline: datetime | None = None,
    distinct: str = "",
) -> Metadata:
    """Make the metadata of a message that no other message caused, such as one that leaves through an outbox.

    The event id is derived from what happened, when, and in which conversation: a change that is published
    twice has the same id both times. If the same can happen twice in a millisecond, `distinct` tells the two
    apart. Raises pydantic's ValidationError for an id that is none.
    """
    seed = "/".join(filter(None, [contract.name, correlation_id, distinct]))
    return Metadata(
        event_id=derived_uuid7(occurred_at, seed),
        event_version=contract.version,
        occurred_at=occurred_at,
        correlation_id=correlation_id,
        reply_to=reply_to,
        deadline=deadline,
    )


def caused_by(
    cause: Metadata, contract: type[Message], *, occurred_at: datetime, distinct: str = ""
) -> Metadata:
    """Make the metadata of a message sent because of `cause`: the same conversation, caused by its event id.

    The event id is derived from the cause, so that handling a duplicate of the cause repeats it. If one cause
    leads to several messages of one contract, for instance from several services, `distinct` tells them
    apart.
    """
    seed = "/".join(filter(None, [contract.name, str(cause.event_id), distinct]))
    return Metadata(
        event_id=derived_uuid7(cause.occurred_at, seed),
        event_version=contract.version,
        occurred_at=occurred_at,
        correlation_id=cause.correlation_id,
        causation_id=cause.event_id,
    )
