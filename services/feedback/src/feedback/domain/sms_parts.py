"""How many parts a text takes as an SMS. Carriers carry, and AWS bills, each part by itself. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import gsm0338  # noqa: F401 - registers the codec

Encoding = Literal["GSM-7", "UCS-2"]

# What fits in an SMS, and in each part of a longer one, beside the header that joins the parts (3GPP TS 23.040).
_ROOM: Final[Mapping[Encoding, tuple[int, int]]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}


@dataclass(frozen=True, slots=True)
class SmsSize:
    """The size of a text as an SMS: units are septets in GSM-7, and 16 bits each in UCS-2."""

    encoding: Encoding
    units: int
    parts: int


def sms_size(text: str) -> SmsSize:
    """Measure a text as AWS sends it: in GSM-7 if it has all its characters, otherwise in UCS-2.

    A character of several units, such as € (two septets) or an emoji, is never divided between parts.
    """
    encoding: Encoding = "GSM-7"
    try:
        widths = [len(character.encode("gsm03.38")) for character in text]
    except UnicodeEncodeError:
        encoding = "UCS-2"
        widths = [len(character.encode("utf-16-be")) // 2 for character in text]
    alone, joined = _ROOM[encoding]
    if sum(widths) <= alone:
        return SmsSize(encoding, sum(widths), 1)
    parts, room = 0, 0
    for width in widths:
        if width > room:
            parts, room = parts + 1, joined
        room -= width
    return SmsSize(encoding, sum(widths), parts)
