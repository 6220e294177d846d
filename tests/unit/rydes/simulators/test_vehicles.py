"""Files of vehicles that are made up: the same for each seed, and as bad as is asked for."""

import csv
import io

import pytest

from infra.rydes.simulators.vehicles import COLUMNS, FAULTS, lines, rows
from unicorn_mgmt.domain import fleet_file
from unicorn_mgmt.domain.fleet_file import Format
from unicorn_mgmt.domain.fleet_row import BadRow, read_row, vehicle_of
from unicorn_mgmt.domain.vehicle import Vehicle


def imported(text: str, format_: Format) -> tuple[list[Vehicle], int]:
    """The vehicles of a file, as an import reads it, and how many of its rows are bad."""
    good, bad = [], 0
    for line in text.splitlines()[1 if format_ == "csv" else 0 :]:
        try:
            good.append(vehicle_of("p-comet", read_row(format_, COLUMNS, line.encode())))
        except BadRow:
            bad += 1
    return good, bad


@pytest.mark.parametrize("format_", fleet_file.FORMATS)
def test_an_import_takes_all_rows_but_those_that_are_to_be_bad(format_: Format) -> None:
    good, bad = imported("".join(lines(rows(500, bad=40), format_)), format_)
    assert (len(good), bad) == (460, 40)
    assert len({vehicle.id for vehicle in good}) == 460
    assert {vehicle.retired for vehicle in good} == {False, True}
    assert good == [
        vehicle for vehicle in imported("".join(lines(rows(500), "csv")), "csv")[0] if vehicle in good
    ]


def test_a_file_is_the_same_for_a_seed_and_another_for_another() -> None:
    made = ["".join(lines(rows(50, bad=5, seed=seed), "csv")) for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]


def test_each_fault_is_one_and_nothing_else_is_wrong_with_the_row() -> None:
    [row] = rows(1)
    for field, value in FAULTS.items():
        with pytest.raises(BadRow) as refused:
            vehicle_of("p-comet", {name: text for name, text in (row | {field: value}).items() if text})
        assert [fault.field for fault in refused.value.faults] == [field]


def test_columns_are_those_that_an_import_knows() -> None:
    [header, _] = csv.reader(io.StringIO("".join(lines(rows(1), "csv"))))
    assert tuple(header) == COLUMNS == fleet_file.COLUMNS


def test_more_bad_rows_than_rows_are_all_rows() -> None:
    assert imported("".join(lines(rows(3, bad=9), "csv")), "csv") == ([], 3)
