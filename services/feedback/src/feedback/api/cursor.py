"""The place where the next page of a list begins, as an opaque text."""

import base64
import binascii
import json

from feedback.adapters.feedback_table import Cursor
from wild_rydes_dynamodb import instants

_LONGEST_ID = 128
"""Of a ride or a number's pseudonym: a table's keys have a limit, which nobody should meet."""


def encode(cursor: Cursor) -> str:
    """Encode a cursor."""
    content = json.dumps([instants.to_number(cursor.at)["N"], cursor.id])
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def decode(text: str) -> Cursor:
    """Decode a cursor. Raises ValueError if the text is not one of ours."""
    try:
        at, id_ = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        cursor = Cursor(instants.from_number({"N": at}), str(id_))
        cursor.id.encode()  # lone surrogates fit in JSON, but in no key
    except (binascii.Error, RecursionError, TypeError, ValueError):
        raise ValueError("not a cursor") from None
    if encode(cursor) != text or len(cursor.id) > _LONGEST_ID:
        raise ValueError("not a cursor of this list")
    return cursor
