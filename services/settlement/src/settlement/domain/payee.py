"""Who is to be paid: whom a label names, and whose letter it is. If these are two, nobody is taken for the payee."""

from collections.abc import Sequence
from statistics import median

from settlement.domain import amounts, dates
from settlement.domain.fields import Fields
from settlement.domain.invoice import Found, Reading, one_of
from settlement.domain.labels import folded, labels
from settlement.domain.page import Page, Text

_HEAD = 0.35
"""The upper part of the first page in which a letterhead is."""
_LARGE = 1.35
"""A letterhead is so many times as high as the text."""
_NEXT_LARGEST = 0.93
_MOST_LARGE = 2
"""More texts of that size are no letterhead: the rest is small."""
_LETTERHEAD = 0.9
"""How certain a letterhead by itself is: no label says that it is the payee."""


def payee(pages: Sequence[Page], fields: Fields) -> Reading[str]:
    """Find the payee's name, as it is written there."""
    payers = {folded(c.value) for c in fields.candidates(frozenset({"payer"}), _name)}
    labelled = [
        Found(c.value, c.text.confidence, c.text.place)
        for c in [
            *fields.candidates(frozenset({"payee"}), _name),
            *fields.paired(frozenset({"payee"}), _name),
        ]
        if folded(c.value) not in payers
    ]
    head = [found for found in _letterhead(pages[0], payers) if folded(found.value)] if pages else []
    return one_of(_alike([*labelled, *head]))


def _alike(found: Sequence[Found[str]]) -> list[Found[str]]:
    """Write names that differ in case, accents or spaces the same way: as the surest of them."""
    surest = sorted(found, key=lambda one: -one.confidence)
    spelled: dict[str, str] = {}
    for one in surest:
        spelled.setdefault(folded(one.value), one.value)
    return [Found(spelled[folded(one.value)], one.confidence, one.place) for one in surest]


def _name(text: Text) -> str | None:
    value = text.text.strip(" :,;")
    is_name = any(character.isalpha() for character in value) and folded(value) not in labels().kinds
    return value if is_name and dates.parsed(value) is None and amounts.parsed(value) is None else None


def _letterhead(page: Page, payers: set[str]) -> list[Found[str]]:
    """The largest text at the top of a page, if it is much larger than the rest. Two may be as large."""
    if not page.lines:
        return []
    top, bottom = min(line.top for line in page.lines), max(line.bottom for line in page.lines)
    upper = [line for line in page.lines if line.top - top < _HEAD * (bottom - top)]
    others = sorted(line.height for line in upper)[:-1]  # of a page with small print, too
    usual = max(median(heights) for heights in (others, [line.height for line in page.lines]) if heights)
    head = [
        line
        for line in upper
        if line.height > _LARGE * usual and _name(line) is not None and folded(line.text) not in payers
    ]
    if not head:
        return []
    tallest = max(line.height for line in head)
    large = [line for line in head if line.height > _NEXT_LARGEST * tallest]
    if len({folded(line.text) for line in large}) > _MOST_LARGE:
        return []
    return [Found(str(_name(line)), min(_LETTERHEAD, line.confidence), line.place) for line in large]
