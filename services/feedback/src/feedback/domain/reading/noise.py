"""What phones and carriers write by themselves, and our own words when they come back."""

import re
from collections.abc import Sequence
from functools import cache

from feedback.domain.language import languages
from feedback.domain.reading.normalise import plain, tokens
from feedback.domain.reading.patterns import pattern, patterns
from feedback.domain.reading.text import spelled

RUN = 5
"""So many words in a row that stand in one of our prompts are a quote of it."""

_REACTION = re.compile(r"(?P<head>[^\"\s][^\"]{0,59}?)\s*\"")
_QUOTED = re.compile(r"^[>\s]*>\s*wild\s+rydes\b.*$|\"\s*wild\s+rydes\b[^\"]*(?:\"|$)", re.MULTILINE)


def is_reaction(reply: str) -> bool:
    """Recognise a tapback, which phones without it get as words: Liked “…”, 👍 to “…”."""
    if _is_all("pictures", tokens(reply)):
        return True
    quoting = _REACTION.match(plain(reply).strip())
    return quoting is not None and _is_all("reactions", tokens(quoting["head"]))


def _is_all(key: str, words: Sequence[str]) -> bool:
    """Tell whether words are what a pattern of any language says."""
    text = spelled(words)
    return pattern(key, tuple(sorted(patterns()))).is_all(text, [0], [len(text)])


def is_quote(reply: str) -> bool:
    """Recognise a reply in which all words are ours, and they are more than a customer may happen to write."""
    return not _spoken(unquoted(reply)) and _spoken(tokens(reply)) >= RUN


def unquoted(reply: str) -> list[str]:
    """Split a reply into words, without those that are ours."""
    lines = _QUOTED.sub("\n", plain(reply)).split("\n")
    words = tokens(
        "\n".join(line for line in lines if not (line.lstrip().startswith(">") and _ours(tokens(line))))
    )
    ours = _ours(words)
    return [word for index, word in enumerate(words) if index not in ours]


def _ours(words: Sequence[str]) -> set[int]:
    """Find the words that stand in one of our prompts, in a row."""
    starts = [start for start in range(len(words)) if tuple(words[start : start + RUN]) in _runs()]
    return {index for start in starts for index in range(start, start + RUN)}


def _spoken(words: Sequence[str]) -> int:
    """Count what is a word."""
    return sum(map(str.isalnum, words))


@cache
def _runs() -> frozenset[Sequence[str]]:
    """Collect all runs of words in our prompts."""
    prompts = [tokens(text) for language in languages().values() for text in language.prompts.values()]
    return frozenset(
        tuple(words[start : start + RUN]) for words in prompts for start in range(len(words) - RUN + 1)
    )
