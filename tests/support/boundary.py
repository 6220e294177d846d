"""Properties of what comes from outside, which is tried harder than the rest."""

from collections.abc import Callable
from typing import TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., object])


def boundary(test: Test) -> Test:
    """Mark a property of what comes from outside: 5,000 examples in `make nightly`, none in `make test-fast`."""
    marked: Test = pytest.mark.slow(pytest.mark.boundary(test))
    return marked
