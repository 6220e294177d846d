import pytest

from feedback.adapters.feedback_table import Cursor
from feedback.api import cursor
from tests.support.feedback.world import NOON


def test_a_cursor_says_where_it_is() -> None:
    place = Cursor(NOON, "ride/with#odd:id")
    assert cursor.decode(cursor.encode(place)) == place


@pytest.mark.parametrize("id_", ["ride-\ud800", "r" * 129])
def test_what_no_key_can_hold_is_in_no_cursor(id_: str) -> None:
    """The table would refuse it, and the caller be told that it is our mistake."""
    with pytest.raises(ValueError, match="not a cursor"):
        cursor.decode(cursor.encode(Cursor(NOON, id_)))
