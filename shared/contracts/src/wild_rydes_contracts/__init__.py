"""The messages of Wild Rydes: the one source for publishers, consumers, rule patterns and schemas."""

from wild_rydes_contracts.envelope import Contract, Envelope, Event, Message, Metadata, rule_pattern
from wild_rydes_contracts.rfq import (
    MAX_RESPONDERS,
    Answer,
    CompletedBy,
    Decline,
    Quote,
    ResponderCounts,
    RfqCompleted,
    RfqRequested,
    RfqResponse,
)
from wild_rydes_contracts.values import Coordinates, Money, ResponderId

EVENTS: tuple[type[Event], ...] = (RfqRequested, RfqCompleted)
"""Every event that may appear on the bus."""

MESSAGES: tuple[type[Message], ...] = (RfqResponse,)
"""Every message that goes to a return address."""

__all__ = [
    "EVENTS",
    "MAX_RESPONDERS",
    "MESSAGES",
    "Answer",
    "CompletedBy",
    "Contract",
    "Coordinates",
    "Decline",
    "Envelope",
    "Event",
    "Message",
    "Metadata",
    "Money",
    "Quote",
    "ResponderCounts",
    "ResponderId",
    "RfqCompleted",
    "RfqRequested",
    "RfqResponse",
    "rule_pattern",
]
