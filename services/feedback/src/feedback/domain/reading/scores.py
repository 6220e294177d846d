"""Scores: a white list of forms. A number in any other place is none."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from feedback.domain.reading.normalise import ASKED, ODD
from feedback.domain.reading.patterns import pattern, patterns
from feedback.domain.reading.rows import word_starts
from feedback.domain.reading.text import (
    LONGEST_CLAUSE,
    Clause,
    Text,
    before_courtesies,
    is_asked,
    is_whole,
    spelled,
)

LOWEST = 1
HIGHEST = 10
NONE = 0
"""Stands for a number that is no score, however clear: "½", "007"."""


@dataclass(frozen=True)
class Figures:
    """A clause, the same with `#` for each number, and what the numbers are."""

    words: str
    shape: str
    values: Sequence[int]
    exact: bool
    """Whether they are written in digits. A word may be more than a number: "one great ride"."""
    asked: bool
    """Whether the clause is a question."""
    scaled: bool
    """Whether they are on the scale of ten: "8/10", "eight out of ten"."""


def score(text: Text) -> int | None:
    """Read the one score of a reply.

    It stands alone ("8", "8/10", "I give it an 8!"), is a clause of its own ("Late again, 2"), or is joined to
    a word of praise or blame ("great ride 9"). All other numbers must count something ("20 minutes late, 3").
    """
    clauses = [_figures(clause, text.languages) for clause in text.clauses]
    if not any(clause.values for clause in clauses):
        return None
    doubts = pattern("doubts", text.languages)
    if any(doubts.found_in(clause.words) or doubts.found_in(clause.shape) for clause in clauses):
        return None
    scores = set()
    for index, clause in enumerate(clauses):
        if not clause.values or _counts(clause, text.languages):
            continue
        # A label that has its number is none of the next one: "15 min, 4".
        labelled = (
            index and not clauses[index - 1].values and _is_label(clauses[index - 1].shape, text.languages)
        )
        ends = {"first": index == 0, "last": index == len(clauses) - 1}
        if labelled or not _is_score(clause, text.languages, **ends):
            return None
        scores.add(clause.values[0])
    return scores.pop() if len(scores) == 1 and min(scores) in range(LOWEST, HIGHEST + 1) else None


def _is_score(clause: Figures, languages: tuple[str, ...], *, first: bool, last: bool) -> bool:
    if clause.asked or len(clause.values) != 1 or clause.shape.count(" ") > LONGEST_CLAUSE:
        return False
    if is_whole(clause.shape, "score", languages):
        return True
    if not clause.exact:
        return False
    starts_with, ends_with = clause.shape.startswith("# "), f" {clause.shape}".endswith(" # ")
    if clause.scaled and (starts_with or ends_with):
        return True
    praise = pattern("praise", languages)
    ends = before_courtesies(clause.shape, languages)
    if first and starts_with:
        behind = len("# ")
        if praise.is_all(clause.shape, [behind], ends) or any(
            pattern("because", languages).ends(clause.shape, behind)
        ):
            return True
    before = [end - len("# ") for end in ends if f" {clause.shape[:end]}".endswith(" # ")]
    starts = word_starts(clause.shape)
    return last and any(
        pattern(key, languages).is_all(clause.shape, starts, before) for key in ("praise", "before_last")
    )


def _counts(clause: Figures, languages: tuple[str, ...]) -> bool:
    """Tell whether each number of a clause counts something. None on the scale of ten does: "price 3/10"."""
    if clause.scaled:
        return False
    counted = sum(1 for _ in pattern("counted", languages).spans(clause.shape))
    return counted >= len(clause.values)


def _is_label(before: str, languages: tuple[str, ...]) -> bool:
    return pattern("labels", languages).is_all(before, word_starts(before), [len(before)])


def _figures(clause: Clause, languages: tuple[str, ...]) -> Figures:
    """Replace the numbers of a clause, those on the scale of ten as one."""
    numbers = _numbers(languages)
    scaled, times = _scale(languages).subn(
        lambda found: f"{numbers.get(found['score'], found['score'])}/10 ",
        "".join(f"{word} " for word in clause if word != ASKED),
    )
    words = scaled.split()
    idioms = _idioms(words, languages)
    articles = _articles(words, languages)
    values: list[int] = []
    shape = []
    exact = True
    for index, word in enumerate(words):
        value = numbers.get(word)
        if index in idioms or word in articles or (value is None and not word[0].isdigit() and word != ODD):
            shape.append(word)
            continue
        exact = exact and value is None
        values.append(_value(word) if value is None else value)
        shape.append("#")
    is_scaled = bool(times) or "/10" in scaled
    return Figures(spelled(words), spelled(shape), values, exact, is_asked(clause), is_scaled)


def _idioms(words: Sequence[str], languages: tuple[str, ...]) -> set[int]:
    """Find the words that are part of an idiom: "this one" has no number."""
    clause = spelled(words)
    return {
        index
        for start, end in pattern("idioms", languages).spans(clause)
        for index in range(clause.count(" ", 0, start), clause.count(" ", 0, end))
    }


def _articles(words: Sequence[str], languages: tuple[str, ...]) -> frozenset[str]:
    """Collect the number words that are articles in this clause. Alone, they are numbers."""
    if is_whole(spelled(words), "articles", languages):
        return frozenset()
    return frozenset(word for code in languages for word in patterns()[code].articles)


def _value(word: str) -> int:
    digits = word.removesuffix("/10")
    return int(digits) if re.fullmatch(r"[1-9]\d?", digits) else NONE


@cache
def _numbers(languages: tuple[str, ...]) -> Mapping[str, int]:
    """Collect the number words; where two languages disagree, the first one's."""
    return {word: value for code in reversed(languages) for word, value in patterns()[code].numbers.items()}


@cache
def _scale(languages: tuple[str, ...]) -> re.Pattern[str]:
    """Match "8 out of 10", so that the 10 is not taken for a second number."""
    numbers = _numbers(languages)
    between = "|".join({"/", *(phrase for code in languages for phrase in patterns()[code].of_ten)})
    score = "|".join([r"\d+", *numbers])
    highest = "|".join([str(HIGHEST), *(word for word, value in numbers.items() if value == HIGHEST)])
    return re.compile(rf"(?<!\S)(?P<score>{score}) (?:{between}) (?:{highest}) ")
