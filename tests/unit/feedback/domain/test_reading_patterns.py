"""The files of what is understood: in the form in which words are compared, and each pattern of use."""

import re
from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from feedback.domain.reading.normalise import ASKED, squeezed, tokens
from feedback.domain.reading.patterns import Patterns, patterns
from feedback.domain.reading.reply import Meaning, Question, read

LISTS = [name for name, field in Patterns.model_fields.items() if field.annotation == tuple[str, ...]]
PARTS = re.compile(r"\(|\)\??|(?<!\S)\|(?!\S)|[^\s()]+")
TURNS = 4
"""So many ways of each pattern are tried: the first, second … of each choice, all that may be left out or nothing."""


def phrases(code: str) -> Iterator[tuple[str, str]]:
    spoken = patterns()[code]
    yield from (
        (name, phrase)
        for name in LISTS
        if name != "beside"
        for phrase in getattr(spoken, name.replace("-", "_"))
    )
    yield from ((f"@{name}", phrase) for name, members in spoken.classes.items() for phrase in members)


def example(spoken: Patterns, phrase: str, turn: int) -> str:
    """Write one of the texts that a pattern matches."""
    rows = [[""]]

    def chosen(choices: list[str]) -> str:
        return choices[turn % len(choices)]

    def word(part: str) -> str:
        if part[0] == "@":
            return example(spoken, chosen(list(spoken.classes[part[1:]])), turn)
        return {"#": "7", "*": "something", "^": "👍"}.get(part, part)

    for part in PARTS.findall(phrase):
        match part:
            case "(":
                rows.append([""])
            case "|":
                rows[-1].append("")
            case ")" | ")?":
                group = chosen(rows.pop())
                rows[-1][-1] += group if part == ")" or turn % 2 else ""
            case _:
                body = part.removesuffix("?")
                rows[-1][-1] += word(chosen(body.split("|"))) + " " if body == part or turn % 2 else ""
    return " ".join(rows[0][0].split())


@pytest.mark.parametrize("code", patterns())
def test_words_stand_in_the_files_as_they_are_compared(code: str) -> None:
    spoken = patterns()[code]
    for name, phrase in phrases(code):
        assert phrase.count("(") == phrase.count(")"), f"{name}: {phrase}"
        depth = 0
        for part in PARTS.findall(phrase):
            depth += (part == "(") - part.startswith(")")
            assert part != "|" or depth, f"{name}: {phrase}: rows of words need parentheses"
            if part in ("(", ")", ")?", "|"):
                continue
            for word in part.removesuffix("?").split("|"):
                if word in ("#", "*", "^", ASKED):
                    continue
                if word.startswith("@"):
                    assert word[1:] in spoken.classes, f"{name}: {phrase}: no class {word}"
                else:
                    assert tokens(word) == [word], f"{name}: {phrase}: {word} is never seen like this"
    for word in spoken.numbers:
        assert tokens(word) == [word]
    assert set(spoken.numbers.values()) == set(range(1, 11))


MEANINGS: dict[str, tuple[Question, Meaning]] = {
    "score": ("score", 7),
    "yes": ("yes-no", "yes"),
    "yes_alone": ("yes-no", "yes"),
    "yes_first": ("yes-no", "yes"),
    "no": ("yes-no", "no"),
    "no_alone": ("yes-no", "no"),
    "no_first": ("yes-no", "no"),
    "not_a_call": ("yes-no", "no"),
    "stop": ("score", "stop"),
    "stop_clearly": ("score", "stop"),
    "start": ("score", "start"),
    "help": ("score", "help"),
    "pictures": ("score", "ignore"),
    "automatic": ("score", "ignore"),
}


@pytest.mark.slow
@pytest.mark.parametrize("code", patterns())
def test_every_pattern_is_understood_as_what_it_stands_for(code: str) -> None:
    """None is overruled by one that means something else."""
    spoken = patterns()[code]
    wrong = [
        f"{name}: {phrase}: {text!r} is {found}"
        for name, phrase in phrases(code)
        if name in MEANINGS
        for text in dict.fromkeys(example(spoken, phrase, turn) for turn in range(TURNS))
        if (found := read(text, MEANINGS[name][0], code)) != MEANINGS[name][1]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("code", patterns())
def test_what_a_pattern_matches_has_a_word_that_it_needs(code: str) -> None:
    """Else it would not be tried."""
    spoken = patterns()[code]
    for name, phrase in phrases(code):
        [row] = spoken.rows([phrase])
        for turn in range(TURNS):
            words = set(map(squeezed, example(spoken, phrase, turn).split()))
            assert row.needs is None or row.needs & words, f"{name}: {phrase}: {words}"


@pytest.mark.parametrize("code", patterns())
def test_number_words_are_scores(code: str) -> None:
    for word, number in patterns()[code].numbers.items():
        assert read(word, "score", code) == number
        for between in patterns()[code].of_ten:
            assert read(f"{word} {between} 10", "score", code) == number, between


def test_a_key_that_no_engine_reads_is_refused() -> None:
    data = patterns()["en"].model_dump(by_alias=True)
    with pytest.raises(ValidationError):
        Patterns.model_validate(data | {"maybe": ["perhaps"]})


@pytest.mark.parametrize("code", patterns())
def test_no_pattern_repeats_more_than_the_letters_of_a_word(code: str) -> None:
    """Then each part matches a bounded number of words, in a bounded number of ways: no text takes for ever."""
    spoken = patterns()[code]
    for name, phrase in phrases(code):
        [row] = spoken.rows([phrase])
        bounded = re.sub(r"\\S\+ |\\d\+(?=\) )|\\[^\w\s]", "", row.source)
        assert not re.search(r"[*+{]", bounded), f"{name}: {phrase}: {bounded}"
