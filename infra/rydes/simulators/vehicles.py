"""Files of vehicles over Seattle for imports, the same for each seed."""

import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from typing import Final

from infra.rydes.simulators.unicorns.registry import PLACES

COLUMNS: Final = ("id", "name", "lat", "lon", "base", "per_km", "minimum", "currency", "max_km", "status")
SPREAD: Final = 0.012
"""Of vehicles around a neighbourhood, in degrees: about a kilometre."""

_NAMES: Final = ("Comet", "Meteor", "Aurora", "Zephyr", "Borealis", "Quasar", "Eclipse", "Solstice")

Row = dict[str, str]

FAULTS: Final[dict[str, str]] = {
    "lat": "91.5",
    "lon": "east",
    "name": "",
    "base": "-1.00",
    "per_km": "a lot",
    "currency": "XXL",
    "status": "lost",
    "id": "no id",
}
"""What may be wrong with a row: the value of one of its fields."""


def rows(count: int, *, bad: int = 0, seed: int = 1) -> Iterator[Row]:
    """Make so many vehicles, of which so many have a fault each. The good ones do not depend on who is bad."""
    dice = random.Random(seed)  # noqa: S311 - nothing secret
    wrong = {*dice.sample(range(count), min(bad, count))}
    for number in range(count):
        row = _row(number, random.Random(f"{seed}/{number}"))  # noqa: S311
        if number in wrong:
            field = dice.choice([*FAULTS])
            row[field] = FAULTS[field]
        yield row


def lines(made: Iterator[Row], format_: str) -> Iterator[str]:
    """Write rows as CSV, with a header, or as NDJSON, each line with its end."""
    write = _as_csv if format_ == "csv" else _as_json
    if format_ == "csv":
        yield ",".join(COLUMNS) + "\n"
    yield from map(write, made)


def _row(number: int, dice: random.Random) -> Row:
    _, lat, lon = dice.choice(PLACES)
    cents: Callable[[int, int], str] = lambda least, most: f"{dice.randint(least, most) / 100:.2f}"  # noqa: E731
    return {
        "id": f"v-{number:06}",
        "name": f"{_NAMES[number % len(_NAMES)]} {number}",
        "lat": f"{lat + dice.gauss(0, SPREAD):.5f}",
        "lon": f"{lon + dice.gauss(0, SPREAD):.5f}",
        "base": cents(300, 600),
        "per_km": cents(140, 280),
        "minimum": cents(700, 1200),
        "currency": "USD",
        "max_km": str(dice.choice((20, 40, 80))) if dice.random() < 0.2 else "",  # noqa: PLR2004 - a fifth of them
        "status": "retired" if dice.random() < 0.02 else "active",  # noqa: PLR2004
    }


def _as_csv(row: Row) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([row[name] for name in COLUMNS])
    return text.getvalue()


def _as_json(row: Row) -> str:
    return json.dumps({name: value for name, value in row.items() if value}) + "\n"
