"""Ids that sort by time and can be derived a second time."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

RANDOM_BITS = 74
"""The bits of a UUIDv7 that are neither its time nor its version and variant."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def uuid7(at: datetime, tail: int) -> UUID:
    """Make a UUIDv7 (RFC 9562, section 5.7) of the instant `at`, to the millisecond, and the bits of `tail`.

    `tail` has at most `RANDOM_BITS` bits. Raises TypeError for a naive `at`, and ValueError for one before
    1970.
    """
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    rand_a, rand_b = tail >> 62, tail & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b)


def derived_uuid7(at: datetime, seed: str) -> UUID:
    """Make the UUIDv7 whose random bits are derived from `seed`.

    A fact that is told again after a crash has the same id, so that consumers recognise the repetition.
    Raises the errors of `uuid7`.
    """
    digest = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:10])
    return uuid7(at, digest >> (80 - RANDOM_BITS))
