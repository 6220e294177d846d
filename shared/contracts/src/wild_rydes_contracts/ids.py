"""Ids that sort by time and can be derived again."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

RANDOM_BITS = 74
"""Bits of a UUIDv7 that are neither its time nor its version."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def uuid7(at: datetime, tail: int) -> UUID:
    """Make a UUIDv7 (RFC 9562, section 5.7) of the instant `at`, to the millisecond, and `RANDOM_BITS` bits.

    Raises TypeError for a naive `at`.
    """
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    rand_a, rand_b = tail >> 62, tail & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b)


def derived_uuid7(at: datetime, seed: str) -> UUID:
    """Make the UUIDv7 whose random bits are derived from `seed`.

    The same fact, told again after a crash, bears the same id, so that consumers can tell a repetition.
    Raises TypeError for a naive `at`.
    """
    digest = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:10])
    return uuid7(at, digest >> (80 - RANDOM_BITS))
