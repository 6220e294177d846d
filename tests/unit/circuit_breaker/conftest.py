import pytest

from tests.unit.circuit_breaker.world import World


@pytest.fixture
def world() -> World:
    return World()
