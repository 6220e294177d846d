"""Ids that sort by time and can be derived again."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RANDOM_BITS = 74


def uuid7(at: datetime, seed: str | None = None) -> UUID:
    """A UUIDv7 (RFC 9562, section 5.7) of the instant `at`, to the millisecond.

    With a `seed` the 74 random bits are derived from it, so that the same fact, told again after a crash, bears the
    same id and consumers can tell a repetition. Without one they are random. Raises TypeError for a naive `at`.
    """
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    if seed is None:
        tail = secrets.randbits(_RANDOM_BITS)
    else:
        tail = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:10]) >> (80 - _RANDOM_BITS)
    rand_a, rand_b = tail >> 62, tail & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b)
