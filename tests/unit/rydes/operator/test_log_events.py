"""Reading logs: all of them, in order, and each line once."""

from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.naming import PLAIN, Names
from infra.rydes.operator.log_events import LATE, LogEvent, events, follow, in_order, records
from tests.support.fake_logs import MOST, Logs, line

START = 1_795_250_700_000


def messages(found: Iterator[LogEvent]) -> list[str]:
    return [event.message for event in found]


def test_more_events_than_an_answer_holds_are_read_in_windows_none_twice_and_none_lost() -> None:
    logs = Logs()
    for number in range(2 * MOST + 3000):  # seven lines a millisecond: windows end in the middle of one
        logs.log(START + number // 7, str(number))
    assert messages(events(logs)) == [str(number) for number in range(2 * MOST + 3000)]
    assert logs.answers == 3


def test_equal_lines_of_one_millisecond_are_all_read_even_across_windows() -> None:
    logs = Logs()
    for number in range(MOST + 50):
        logs.log(START + number // 100, "tick")
    assert len(list(events(logs))) == MOST + 50


def test_an_answer_full_of_one_millisecond_does_not_keep_reading_from_ending() -> None:
    logs = Logs()
    for _ in range(MOST):
        logs.log(START, "tick")
    logs.log(START + 1, "tock")
    assert messages(events(logs, since=START))[-1] == "tock"


def test_functions_are_merged_by_time_and_chosen_by_what_their_names_begin_with() -> None:
    logs = Logs()
    for number, function in enumerate(
        ["feedback-rides", "ride-booking-api", "feedback-api", "feedback-rides"]
    ):
        logs.log(START + number, str(number), function)
    assert messages(events(logs)) == ["0", "1", "2", "3"]
    assert messages(events(logs, functions="feedback-")) == ["0", "2", "3"]
    assert messages(events(logs, since=START + 1, until=START + 2)) == ["1", "2"]


@pytest.mark.parametrize(
    ("names", "own"), [(PLAIN, ["plain"]), (Names("blue"), ["blue"]), (Names("green"), [])]
)
@pytest.mark.parametrize("functions", ["", "feedback-"])
def test_each_environment_has_its_own_logs_under_plain_names(
    names: Names, own: list[str], functions: str
) -> None:
    logs = Logs(names)
    logs.log(START, "plain", "feedback-rides")
    logs.log(START, "blue", "blue-feedback-rides")
    logs.log(START, "nobody's", "blue")
    found = list(events(logs, functions=functions))
    assert [event.message for event in found] == own
    assert {event.function for event in found} <= {"feedback-rides"}


def test_records_have_the_message_and_not_just_contain_it() -> None:
    logs = Logs()
    for text in (
        line(START, "circuit turned", n=1),
        line(START, "no circuit turned"),
        "circuit turned",
        "[1]",
    ):
        logs.log(START, text)
    assert [entry["n"] for entry in records(logs, "circuit turned", functions="", since=0)] == [1]


@given(st.lists(st.tuples(st.integers(0, 200_000), st.integers(0, 60_000)), max_size=30))
def test_events_are_put_in_the_order_in_which_they_were_written(times: list[tuple[int, int]]) -> None:
    """CloudWatch has a line up to an invocation's time after it was written."""
    found = [
        LogEvent(START + written + later, "f", "s", line(START + written, str(number)))
        for number, (written, later) in enumerate(times)
    ]
    found.sort(key=lambda event: event.at)
    written = [event.logged_at for event in in_order(found)]
    assert written == sorted(event.logged_at for event in found)


def test_order_is_restored_without_reading_to_the_end() -> None:
    def endless() -> Iterator[LogEvent]:
        yield LogEvent(START, "f", "s", "first")
        yield LogEvent(START + 60_001, "f", "s", "second")
        pytest.fail("read too far")

    assert next(in_order(endless())).message == "first"


def test_following_finds_what_comes_late_and_each_event_once() -> None:
    logs = Logs()
    logs.log(START - 1, "too old")
    logs.log(START, "0")
    arriving = [
        [(START + 20_000, "1")],
        [],
        [(START + 20_000 - LATE, "late"), (START + 20_000, "1"), (START + 21_000, "2")],
        [(START + 90_000, "3")],
    ]

    def wait() -> None:
        for at, message in arriving.pop(0):
            logs.log(at, message)

    found = follow(logs, since=START, wait=wait)
    assert messages(islice(found, 6)) == ["0", "1", "late", "1", "2", "3"]
    assert arriving == []
    arriving.append([])
    with pytest.raises(IndexError):  # there is no more to come, and nothing comes again
        next(found)
