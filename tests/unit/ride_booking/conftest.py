from collections.abc import Iterator

import pytest

from tests.support.modelled import account_for
from tests.support.ride_booking.connections import Connections
from tests.support.ride_booking.world import Api, World, a_world


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with a_world(account_for(request)) as world:
        yield world


@pytest.fixture
def api(world: World) -> Api:
    return Api(world)


@pytest.fixture
def calls(world: World) -> list[str]:
    """The names of the AWS calls made from now on."""
    made: list[str] = []
    for client in (world.dynamodb, world.sqs, world.events, world.s3):
        client.meta.events.register("before-call", lambda model, **_: made.append(model.name))
    return made


@pytest.fixture
def connections() -> Connections:
    return Connections()
