"""What others have written, as a terminal may get it."""

import re
from typing import Final

# C0 with its escape sequences, C1, which some terminals obey as well, and halves of characters, which no encoding has.
_DANGEROUS: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Write control characters, but for newlines, and lone surrogates as `\u001b`. JSON stays the same JSON."""
    return _DANGEROUS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
