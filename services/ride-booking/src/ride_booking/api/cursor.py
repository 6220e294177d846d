"""The start of the next page of a customer's RFQs, as an opaque text that only this customer can use."""

import base64
import binascii
import hashlib
from uuid import UUID

from ride_booking.adapters.rfq_table import Position
from wild_rydes_dynamodb.instants import from_number, to_number

_TIME, _ID, _SEAL = 8, 16, 8  # bytes


def encode(position: Position, customer: str) -> str:
    """Make the cursor of a position in the customer's list.

    Its seal ties it to the customer and reveals copying errors; the seal is no secret. There is nothing to
    gain by forging a cursor: it does not decide whose list is shown.
    """
    place = int(to_number(position.created_at)["N"]).to_bytes(_TIME) + UUID(position.id).bytes
    seal = hashlib.sha256(customer.encode() + place).digest()[:_SEAL]
    return base64.urlsafe_b64encode(place + seal).decode().rstrip("=")


def decode(cursor: str, customer: str) -> Position:
    """Read the position. Raises ValueError if this is not a cursor of the customer's list."""
    try:
        content = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        created_at = from_number({"N": str(int.from_bytes(content[:_TIME]))})
        position = Position(created_at, str(UUID(bytes=content[_TIME : _TIME + _ID])))
    except (binascii.Error, ValueError):
        raise ValueError("not a cursor") from None
    if encode(position, customer) != cursor:
        raise ValueError("not a cursor of this list")
    return position
