"""All that the package offers under its own name: the messages, their parts and the envelope."""

from wild_rydes_contracts.circuits import PartnerCircuitClosed, PartnerCircuitOpened
from wild_rydes_contracts.envelope import (
    Compatibility,
    Contract,
    Envelope,
    Event,
    Message,
    Metadata,
    rule_pattern,
)
from wild_rydes_contracts.feedback import (
    CallbackDone,
    CallbackOutcome,
    CallbackRequested,
    FeedbackCorrected,
    FeedbackEnding,
    FeedbackExpired,
    FeedbackReceived,
    FeedbackRequested,
)
from wild_rydes_contracts.invoices import InvoiceDisputed, InvoiceSettled
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
from wild_rydes_contracts.rides import (
    QuoteAccepted,
    RejectionReason,
    RideBooked,
    RideBookingFailed,
    RideCompleted,
    RideConfirmed,
    RideRejected,
)
from wild_rydes_contracts.scalars import ConversationId, ResponderId
from wild_rydes_contracts.values import HIGHEST_SCORE, LOWEST_SCORE, Coordinates, Money, Rating

EVENTS: tuple[type[Event], ...] = (
    RfqRequested,
    RfqCompleted,
    QuoteAccepted,
    RideConfirmed,
    RideRejected,
    RideBooked,
    RideBookingFailed,
    RideCompleted,
    PartnerCircuitOpened,
    PartnerCircuitClosed,
    FeedbackRequested,
    FeedbackReceived,
    FeedbackCorrected,
    CallbackRequested,
    CallbackDone,
    FeedbackExpired,
    InvoiceSettled,
    InvoiceDisputed,
)
"""Every event that may appear on the bus."""

MESSAGES: tuple[type[Message], ...] = (RfqResponse,)
"""Every message that goes to a return address."""

RETIRED: frozenset[str] = frozenset()
"""Published versions that nobody emits or reads any more, such as `RideCompleted.v1`: they have no class."""

__all__ = [
    "EVENTS",
    "HIGHEST_SCORE",
    "LOWEST_SCORE",
    "MAX_RESPONDERS",
    "MESSAGES",
    "RETIRED",
    "Answer",
    "CallbackDone",
    "CallbackOutcome",
    "CallbackRequested",
    "Compatibility",
    "CompletedBy",
    "Contract",
    "ConversationId",
    "Coordinates",
    "Decline",
    "Envelope",
    "Event",
    "FeedbackCorrected",
    "FeedbackEnding",
    "FeedbackExpired",
    "FeedbackReceived",
    "FeedbackRequested",
    "InvoiceDisputed",
    "InvoiceSettled",
    "Message",
    "Metadata",
    "Money",
    "PartnerCircuitClosed",
    "PartnerCircuitOpened",
    "Quote",
    "QuoteAccepted",
    "Rating",
    "RejectionReason",
    "ResponderCounts",
    "ResponderId",
    "RfqCompleted",
    "RfqRequested",
    "RfqResponse",
    "RideBooked",
    "RideBookingFailed",
    "RideCompleted",
    "RideConfirmed",
    "RideRejected",
    "rule_pattern",
]
