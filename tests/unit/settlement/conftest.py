"""The ledger on moto."""

from collections.abc import Iterator

import pytest

from tests.support import aws
from tests.support.settlement.documents import Desk
from tests.support.settlement.ledger import World


@pytest.fixture
def world() -> Iterator[World]:
    with aws.account():
        yield World()


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)
