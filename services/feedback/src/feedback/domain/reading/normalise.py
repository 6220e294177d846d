"""Make words of what phones send: one form for all that looks the same to a reader."""

import re
import unicodedata
from collections.abc import Callable

ODD = "½"
"""The word for what is a number, but none that a customer types as a score: fractions, powers, ordinals."""
BREAK = ","
ASKED = "¿"
"""The last word of a clause that ends with a question mark."""
MODIFIERS = range(0x1F3FB, 0x1F400)
"""The skin tones of emoji."""

_APOSTROPHES = "'’‘`´ʼ"  # noqa: RUF001 - what phones write
_REPLACED = {
    **dict.fromkeys(_APOSTROPHES, ""),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("⭐★☆🌟", " * "),
    "🔟": " 10 ",
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": " , ",
    "\N{FRACTION SLASH}": "/",
    "\N{DIVISION SLASH}": "/",
    "≠": " ≠ ",
    "_": " _ ",
    "\t": " ",
}
_BY_CATEGORY = {
    **dict.fromkeys(("No", "Nl"), f" {ODD} "),
    **dict.fromkeys(("Mn", "Me", "Cf", "Sk"), ""),  # accents, keycaps, joiners, skin tones
    **dict.fromkeys(("So", "Sc"), " {} "),
    **dict.fromkeys(("Cc", "Zl", "Zp"), "\n"),
    **dict.fromkeys(("Cn", "Co", "Cs", "Zs"), " "),
}
_WRITTEN_OUT = re.compile(r"\\[nrt]")
"""A line break that some phone sends as two characters."""
_FIGURES = re.compile(r"(?<!\w)(?:(?<![.,])-?[.,])?-?\d+(?:\s?[/|\\]\s?\d+|[.,:'x^-]\d+|\s*_\s*\d+)*")
_OF_TEN = re.compile(r"(\d+)\s?[/|\\]\s?10")
_STEPS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"[<>]=|=[<>]"), " ≥ "),  # a bound, no score
    (re.compile(r"<3+(?!\d)|[:;=]['^o-]?[()\[\]dpo|*/\\]+(?![\w/])|\^_?\^|(?<![^\W\d])x+d\b"), " , "),  # :-)
    (re.compile(r"[*~_]{1,3}\s?(\d+)\s?[*~_]{1,3}"), r" \1 "),  # bold, struck and slanted figures
    (re.compile(r"(?<=\d)\s?~(?!\s?\d)"), " "),
    (re.compile(r"[*~](?=[^\W\d])|(?<=[^\W\d])[*~]"), ""),  # bold and struck words
    (_FIGURES, lambda figures: _figures(figures[0])),
    (re.compile(r"(?<!\w)[#+*](?=\d)|(?<!\w)[#+@](?=[^\W\d])|(?<=[^\W\d])[#+@](?!\w)"), " "),
    (re.compile(r"(?<=[^\W\d])-(?=\d)|(?<=\bn)/(?=a\b)"), ""),  # "covid-19" and "n/a" are words
    (re.compile(r"(?<=\w)-(?=[^\W\d])"), " "),  # "5-minute wait" has a unit
    (re.compile(r"[.,:;!¡¿\"()\[\]{}=\n_|•·-]|(?<!\d)/(?!\d)"), " , "),
    (re.compile(r"\?+"), f" {ASKED} , "),
)
_TOKEN = re.compile(r"\d+/10|\d+|[^\W\d]\w*|\S")
_LETTERS = re.compile(r"(?<!\S)(?:[^\W\d] (?:, )*){2,}[^\W\d](?!\S)")
_DOUBLED = re.compile(r"([^\W\d])\1+")


def squeezed(word: str) -> str:
    """Write each run of one letter once: "yesss" is "yes", and "off" is "of", in patterns too."""
    return _DOUBLED.sub(r"\1", word)


def _figures(text: str) -> str:
    """Tell whole numbers and those on a scale of ten from all else that has digits in it."""
    if text.isdecimal():
        return text
    scaled = _OF_TEN.fullmatch(text)
    return f" {scaled[1]}/10 " if scaled else f" {ODD} "


def plain(text: str) -> str:
    """Fold case, accents and the many forms of a letter or a digit; drop what is not seen."""
    return "".join(map(_plain, _WRITTEN_OUT.sub("\n", text)))


def _plain(character: str) -> str:
    if (replaced := _REPLACED.get(character)) is not None:
        return replaced
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category in _BY_CATEGORY and not (category == "Sk" and ord(character) not in MODIFIERS):
        return _BY_CATEGORY[category].format(character)
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return "".join(
        "." if part in "。､、" else part
        for part in decomposed
        if unicodedata.category(part) not in ("Mn", "Me", "Cf") and part not in _APOSTROPHES
    )


def tokens(text: str) -> list[str]:
    """Split a text into words, whole numbers, symbols and breaks: "8/10!!" is "8/10" and a break."""
    rest = plain(text)
    for pattern, by in _STEPS:
        rest = pattern.sub(by, rest)
    spaced = " ".join(_TOKEN.findall(rest))
    return _LETTERS.sub(lambda letters: re.sub("[ ,]", "", letters[0]), spaced).split()
