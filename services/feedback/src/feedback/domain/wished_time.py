"""When a customer wants to be called, as far as they said.

The words are data, `languages/<code>/times.json`. No date comes of them: a reply says when as seen from its day.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from feedback.domain.data_file import DataFile
from feedback.domain.language import each
from feedback.domain.reading.normalise import plain
from feedback.domain.reading.patterns import patterns

Day = Literal["today", "tomorrow", "later"]

NOON = 12
FIRST_MORNING_HOUR = 8
"""A clock time before, without "am", is in the afternoon: nobody wants to be called at 5 in the morning."""


@dataclass(frozen=True, slots=True)
class WishedTime:
    """A part of a day, where the customer is.

    `earliest` and `latest` are hours, 0 to 23: not before the one, not after the other. "After 5:30" is 18,
    so that nobody is called too early. `later` is any day but this one. None is what the customer left open.
    """

    day: Day | None = None
    earliest: int | None = None
    latest: int | None = None


class Times(DataFile):
    """How one language says when: phrases as `normalise.plain` writes them, in lower case without accents."""

    today: tuple[str, ...]
    tomorrow: tuple[str, ...]
    later: tuple[str, ...]
    parts: dict[str, tuple[int, int]]
    """Phrases for parts of a day, with the first and the last hour: "in the morning", 8 to 12."""
    after: tuple[str, ...]
    """What stands before the earliest time: "after", but "not before", too."""
    before: tuple[str, ...]
    """What stands before the latest time."""
    at: tuple[str, ...]
    between: tuple[str, ...]
    """What stands before two times: "between", "from"."""
    to: tuple[str, ...]
    """What stands between the two."""
    hours: dict[str, int]
    """Names of times: "noon"."""
    am: tuple[str, ...]
    pm: tuple[str, ...]
    clock: tuple[str, ...]
    """What may stand behind a time and means nothing: "o clock"."""


@dataclass(frozen=True)
class _Clock:
    """The regular expressions of a language."""

    times: Times
    span: re.Pattern[str]
    bound: re.Pattern[str]
    numbers: Mapping[str, int]


def wished_time(text: str, language: str) -> WishedTime | None:
    """Read when a customer wants to be called. None if they do not say, or say it in words we do not know."""
    if language not in _all_times():
        return None
    clock = _clock(language)
    said = " ".join(re.sub(r"[,;!?()\"]|\.(?!\d)", " ", plain(text)).split())
    part, rest = _part(said, clock.times)
    earliest, latest = _hours(said, clock) or part or (None, None)
    wished = WishedTime(_day(said, rest, clock.times), earliest, latest)
    return None if wished == WishedTime() else wished


def _part(said: str, times: Times) -> tuple[tuple[int, int] | None, str]:
    """Find a part of the day, and what else is said: Spanish "mañana" is both morning and tomorrow."""
    for phrase, hours in sorted(times.parts.items(), key=lambda item: -len(item[0])):
        found = re.search(rf"\b{re.escape(phrase)}\b", said)
        if found:
            names_the_day = phrase.startswith(times.tomorrow)
            return hours, said if names_the_day else said[: found.start()] + said[found.end() :]
    return None, said


def _day(said: str, rest: str, times: Times) -> Day | None:
    if _found(times.later, said):
        return "later"
    if _found(times.tomorrow, rest):
        return "tomorrow"
    return "today" if _found(times.today, said) else None


def _found(phrases: Iterable[str], said: str) -> bool:
    return any(re.search(rf"\b{re.escape(phrase)}\b", said) for phrase in phrases)


def _hours(said: str, clock: _Clock) -> tuple[int | None, int | None] | None:
    """Find the earliest and the latest hour of all clock times that are said."""
    if span := clock.span.search(said):
        late = _time(span, "2", clock)
        return _up(_time(span, "1", clock, until=late)), _down(late)
    earliest, latest = None, None
    for bound in clock.bound.finditer(said):
        minutes = _time(bound, "1", clock)
        if bound["after"]:
            earliest = _up(minutes)
        elif bound["before"]:
            latest = _down(minutes)
        elif bound["at"] or bound["half1"]:
            earliest, latest = _down(minutes), _up(minutes + 60)
    return None if earliest is latest is None else (earliest, latest)


def _time(found: re.Match[str], which: str, clock: _Clock, until: int | None = None) -> int:
    """Tell a clock time in minutes since midnight."""
    said, half = found[f"hour{which}"], found[f"half{which}"]
    if said in clock.times.hours:
        return clock.times.hours[said] * 60
    hour = clock.numbers.get(said) or int(said)
    if half in clock.times.pm or (half is None and hour < FIRST_MORNING_HOUR):
        hour = hour % NOON + NOON
    elif half is not None:
        hour %= NOON
    minutes = hour * 60 + int(found[f"minute{which}"] or 0)
    if until is not None and half is None and minutes > until >= minutes - NOON * 60 >= 0:
        minutes -= NOON * 60  # "from 7 to 11" is in the morning
    return minutes


def _up(minutes: int) -> int:
    return min(-(-minutes // 60), 23)


def _down(minutes: int) -> int:
    return min(minutes // 60, 23)


@cache
def _all_times() -> Mapping[str, Times]:
    return {code: Times.model_validate_json(data) for code, data in each("times.json")}


@cache
def _clock(code: str) -> _Clock:
    times, numbers = _all_times()[code], patterns()[code].numbers
    halves, clock = _either([*times.am, *times.pm]), _either(times.clock)

    def time(which: int) -> str:
        hour = rf"(?P<hour{which}>[01]?\d|2[0-3]|{_either([*numbers, *times.hours])})(?![\d/%])"
        minute = rf"(?:\s?[:.h]\s?(?P<minute{which}>[0-5]\d))?"
        return rf"{hour}{minute}(?:\s?h\b)?(?:\s?(?:{clock})\b)?(?:\s?(?P<half{which}>{halves})\b)?"

    between, to = _either(times.between), _either(times.to)
    bounds = "|".join(rf"(?P<{name}>{_either(getattr(times, name))})" for name in ("after", "before", "at"))
    return _Clock(
        times,
        span=re.compile(rf"\b(?:{between})\s{time(1)}\s?(?:{to}|-)\s?{time(2)}"),
        bound=re.compile(rf"(?:\b(?:{bounds})\s)?\b{time(1)}"),
        numbers=numbers,
    )


def _either(phrases: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, phrases), key=len, reverse=True)) or "(?!)"
