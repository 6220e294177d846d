"""UUIDv7, RFC 9562 section 5.7."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wild_rydes_contracts.ids import RANDOM_BITS, derived_uuid7, uuid7

instants = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-8))]),
)
tails = st.integers(0, 2**RANDOM_BITS - 1)
seeds = st.text(st.characters(exclude_categories=["Cs"]))


@given(instants, tails)
def test_layout(at: datetime, tail: int) -> None:
    made = uuid7(at, tail)
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@given(instants, instants, tails)
def test_ids_of_different_milliseconds_sort_by_time(a: datetime, b: datetime, tail: int) -> None:
    earlier, later = sorted([a, b])
    if later - earlier >= timedelta(milliseconds=1):
        assert uuid7(earlier, tail) < uuid7(later, tail)
        assert str(uuid7(earlier, tail)) < str(uuid7(later, tail))


@given(instants, tails, tails)
def test_no_bit_of_the_tail_is_lost(at: datetime, one: int, other: int) -> None:
    assert (uuid7(at, one) == uuid7(at, other)) == (one == other)


@given(instants, seeds)
def test_a_seed_makes_the_id_again(at: datetime, seed: str) -> None:
    assert derived_uuid7(at, seed) == derived_uuid7(at, seed)
    assert derived_uuid7(at, seed) != derived_uuid7(at, seed + "!")


def test_the_same_fact_told_by_another_release_has_the_same_id() -> None:
    assert derived_uuid7(datetime(2026, 11, 21, 12, tzinfo=UTC), "RfqRequested/rfq-1") == UUID(
        "01a1fdfa-4600-7fdb-82e7-2d9f86cfbe4e"
    )


def test_a_time_before_1970_is_refused() -> None:
    with pytest.raises(ValueError, match="out of range"):
        uuid7(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), 0)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(TypeError):
        derived_uuid7(datetime(2026, 11, 21), "seed")  # noqa: DTZ001 - that is the point
