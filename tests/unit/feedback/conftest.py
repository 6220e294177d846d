from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.feedback.memory import Memory
from tests.support.feedback.world import Account, World, an_account


@pytest.fixture(scope="module")
def account() -> Iterator[dict[str, Any]]:
    """What all tables of a test module share."""
    with an_account() as shared:
        yield shared


@pytest.fixture
def world() -> Iterator[World]:
    """In memory: for all that is not about expressions and calls."""
    world = World(Memory())
    yield world
    world.close()


@pytest.fixture
def world_in_account(account: dict[str, Any]) -> Iterator[World]:
    world = World(Account(**account))
    yield world
    world.close()
