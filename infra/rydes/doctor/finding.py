"""What an examination finds: what is ill, what is well, and what could not be looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from infra.rydes.doctor.patient import Patient


@dataclass(frozen=True)
class Ill:
    """Something that is ill. `means` is what customers or teams notice, `to_do` the next command or page."""

    says: str
    means: str = ""
    to_do: str = ""


@dataclass(frozen=True)
class Looked:
    """What one examination has seen: `well` in a few words, such as `4 stacks`, what is `ill`, and what it did not see.

    `unseen` are facts that nobody measures here. They make nothing ill and nothing well.
    """

    well: str
    ill: Sequence[Ill] = ()
    unseen: Sequence[str] = ()


Examination: TypeAlias = Callable[[Patient], Looked]


def count(number: int, one: str, many: str = "") -> str:
    """Say how many: `1 queue`, `3 queues`."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def span(seconds: float) -> str:
    """Say how long, in the largest unit that makes sense: `40 s`, `3 min`, `5 h`, `2 d`."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
