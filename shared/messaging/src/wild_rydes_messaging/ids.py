"""Ids that sort by time and can be derived again."""

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

_RANDOM_BITS = 74


def uuid7(at: datetime, seed: str | None = None) -> UUID:
    """A UUIDv7 (RFC 9562, section 5.7) of the instant `at`, to the millisecond.

    With a `seed` the 74 random bits are derived from it, so that the same fact, told again after a crash, bears the
    same id and consumers can tell a repetition. Without one they are random.
    """
    milliseconds = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    if seed is None:
        tail = secrets.randbits(_RANDOM_BITS)
    else:
        tail = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:10]) >> (80 - _RANDOM_BITS)
    rand_a, rand_b = tail >> 62, tail & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b)
