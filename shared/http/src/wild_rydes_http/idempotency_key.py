"""The header `Idempotency-Key`, by which a caller repeats a request without asking twice."""

import re
from http import HTTPStatus
from typing import Final

from wild_rydes_http.problem import FieldError, Problem

KEY: Final = {
    "type": "string",
    "minLength": 1,
    "maxLength": 128,
    "pattern": r"^[!-+\--~]([ -+\--~]*[!-+\--~])?$",
}
"""Its schema for OpenAPI."""

# A comma would be that of two lines which the gateway has joined.
_KEY = re.compile(r"[!-+\--~]([ -+\--~]{0,126}[!-+\--~])?")


def idempotency_key(header: str | None) -> str | None:
    """Read the key of a request, None without one. Raises Problem (400) if it is malformed."""
    if header is not None and not _KEY.fullmatch(header):
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "Use another Idempotency-Key.",
            errors=[FieldError("Idempotency-Key", "one of 1 to 128 printable ASCII characters, no commas")],
        )
    return header


def key_reused() -> Problem:
    """Make the answer for a key that came before with another body."""
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "This Idempotency-Key was used for another request. Use a new key.",
        code="key-reused",
        errors=[FieldError("Idempotency-Key", "used before with another body")],
    )
