import pytest

from tests.support.circuit_breaker.world import World


@pytest.fixture
def world() -> World:
    return World()
