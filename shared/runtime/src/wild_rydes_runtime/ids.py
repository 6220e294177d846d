"""New ids. An id that repeats when a fact is told again comes from `wild_rydes_contracts.ids`."""

import secrets
from datetime import datetime
from uuid import UUID

from wild_rydes_contracts.ids import RANDOM_BITS, uuid7


def new_uuid7(at: datetime) -> UUID:
    """Make a random UUIDv7 of the instant `at`. Raises the errors of `uuid7`."""
    return uuid7(at, secrets.randbits(RANDOM_BITS))
