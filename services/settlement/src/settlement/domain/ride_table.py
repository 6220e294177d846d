"""The table of rides: which ride costs what. A row that may say two things is unread, never guessed."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from settlement.domain import amounts, dates
from settlement.domain.amounts import Amount
from settlement.domain.invoice import RideLine
from settlement.domain.labels import Kind, folded, labels
from settlement.domain.page import Page, Place, Text

_RIDE_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.\d{1,6}")
"""As ride-booking makes them: the RFQ's id and the number of its booking."""
_LIKE_ONE = re.compile(r"(?=(?:.*[\u2013-]){2})[\w.\u2013-]{24,}")
"""What may be a ride's id that was misread, or is written over two lines."""
_HEADINGS: frozenset[Kind] = frozenset({"ride", "amount", "column"})


@dataclass
class RideTable:
    """The rows that could be read, those that could not, and which lines belong to the table.

    `currencies` are those that stand beside amounts of rows, each with its place.
    """

    lines: list[RideLine] = field(default_factory=list)
    unread: list[Place] = field(default_factory=list)
    currencies: list[tuple[frozenset[str], Place]] = field(default_factory=list)
    own: set[int] = field(default_factory=set)

    def has(self, line: Text) -> bool:
        """Whether a line is a row or a heading of the table."""
        return id(line) in self.own


def read(pages: Sequence[Page]) -> RideTable:
    """Read the rows of all pages. Headings hold for the pages after them, too, until there are others."""
    table = RideTable()
    headings: list[Text] = []
    for page in pages:
        for row in page.rows:
            if found := _headings(row):
                headings = found
                table.own |= {id(line) for line in row}
            elif any(_is_like_an_id(word) for line in row for word in line.words):
                table.own |= {id(line) for line in row}
                for part in _parts(row):
                    _take(table, part, headings)
    return table


def _headings(row: Sequence[Text]) -> list[Text]:
    """The headings of the columns with prices, if a row has headings: of rides and of prices at least."""
    kinds = labels().kinds
    cells = [(line, kinds.get(folded(line.text), frozenset()) & _HEADINGS) for line in row]
    has_rides = any("ride" in found for _, found in cells)
    prices = [line for line, found in cells if "amount" in found]
    return prices if has_rides and all(found for _, found in cells) else []


def _is_like_an_id(word: str) -> bool:
    return bool(_LIKE_ONE.fullmatch(word.strip("(),;:")))


def _parts(row: Sequence[Text]) -> Iterator[list[Text]]:
    """The rows beside each other, where a page has several columns of rides: each begins with its ride's id.

    What stands before the first id belongs to it: a number, or the day.
    """
    starts = [index for index, line in enumerate(row) if any(_is_like_an_id(word) for word in line.words)]
    bounds = [0, *starts[1:], len(row)]
    for begin, end in itertools.pairwise(bounds):
        yield list(row[begin:end])


def _take(table: RideTable, part: Sequence[Text], headings: Sequence[Text]) -> None:
    """Take in one row."""
    ids = [word.strip("(),;:") for line in part for word in line.words if _is_like_an_id(word)]
    found = _amount(part, headings)
    places = [line.place for line in part if any(_is_like_an_id(word) for word in line.words)]
    if len(ids) != 1 or not _RIDE_ID.fullmatch(ids[0]) or found is None:
        table.unread += places[:1]
        return
    amount, line = found
    if amount.currencies:
        table.currencies.append((amount.currencies, line.place))
    sure = min(line.confidence, *(other.confidence for other in part if ids[0] in " ".join(other.words)))
    table.lines.append(RideLine(ids[0], amount.value, sure, around(places[0], line.place)))


def _amount(part: Sequence[Text], headings: Sequence[Text]) -> tuple[Amount, Text] | None:
    """The price in a row: the one below the heading of prices, or the only one that there is."""
    cells = [(amount, line) for line in part for amount in _amounts(line)]
    below = [cell for cell in cells if any(_is_below(cell[1], heading) for heading in headings)]
    if len(below) == 1:
        return below[0]
    evident = [cell for cell in cells if cell[0].is_evident]
    return evident[0] if len(evident) == 1 and not below else None


def _amounts(line: Text) -> list[Amount]:
    """The amounts in a cell, which may be joined with its neighbours: an id and a day are none."""
    whole = amounts.parsed(line.text)
    if whole is not None or len(line.words) == 1:
        return [whole] if whole and dates.parsed(line.text) is None else []
    if dates.parsed(line.text) is not None:
        return []
    words = (amounts.parsed(word) for word in line.words if dates.parsed(word) is None)
    return [amount for amount in words if amount and amount.is_evident]


def _is_below(cell: Text, heading: Text) -> bool:
    letter = (heading.right - heading.left) / max(1, len(heading.text))
    return cell.left < heading.right + letter and heading.left - letter < cell.right


def around(one: Place, other: Place) -> Place:
    """The place of two things of a page together."""
    left, top = min(one.left, other.left), min(one.top, other.top)
    right = max(one.left + one.width, other.left + other.width)
    bottom = max(one.top + one.height, other.top + other.height)
    return Place(one.page, left, top, right - left, bottom - top)
