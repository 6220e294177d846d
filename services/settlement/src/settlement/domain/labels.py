"""The words of invoices, read from labels.toml: what names what, in which language."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias, cast, get_args

Kind: TypeAlias = Literal[
    "total",
    "sum",
    "due",
    "issued",
    "number",
    "payee",
    "payer",
    "adjusted",
    "other",
    "ride",
    "amount",
    "column",
    "title",
]
"""What a label names: see labels.toml."""

LONGEST = 7
"""Words that a label has at most."""


@dataclass(frozen=True)
class Labels:
    """The words of all languages.

    kinds: by folded text, what it names. languages: by folded text, which languages say so.
    currencies: what a sign or a code may stand for. codes: finds codes, which have no other capitals beside them.
    month_first: the languages that may write the month of a date before the day.
    """

    kinds: Mapping[str, frozenset[Kind]]
    languages: Mapping[str, frozenset[str]]
    month_first: frozenset[str]
    months: Mapping[str, int]
    terms: tuple[re.Pattern[str], ...]
    sentences: tuple[re.Pattern[str], ...]
    currencies: Mapping[str, frozenset[str]]
    codes: re.Pattern[str]

    def names(self, text: str, kind: Kind) -> bool:
        """Tell whether this text, whole, is a label of that kind."""
        return kind in self.kinds.get(folded(text), ())


def folded(text: str) -> str:
    """Reduce a text to its letters and digits, without case and accents; # stays."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).casefold()
    return "".join(character for character in plain if character.isalnum() or character == "#")


@cache
def labels() -> Labels:
    """Read the words. They are the same in every call."""
    data = tomllib.loads(files(__package__).joinpath("labels.toml").read_text(encoding="utf-8"))
    signs = data.pop("currencies")
    codes = signs.pop("codes")
    kinds: dict[str, set[Kind]] = {}
    languages: dict[str, set[str]] = {}
    for language, words in data.items():
        for kind in get_args(Kind):
            for text in words.get(kind, []):
                kinds.setdefault(folded(text), set()).add(cast("Kind", kind))
                languages.setdefault(folded(text), set()).add(language)
    return Labels(
        {text: frozenset(found) for text, found in kinds.items()},
        {text: frozenset(found) for text, found in languages.items()},
        frozenset(language for language, words in data.items() if words.get("month-first")),
        _months(data),
        tuple(_pattern(text) for words in data.values() for text in words["terms"]),
        tuple(_pattern(text) for words in data.values() for text in words["sentence"]),
        {code: frozenset([code]) for code in codes}
        | {sign: frozenset(meant) for sign, meant in signs.items()},
        re.compile(rf"(?<![A-Z])(?:{'|'.join(codes)})(?![A-Z])"),
    )


def _months(data: Mapping[str, Mapping[str, list[str]]]) -> dict[str, int]:
    """Every language's months by their folded names, and by those beginnings of at least three letters that are one's alone."""
    whole = [
        (folded(name), number)
        for words in data.values()
        for number, name in enumerate(words["months"], start=1)
    ]
    found: dict[str, set[int]] = {}
    for name, number in whole:
        for length in range(3, len(name) + 1):
            found.setdefault(name[:length], set()).add(number)
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1} | dict(whole)


def _pattern(text: str) -> re.Pattern[str]:
    parts = {"{days}": r"(?P<days>\d{1,3})", "{amount}": r"(?P<amount>.+?)", "{due}": r"(?P<due>.+?)"}
    pattern = r"\s*".join(re.escape(word) for word in text.split())
    for name, group in parts.items():
        pattern = pattern.replace(re.escape(name), group)
    # A sentence with gaps is the whole line; terms stand anywhere in one.
    return re.compile(pattern + r"\.?$" if "amount" in text else rf"\b{pattern}\b", re.IGNORECASE)
