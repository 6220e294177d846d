"""New ids. Their layout is tested with the contracts, which derive ids of the same kind."""

from datetime import UTC, datetime

from wild_rydes_contracts.ids import RANDOM_BITS
from wild_rydes_runtime.ids import new_uuid7


def test_no_two_are_the_same_and_all_random_bits_vary() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    made = {new_uuid7(at) for _ in range(1000)}
    assert len(made) == 1000
    varying = [i for i in range(128) if len({u.int >> i & 1 for u in made}) == 2]
    assert len(varying) == RANDOM_BITS
