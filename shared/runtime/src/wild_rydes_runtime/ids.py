"""New ids. Ids that must be the same when the same is told again come from `wild_rydes_contracts.ids`."""

import secrets
from datetime import datetime
from uuid import UUID

from wild_rydes_contracts.ids import RANDOM_BITS, uuid7


def new_uuid7(at: datetime) -> UUID:
    """Make a random UUIDv7 of the instant `at`. Raises TypeError for a naive `at`."""
    return uuid7(at, secrets.randbits(RANDOM_BITS))
