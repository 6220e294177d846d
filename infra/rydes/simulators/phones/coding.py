"""How a text is coded as an SMS, and into how many parts that divides it.

https://docs.aws.amazon.com/sms-voice/latest/userguide/sms-limitations-character.html
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import gsm0338  # noqa: F401 - registers the codec

Encoding = Literal["GSM", "Unicode"]
"""AWS's names: 7 bits a character, or 16."""

_ROOM: dict[Encoding, tuple[int, int]] = {"GSM": (160, 153), "Unicode": (70, 67)}
"""Units in an SMS by itself, and in each part of a longer one, which says where it belongs."""


@dataclass(frozen=True)
class Coding:
    """A text on its way: the coding that needs the fewest bits, and the parts, which are billed one by one."""

    encoding: Encoding
    parts: int


@lru_cache(maxsize=1_000)  # most texts are among the few that a service sends
def code(text: str) -> Coding:
    """Code a text. What takes two units, such as € or an emoji, is not divided between two parts."""
    encoding: Encoding = "GSM"
    try:
        units = [len(character.encode("gsm03.38")) for character in text]
    except UnicodeEncodeError:
        encoding = "Unicode"
        units = [len(character.encode("utf-16-be")) // 2 for character in text]
    alone, joined = _ROOM[encoding]
    if sum(units) <= alone:
        return Coding(encoding, 1)
    parts, used = 1, 0
    for size in units:
        if used + size > joined:
            parts, used = parts + 1, 0
        used += size
    return Coding(encoding, parts)
