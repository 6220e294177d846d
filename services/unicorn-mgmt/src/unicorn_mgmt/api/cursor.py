"""The start of the next page of a partner's jobs, as an opaque text."""

import base64
import binascii
from uuid import UUID

from unicorn_mgmt.adapters.job_table import Position
from wild_rydes_dynamodb.instants import from_number, to_number

_TIME = 8  # bytes


def encode(position: Position) -> str:
    """Make the cursor of a position. It does not decide whose list is shown: there is nothing to gain by forging one."""
    place = int(to_number(position.created_at)["N"]).to_bytes(_TIME) + UUID(position.id).bytes
    return base64.urlsafe_b64encode(place).decode()


def decode(cursor: str) -> Position:
    """Read the position. Raises ValueError if this is no cursor."""
    try:
        content = base64.b64decode(cursor, altchars=b"-_", validate=True)
        return Position(
            from_number({"N": str(int.from_bytes(content[:_TIME]))}), str(UUID(bytes=content[_TIME:]))
        )
    except (binascii.Error, ValueError):
        raise ValueError("not a cursor") from None
