"""A row of a file of vehicles: read strictly, and refused field by field without a word of its content."""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from unicorn_mgmt.domain.fleet_file import COLUMNS, OPTIONAL, Format
from unicorn_mgmt.domain.rate_card import MAX_FARE, MAX_KM, MAX_PER_KM, MIN_KM, RateCard
from unicorn_mgmt.domain.unicorn import Place
from unicorn_mgmt.domain.vehicle import Vehicle
from wild_rydes_contracts.currencies import DECIMAL_PLACES, smallest_amount
from wild_rydes_contracts.scalars import PRINTABLE

LONGEST_NAME: Final = 40
"""As quotes have it: a vehicle whose name no quote takes would decline whatever it is asked."""
STATUSES: Final = ("active", "retired")
PLACES: Final = 5
"""Decimal places of a degree: to about a metre."""

ROW: Final = "row"
"""The field of an error that is about the row as a whole."""

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # `.` and `..` would get lost in a path
_NAME: Final = re.compile(rf"{PRINTABLE}{{1,{LONGEST_NAME}}}")
_AMOUNT: Final = re.compile(r"[0-9]{1,5}(\.[0-9]{1,2})?")
_NUMBER: Final = re.compile(r"-?[0-9]{1,5}(\.[0-9]{1,15})?")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field."""

    field: str
    detail: str


class BadRow(Exception):
    """The row is not imported."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


def read_row(format_: Format, columns: Sequence[str], line: bytes) -> Mapping[str, str]:
    """Read the fields of a line, as texts. A field that is empty is left out. Raises BadRow."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise BadRow(Fault(ROW, "is no text in UTF-8")) from None
    return _cells(columns, text) if format_ == "csv" else _members(text)


def vehicle_of(fleet: str, fields: Mapping[str, str]) -> Vehicle:
    """Make the vehicle of a row. Raises BadRow, with all that is wrong."""
    reader = _Reader(fields)
    id_ = reader.matching(
        "id", _ID, "must be 1 to 64 letters, digits, dots, hyphens and underscores, no sign first"
    )
    name = reader.matching("name", _NAME, f"must be 1 to {LONGEST_NAME} characters that can be shown")
    if name is not None and not _encodable(name):
        reader.fault("name", "has half a character (a surrogate)")
    place = reader.number("lat", -90, 90), reader.number("lon", -180, 180)
    currency = reader.get("currency")
    if currency is not None and currency not in DECIMAL_PLACES:
        reader.fault("currency", "must be a currency of ISO 4217, such as USD")
        currency = None
    base = reader.amount("base", MAX_FARE, currency)
    per_km = reader.amount("per_km", MAX_PER_KM, None)
    minimum = reader.amount("minimum", MAX_FARE, currency)
    max_km = reader.number("max_km", MIN_KM, MAX_KM)
    status = reader.get("status") or STATUSES[0]
    if status not in STATUSES:
        reader.fault("status", f"must be one of {', '.join(STATUSES)}")
    if reader.faults:
        raise BadRow(*reader.faults)
    lat, lon = place
    assert id_ and name and base is not None and per_km is not None and minimum is not None  # noqa: S101, PT018 - for types
    assert lat is not None and lon is not None and currency  # noqa: S101, PT018
    return Vehicle(
        fleet=fleet,
        id=id_,
        name=name,
        place=Place(round(lat, PLACES) + 0.0, round(lon, PLACES) + 0.0),
        rate_card=RateCard(base, per_km, minimum, currency, max_km),
        retired=status == STATUSES[1],
    )


class _Reader:
    """Reads fields, and collects what is wrong with them."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields
        self.faults: list[Fault] = []

    def fault(self, field: str, detail: str) -> None:
        self.faults.append(Fault(field, detail))

    def get(self, field: str) -> str | None:
        value = self._fields.get(field)
        if value is None and field not in OPTIONAL:
            self.fault(field, "is missing")
        return value

    def matching(self, field: str, pattern: re.Pattern[str], detail: str) -> str | None:
        value = self.get(field)
        if value is not None and not pattern.fullmatch(value):
            self.fault(field, detail)
            return None
        return value

    def number(self, field: str, least: float, most: float) -> float | None:
        value = self.get(field)
        if value is None:
            return None
        if not _NUMBER.fullmatch(value) or not least <= float(value) <= most:
            self.fault(field, f"must be a plain number from {least:g} to {most:g}")
            return None
        return float(value)

    def amount(self, field: str, most: int, currency: str | None) -> Decimal | None:
        """Read an amount of money. With a currency it has to be one of whole coins."""
        value = self.get(field)
        if value is None:
            return None
        if not _AMOUNT.fullmatch(value) or Decimal(value) > most:
            self.fault(field, f"must be an amount such as 12.50, at most {most}")
            return None
        if currency and Decimal(value) % smallest_amount(currency):
            self.fault(field, "must be in whole coins of its currency")
        return Decimal(value)


def _cells(columns: Sequence[str], text: str) -> Mapping[str, str]:
    try:
        [cells] = csv.reader([text], strict=True)
    except (ValueError, csv.Error):
        raise BadRow(
            Fault(ROW, "is no line of CSV: a quote is not closed, or stands where none may")
        ) from None
    if len(cells) != len(columns):
        raise BadRow(Fault(ROW, f"has {len(cells)} cells, and the header has {len(columns)}"))
    return {column: cell.strip() for column, cell in zip(columns, cells, strict=True) if cell.strip()}


def _members(text: str) -> Mapping[str, str]:
    try:
        found = json.loads(
            text,
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_refused,
            object_pairs_hook=_once,
        )
    except (ValueError, ArithmeticError, RecursionError):
        raise BadRow(Fault(ROW, "is no JSON object, or has a name twice")) from None
    if not isinstance(found, dict):
        raise BadRow(Fault(ROW, "is no JSON object"))
    if any(name not in COLUMNS for name in found):
        raise BadRow(Fault(ROW, f"has a name that we do not know. There are {', '.join(COLUMNS)}"))
    faults = [
        Fault(name, "must be a text or a number")
        for name, value in found.items()
        if not isinstance(value, str | Decimal | None)
    ]
    if faults:
        raise BadRow(*faults)
    return {name: str(value).strip() for name, value in found.items() if value is not None and value != ""}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("twice")
    return found


def _refused(constant: str) -> Any:  # noqa: ANN401 - never returns
    raise ValueError(constant)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
