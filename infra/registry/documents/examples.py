"""An example of every message: valid, like a real one, and the same each time."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from wild_rydes_contracts import Envelope, Event, Message
from wild_rydes_contracts.fakes import fake
from wild_rydes_contracts.ids import derived_uuid7

_NOW: Final = datetime(2026, 11, 26, 17, 4, 12, 345_000, tzinfo=UTC)
_RFQ: Final = str(derived_uuid7(_NOW, "an RFQ"))
_PRICE: Final = {"amount": "12.50", "currency": "USD"}
_RATING: Final = {"count": 12, "total": 107}

_BY_NAME: Final[dict[str, Any]] = {
    "rfq_id": _RFQ,
    "ride_id": f"{_RFQ}.1",
    "customer_id": str(derived_uuid7(_NOW, "a customer")),
    "responder_id": "u-stardust",
    "partner_id": "p-comet",
    "start": {"lat": 47.6205, "lon": -122.3493},
    "destination": {"lat": 47.4502, "lon": -122.3088},
    "time_zone": "America/Los_Angeles",
    "price": _PRICE,
    "rating": _RATING,
    "rating_revision": 13,
    "score": 9,
    "retry_at": _NOW + timedelta(seconds=30),
    "responders": {"asked": 5, "quoted": 3, "declined": 1, "silent": 1, "late": 0},
    "asked": ["u-stardust", "p-comet"],
    "answers": [
        {
            "kind": "quote",
            "responder_id": "u-stardust",
            "display_name": "Stardust",
            "price": _PRICE,
            "pickup_in_seconds": 240,
            "valid_until": _NOW + timedelta(minutes=10),
            "rating": _RATING,
        },
        {"kind": "decline", "responder_id": "p-comet", "reason": "too-far"},
    ],
    "RideRejected.reason": "unicorn-busy",
    "RideBookingFailed.reason": "timeout",
    "PartnerCircuitOpened.reason": "12 of 20 calls failed within a minute",
    "PartnerCircuitClosed.reason": "2 probes in a row succeeded",
}
"""Values of fields, by their own name or with that of their message. Others have what the fakes of the kit have."""


def example(contract: type[Message]) -> Envelope[Any]:
    """Make the example of a message.

    Raises LookupError for a field that needs a value here, and pydantic's ValidationError for a value that does not fit.
    """
    fields: dict[str, Any] = {}
    for name in contract.model_fields:
        for key in (f"{contract.name}.{name}", name):
            if key in _BY_NAME:
                fields.setdefault(name, _BY_NAME[key])
        if name.endswith("_at"):
            fields.setdefault(name, _NOW)
    answered = issubclass(contract, Event) and contract.answered_with is not None
    asking = {
        "reply_to": "arn:aws:sqs:us-east-1:123456789012:wild-rydes-reply-ride-booking",
        "deadline": _NOW + timedelta(minutes=5),
    }
    metadata = {"occurred_at": _NOW, "correlation_id": _RFQ, **(asking if answered else {})}
    return fake(contract, metadata=metadata, **fields)
