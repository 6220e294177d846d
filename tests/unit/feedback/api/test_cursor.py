from feedback.adapters.feedback_table import Cursor
from feedback.api import cursor
from tests.support.feedback.world import NOON


def test_a_cursor_says_where_it_is() -> None:
    place = Cursor(NOON, "ride/with#odd:id")
    assert cursor.decode(cursor.encode(place)) == place
