"""Properties of what comes from outside, which is tried harder than the rest."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import settings

Test = TypeVar("Test", bound=Callable[..., object])

_AT_NIGHT = 5_000


def boundary(test: Test) -> Test:
    """Mark a property of what comes from outside: three times the usual examples, and 5,000 in `make nightly`.

    `make test-fast` goes without.
    """
    examples = min(3 * settings().max_examples, _AT_NIGHT)
    tried: Test = pytest.mark.slow(pytest.mark.boundary(settings(max_examples=examples)(test)))
    return tried
