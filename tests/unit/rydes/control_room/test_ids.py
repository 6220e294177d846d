"""Ids are found by what a page shows of them: their ends."""

import pytest

from infra.rydes.control_room.ids import Ids

FIRST, SECOND = "01a21dca-7853-705c-8aec-d3faaed3b919", "01a21dca-9999-705c-8aec-aaaaaed3b919"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("…aaaed3b919", [SECOND]),
        (" FAAED3B919 ", [FIRST]),
        (FIRST, [FIRST]),
        ("d3b919", [SECOND, FIRST]),
        ("919", []),
        ("…", []),
        ("01a21dca", []),
        (f"{FIRST}.1", []),
    ],
)
def test_an_end_leads_to_its_id_or_to_several(text: str, found: list[str]) -> None:
    ids = Ids()
    for id_ in (FIRST, SECOND):
        ids.take(id_)
    assert ids.ending(text) == found


def test_the_newest_are_kept() -> None:
    ids = Ids()
    for number in (*range(5_000), 0, 5_000):
        ids.take(f"rfq-{number:06}")
    assert [ids.ending(f"-{number:06}") for number in (0, 1, 2)] == [["rfq-000000"], [], ["rfq-000002"]]
