"""Event patterns are read as AWS's event-ruler reads them."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.proof.matchers import InvalidPattern
from infra.proof.ruler import EventPattern

VECTORS: list[tuple[bool | str, Any, Any]] = json.loads(
    Path(__file__).with_name("event_ruler.json").read_text()
)
"""What event-ruler 2.0 itself says of a pattern and an event: matches, does not, or refuses the pattern.

The first 51 pairs are those of its own `correctness-cases.json` (https://github.com/aws/event-ruler, Apache License 2.0);
then come the patterns that AWS documents, arrays in arrays, and random ones.
"""


@pytest.mark.parametrize(("expected", "pattern", "event"), VECTORS)
def test_a_pattern_means_what_event_ruler_says(expected: bool | str, pattern: Any, event: Any) -> None:
    if expected == "refused":
        with pytest.raises(InvalidPattern):
            EventPattern.of(pattern)
    else:
        assert EventPattern.of(pattern).matches(event) is expected


def test_a_refusal_names_what_is_wrong() -> None:
    with pytest.raises(InvalidPattern, match=r"regex.* is no operator of event patterns: prefix, suffix"):
        EventPattern.of({"source": [{"regex": "aws.*"}]})
    with pytest.raises(InvalidPattern, match=r"detail\.state needs an object, or a list"):
        EventPattern.of({"detail": {"state": "running"}})
