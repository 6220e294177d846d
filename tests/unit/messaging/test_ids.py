"""UUIDv7, RFC 9562 section 5.7."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wild_rydes_messaging.ids import uuid7

instants = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-8))]),
)
seeds = st.none() | st.text(st.characters(exclude_categories=["Cs"]))


@given(instants, seeds)
def test_layout(at: datetime, seed: str | None) -> None:
    made = uuid7(at, seed)
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@given(instants, instants, seeds)
def test_ids_of_different_milliseconds_sort_by_time(a: datetime, b: datetime, seed: str | None) -> None:
    earlier, later = sorted([a, b])
    if later - earlier >= timedelta(milliseconds=1):
        assert uuid7(earlier, seed) < uuid7(later, seed)
        assert str(uuid7(earlier, seed)) < str(uuid7(later, seed))


@given(instants, st.text(st.characters(exclude_categories=["Cs"])))
def test_a_seed_makes_the_id_again(at: datetime, seed: str) -> None:
    assert uuid7(at, seed) == uuid7(at, seed)
    assert uuid7(at, seed) != uuid7(at, seed + "!")


def test_the_same_fact_told_by_another_release_has_the_same_id() -> None:
    assert uuid7(datetime(2026, 11, 21, 12, tzinfo=UTC), "RfqRequested/rfq-1") == UUID(
        "01a1fdfa-4600-7fdb-82e7-2d9f86cfbe4e"
    )


def test_without_a_seed_no_two_are_the_same() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    made = {uuid7(at) for _ in range(1000)}
    assert len(made) == 1000
    varying = [i for i in range(128) if len({u.int >> i & 1 for u in made}) == 2]
    assert len(varying) == 74


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(TypeError):
        uuid7(datetime(2026, 11, 21))  # noqa: DTZ001 - that is the point
