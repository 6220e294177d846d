"""Reads an invoice from Textract's blocks. What may be two things is both of them: nothing here guesses."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from settlement.domain import amounts, dates, ride_table
from settlement.domain.amounts import Amount, currencies_of
from settlement.domain.blocks import Block
from settlement.domain.dates import DAY_FIRST, MONTH_FIRST, UNKNOWN, Order, Written
from settlement.domain.fields import Candidate, Fields
from settlement.domain.invoice import Ambiguous, Found, Invoice, Missing, Reading, one_of
from settlement.domain.labels import Kind, labels
from settlement.domain.page import Page, Place, Text, pages_of
from settlement.domain.payee import payee
from settlement.domain.ride_table import RideTable

T = TypeVar("T")

_NUMBER = re.compile(r"(?=.*\d)[\w./#-]{1,40}")
_NUMERIC_DATE = re.compile(r"\d{1,2}[/-]\d{1,2}[/-]\d{2,4}")
_LONGEST = 200
"""Characters of a line that may be a sentence about the payment."""
_DOUBTFUL = 0.5
"""How certain a sum is where something was paid before, or is left over."""
_ENOUGH_WORDS = 2
"""Labels of one language that make an invoice be in that language."""


def read(blocks: Sequence[Block], missing_pages: Iterable[int] = ()) -> Invoice:
    """Read an invoice.

    `blocks` are all that Textract found, of pages that lie in any direction; `missing_pages` the pages in its warnings.
    """
    pages = pages_of(blocks)
    table = ride_table.read(pages)
    rest = [replace(page, lines=tuple(line for line in page.lines if not table.has(line))) for page in pages]
    fields = Fields(rest)
    sentences = _sentences(rest)
    total, signs = _total(fields, sentences)
    issued, due = _dates(_order(pages, fields), rest, fields, sentences)
    return Invoice(
        payee=payee(pages, fields),
        number=_found(_both(fields, frozenset({"number"}), _number)),
        issued=issued,
        due=due,
        total=total,
        currency=_currency(pages, table, signs),
        lines=tuple(table.lines),
        unread=tuple(table.unread),
        missing_pages=tuple(missing_pages),
    )


def _both(fields: Fields, kinds: frozenset[Kind], parse: Callable[[Text], T | None]) -> list[Candidate[T]]:
    return [*fields.candidates(kinds, parse), *fields.paired(kinds, parse)]


def _found(candidates: Iterable[Candidate[T]]) -> Reading[T]:
    return one_of([Found(c.value, c.text.confidence, c.text.place) for c in candidates])


def _number(text: Text) -> str | None:
    value = text.text.strip(".,;:")
    return value if _NUMBER.fullmatch(value) and dates.parsed(value) is None else None


# --- sentences: "Please pay CHF 1'234.56 by 12 March 2026."


def _sentences(pages: Sequence[Page]) -> list[tuple[Amount, Written, Text]]:
    found = []
    for page in pages:
        for line in page.lines:
            text = line.text[:_LONGEST]
            matches = (pattern.search(text) for pattern in labels().sentences)
            for match in filter(None, matches):
                amount, due = amounts.parsed(match["amount"]), dates.parsed(match["due"])
                if amount and due:
                    found.append((amount, due, line))
    return found


# --- how much


def _total(
    fields: Fields, sentences: Sequence[tuple[Amount, Written, Text]]
) -> tuple[Reading[Decimal], list[frozenset[str]]]:
    """What is to be paid, and what stands for its currency beside it.

    A bare 12 is no amount. A sum counts where nothing names what is to be paid. It is doubtful if something was
    paid before, or is left over.
    """

    def amount(text: Text) -> Amount | None:
        found = amounts.parsed(text.text)
        return found if found and found.is_evident else None

    candidates = [(c.value, c.text) for c in _both(fields, frozenset({"total"}), amount)]
    candidates += [(amount_, line) for amount_, _, line in sentences]
    doubtful = False
    if not candidates:
        candidates = [(c.value, c.text) for c in _both(fields, frozenset({"sum"}), amount)]
        adjusted = _both(fields, frozenset({"adjusted"}), amount)
        doubtful = any(c.value.value for c in adjusted)
    found = [
        Found(a.value, min(text.confidence, _DOUBTFUL) if doubtful else text.confidence, text.place)
        for a, text in candidates
    ]
    return one_of(found), [a.currencies for a, _ in candidates if a.currencies]


def _currency(pages: Sequence[Page], table: RideTable, signs: Sequence[frozenset[str]]) -> Reading[str]:
    """The one currency that all signs and codes of the invoice can mean. A sign of several needs a code somewhere."""
    known = labels()
    codes: list[Found[str]] = []
    possible = [*signs, *(meant for meant, _ in table.currencies)]
    for page in pages:
        for line in page.lines:
            found = set(known.codes.findall(line.text)).union(*(_only_sign(word) for word in line.words))
            codes += [Found(code, line.confidence, line.place) for code in found]
    named = one_of(codes)
    if isinstance(named, Found) and all(named.value in meant for meant in possible):
        return named
    if isinstance(named, Missing) and not possible:
        return Missing()
    place = codes[0].place if codes else _first_place(pages)
    options = {found.value for found in codes} | {code for meant in possible for code in meant}
    return Ambiguous(tuple(Found(code, 1.0, place) for code in sorted(options)))


def _only_sign(word: str) -> frozenset[str]:
    """The currency of a sign that means no other, alone or beside an amount."""
    if word.isalnum():
        return frozenset()
    amount = amounts.parsed(word)
    meant = amount.currencies if amount else currencies_of(word)
    return meant if len(meant) == 1 else frozenset()


def _first_place(pages: Sequence[Page]) -> Place:
    return next(line.place for page in pages for line in page.lines)


# --- when


def _dates(
    order: Order, pages: Sequence[Page], fields: Fields, sentences: Sequence[tuple[Amount, Written, Text]]
) -> tuple[Reading[date], Reading[date]]:
    """The day of the invoice, and the day by which it is to be paid."""

    def written(text: Text) -> Written | None:
        return dates.parsed(text.text)

    issued = [(c.value, c.text) for c in _both(fields, frozenset({"issued"}), written)]
    due = [(c.value, c.text) for c in _both(fields, frozenset({"due"}), written)]
    due += [(day, line) for _, day, line in sentences]
    if order == UNKNOWN:
        order = _order_by_sequence(issued, due)
    own = one_of(_readings(issued, order))
    by_terms = _by_terms(pages, own)
    return own, one_of([*_readings(due, order), *by_terms])


def _readings(written: Iterable[tuple[Written, Text]], order: Order) -> list[Found[date]]:
    return [Found(day, text.confidence, text.place) for value, text in written for day in value.read(order)]


def _order(pages: Sequence[Page], fields: Fields) -> Order:
    """The order that all numeric dates of the invoice allow; else that of its language, if that has only one."""
    words = {word.strip("(),;.") for page in pages for line in page.lines for word in line.words}
    numeric = [found for word in words if _NUMERIC_DATE.fullmatch(word) and (found := dates.parsed(word))]
    day_first = all(found.day_first for found in numeric)
    month_first = all(found.month_first for found in numeric)
    if day_first != month_first:
        return DAY_FIRST if day_first else MONTH_FIRST
    if day_first and _is_in_a_language_with_the_day_first(fields):
        return DAY_FIRST
    return UNKNOWN


def _is_in_a_language_with_the_day_first(fields: Fields) -> bool:
    known = labels()
    spoken = Counter(
        next(iter(languages))
        for text in fields.seen()
        if len(languages := known.languages.get(text, frozenset())) == 1
    )
    clear = {language for language, count in spoken.items() if count >= _ENOUGH_WORDS}
    return bool(clear) and not spoken.keys() & known.month_first


def _order_by_sequence(issued: Sequence[tuple[Written, Text]], due: Sequence[tuple[Written, Text]]) -> Order:
    """The one order in which the invoice is not due before its own day."""
    possible = []
    for order in (DAY_FIRST, MONTH_FIRST):
        first = [day for written, _ in issued for day in written.read(order)]
        last = [day for written, _ in due for day in written.read(order)]
        if first and last and max(first) <= min(last):
            possible.append(order)
    return possible[0] if len(possible) == 1 else UNKNOWN


def _by_terms(pages: Sequence[Page], issued: Reading[date]) -> list[Found[date]]:
    """The due date that "net 30 days" makes of the invoice's own."""
    if not isinstance(issued, Found):
        return []
    found = []
    for page in pages:
        for line in page.lines:
            matches = [match for pattern in labels().terms if (match := pattern.search(line.text))]
            found += [
                Found(
                    issued.value + timedelta(days=int(match["days"])),
                    min(issued.confidence, line.confidence),
                    line.place,
                )
                for match in matches
            ]
    return found
