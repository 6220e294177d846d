"""A row is a vehicle, or it is refused field by field, without a word of what it holds."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unicorn_mgmt.domain.fleet_file import COLUMNS, FORMATS, Format
from unicorn_mgmt.domain.fleet_row import LONGEST_NAME, BadRow, Fault, read_row, vehicle_of
from unicorn_mgmt.domain.quoting import answer
from unicorn_mgmt.domain.rate_card import RateCard
from unicorn_mgmt.domain.unicorn import Place
from unicorn_mgmt.domain.vehicle import Vehicle
from wild_rydes_contracts import Quote

GOOD = {
    "id": "v-1",
    "name": "Steed Åse",
    "lat": "47.612346",
    "lon": "-122.4",
    "base": "2.50",
    "per_km": "1.2",
    "minimum": "4",
    "currency": "USD",
}
CARD = RateCard(Decimal("2.50"), Decimal("1.2"), Decimal(4), "USD", None)
STEED = Vehicle("p-comet", "v-1", "Steed Åse", Place(47.61235, -122.4), CARD)


def vehicle(fields: dict[str, Any], format_: Format = "ndjson") -> Vehicle:
    line = (
        json.dumps(fields, ensure_ascii=False)
        if format_ == "ndjson"
        else ",".join(f'"{value}"' for value in fields.values())
    )
    return vehicle_of("p-comet", read_row(format_, [*fields], line.encode("utf-8", "surrogatepass")))


def faults(fields: dict[str, Any], format_: Format = "ndjson") -> tuple[Fault, ...]:
    with pytest.raises(BadRow) as found:
        vehicle(fields, format_)
    return found.value.faults


@pytest.mark.parametrize("format_", FORMATS)
def test_a_good_row_is_a_vehicle(format_: Format) -> None:
    assert vehicle(GOOD, format_) == STEED
    more = {**GOOD, "max_km": "12.5", "status": "retired"}
    assert vehicle(more, format_).retired
    assert vehicle(more, format_).rate_card.max_km == 12.5
    assert vehicle({**GOOD, "max_km": "", "status": ""}, format_) == STEED


def test_numbers_of_json_are_taken_exactly() -> None:
    line = b'{"id":"v-1","name":"Steed \\u00c5se","lat":47.612346,"lon":-122.4,"base":2.50,"per_km":1.2,"minimum":4,'
    line += b'"currency":"USD","max_km":null}'
    assert vehicle_of("p-comet", read_row("ndjson", (), line)) == STEED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("id", value) for value in ("a b", "x" * 65, "é", "a/b", "..", "-a")),
        *(("name", value) for value in ("x" * 41, "a\u202eb", "a\u0007b")),
        *(("lat", value) for value in ("91", "nan", "1e1", "north", "--1", "٤٧")),
        *(("lon", value) for value in ("180.1", "-181", "inf")),
        *(("base", value) for value in ("-1", "1.234", "10000.01", "1,5", "1e3", "NaN")),
        *(("per_km", value) for value in ("401", "x")),
        *(("minimum", value) for value in ("99999", "$4")),
        *(("currency", value) for value in ("usd", "XXX", "dollars")),
        *(("max_km", value) for value in ("0.0009", "20101", "-5")),
        ("status", "asleep"),
    ],
)
@pytest.mark.parametrize("format_", FORMATS)
def test_a_bad_value_is_named_by_its_field_and_not_told(field: str, value: str, format_: Format) -> None:
    found = faults({**GOOD, "max_km": "5", "status": "active", field: value}, format_)
    assert [fault.field for fault in found] == [field]
    assert value not in found[0].detail


def test_all_that_is_wrong_with_a_row_is_told_at_once() -> None:
    found = faults(
        {
            "id": "v-1",
            "name": "Steed",
            "lat": "95",
            "lon": "1",
            "currency": "JPY",
            "base": "1.5",
            "per_km": "x",
        }
    )
    assert [(fault.field, fault.detail) for fault in found] == [
        ("lat", "must be a plain number from -90 to 90"),
        ("base", "must be in whole coins of its currency"),
        ("per_km", "must be an amount such as 12.50, at most 400"),
        ("minimum", "is missing"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        b"[]",
        b"7",
        b"{",
        b'{"id":"a","id":"b"}',
        b'{"secret":1}',
        b'{"lat":NaN}',
        b'{"id":"\xff"}',
        b"[" * 4000,
        b'{"id":' * 700,
        b'{"lat":' + b"9" * 4000 + b"e999999999999}",
    ],
)
def test_a_line_that_is_no_object_of_ours_is_a_bad_row(line: bytes) -> None:
    with pytest.raises(BadRow) as found:
        vehicle_of("p-comet", read_row("ndjson", (), line))
    assert "secret" not in str(found.value.faults)


@pytest.mark.parametrize("value", [True, ["a"], {"a": 1}])
def test_a_member_is_a_text_or_a_number(value: Any) -> None:
    assert faults({**GOOD, "name": value}) == (Fault("name", "must be a text or a number"),)


def test_half_a_character_is_no_name() -> None:
    line = json.dumps({**GOOD, "name": "a\ud800"}).encode()
    with pytest.raises(BadRow) as found:
        vehicle_of("p-comet", read_row("ndjson", (), line))
    assert found.value.faults[0].field == "name"


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        (b'v-1,"Steed', "is no line of CSV: a quote is not closed, or stands where none may"),
        (b'v-1,"Steed"x,1', "is no line of CSV: a quote is not closed, or stands where none may"),
        (b"v-1,Steed", "has 2 cells, and the header has 3"),
        (b"v-1,Steed,1,2", "has 4 cells, and the header has 3"),
    ],
)
def test_a_row_of_csv_is_one_line_with_a_cell_for_each_column(line: bytes, detail: str) -> None:
    with pytest.raises(BadRow) as found:
        read_row("csv", ("id", "name", "lat"), line)
    assert found.value.faults == (Fault("row", detail),)


@given(line=st.binary(max_size=200), format_=st.sampled_from(FORMATS))
def test_any_line_is_a_vehicle_or_a_bad_row(line: bytes, format_: Format) -> None:
    try:
        found = vehicle_of("p-comet", read_row(format_, COLUMNS[:3], line))
    except BadRow as bad:
        told = {fault.field for fault in bad.faults}
    else:
        told = {found.fleet}
    assert told <= {*COLUMNS, "row", "p-comet"}


@given(
    fields=st.dictionaries(
        st.sampled_from(COLUMNS), st.text(max_size=12) | st.decimals().map(str) | st.floats().map(str)
    )
)
def test_any_values_are_a_vehicle_or_a_bad_row_of_named_fields(fields: dict[str, str]) -> None:
    try:
        told = vehicle_of("p-comet", read_row("ndjson", (), json.dumps(fields).encode())).fleet
    except BadRow as bad:
        told = next(iter(bad.faults)).field
    assert told in {*COLUMNS, "row", "p-comet"}


def test_a_vehicle_with_the_longest_name_can_quote() -> None:
    vehicle = vehicle_of("p-comet", GOOD | {"name": "x" * LONGEST_NAME})
    assert isinstance(answer(vehicle.as_unicorn(), 1, 10), Quote)
