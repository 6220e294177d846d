"""The optimistic change, on a table of one number."""

from collections.abc import Callable

import pytest

from wild_rydes_dynamodb.change import Change, Conflict, TableBusy, change


class Counter:
    """One item that other writers change: before each of our writes, the next of `others` is written."""

    def __init__(self, value: int | None, *others: int | None) -> None:
        self.value = value
        self.reads = 0
        self.writes = 0
        self._others = list(others)

    def read(self) -> int | None:
        self.reads += 1
        return self.value

    def write(self, before: int | None, after: int | None) -> int | None:
        self.writes += 1
        if self._others:
            self.value = self._others.pop(0)
        if self.value != before:
            raise Conflict(self.value)
        self.value = after
        return after

    def change(self, rule: Callable[[int | None], int | None], tries: int = 10) -> Change[int | None]:
        return change(self.read, rule, self.write, tries=tries)


def one_more(value: int | None) -> int | None:
    return (value or 0) + 1


def test_a_rule_is_applied_in_one_write() -> None:
    counter = Counter(1)
    assert counter.change(one_more) == Change(1, 2)
    assert (counter.value, counter.reads, counter.writes) == (2, 1, 1)


def test_what_was_stored_is_returned_rather_than_what_the_rule_made() -> None:
    done = change(lambda: 1, lambda value: value + 1, lambda _, after: after * 10)
    assert done == Change(1, 20)


def test_a_rule_that_changes_nothing_writes_nothing() -> None:
    counter = Counter(1)
    assert counter.change(lambda value: value) == Change(1, 1)
    assert (counter.reads, counter.writes) == (1, 0)


def test_equal_is_unchanged_even_if_it_is_another_object() -> None:
    def refuse(before: list[int], after: list[int]) -> list[int]:
        raise AssertionError(f"{after} would be written over {before}")

    assert change(lambda: [1], lambda value: [*value], refuse) == Change([1], [1])


def test_after_a_conflict_the_rule_is_applied_to_what_won() -> None:
    counter = Counter(1, 5, 7)
    assert counter.change(one_more) == Change(7, 8)
    assert (counter.value, counter.reads, counter.writes) == (8, 1, 3)


def test_after_a_conflict_there_may_be_nothing_left_to_write() -> None:
    counter = Counter(1, 9)
    assert counter.change(lambda value: max(value or 0, 2)) == Change(9, 9)
    assert (counter.value, counter.writes) == (9, 1)


def test_an_item_may_be_missing_before() -> None:
    counter = Counter(None)
    assert counter.change(one_more) == Change(None, 1)


def test_an_item_may_be_missing_afterwards() -> None:
    counter = Counter(1)
    assert counter.change(lambda _: None) == Change(1, None)


def test_an_item_that_stays_missing_is_not_written() -> None:
    counter = Counter(None)
    assert counter.change(lambda value: value) == Change(None, None)
    assert counter.writes == 0


def test_what_won_may_be_that_the_item_is_gone() -> None:
    counter = Counter(1, None)
    assert counter.change(one_more) == Change(None, 1)


@pytest.mark.parametrize("tries", [1, 3])
def test_a_table_is_busy_after_so_many_conflicts(tries: int) -> None:
    counter = Counter(1, *range(100, 200))
    with pytest.raises(TableBusy, match=str(tries)):
        counter.change(one_more, tries)
    assert counter.writes == tries


def test_the_last_try_may_succeed() -> None:
    counter = Counter(1, 5, 7)
    assert counter.change(one_more, tries=3) == Change(7, 8)


@pytest.mark.parametrize("fails", ["read", "rule", "write"])
def test_other_errors_pass_through(fails: str) -> None:
    def step(name: str) -> Callable[..., int]:
        def run(*values: int) -> int:
            if name == fails:
                raise ConnectionError(name)
            return len(values)

        return run

    with pytest.raises(ConnectionError, match=fails):
        change(step("read"), step("rule"), step("write"))
