"""Where the next page of a customer's RFQs begins, as an opaque text that only this customer can use."""

import base64
import binascii
import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ride_booking.adapters.rfq_table import Position

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_TIME, _ID, _SEAL = 8, 16, 8  # bytes


def encode(position: Position, customer: str) -> str:
    """The cursor of a position in the customer's list.

    The seal ties it to the customer and finds copying errors; it is no secret. Nobody gains by forging one, for whose
    list is shown is never taken from the cursor.
    """
    milliseconds = (position.created_at - _EPOCH) // _MILLISECOND
    place = milliseconds.to_bytes(_TIME) + UUID(position.id).bytes
    seal = hashlib.sha256(customer.encode() + place).digest()[:_SEAL]
    return base64.urlsafe_b64encode(place + seal).decode().rstrip("=")


def decode(cursor: str, customer: str) -> Position:
    """The position. Raises ValueError when this is no cursor of the customer's."""
    try:
        content = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        created_at = _EPOCH + int.from_bytes(content[:_TIME]) * _MILLISECOND
        position = Position(created_at, str(UUID(bytes=content[_TIME : _TIME + _ID])))
    except (binascii.Error, OverflowError, ValueError):
        raise ValueError("not a cursor") from None
    if encode(position, customer) != cursor:
        raise ValueError("not a cursor of this list")
    return position
