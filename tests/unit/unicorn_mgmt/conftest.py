import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from infra.rydes.simulators.partners.behaviour import Behaviour
from infra.rydes.simulators.partners.server import Server
from tests.support.modelled import account_for
from tests.support.unicorn_mgmt.api_client import Client
from tests.support.unicorn_mgmt.partner_samples import PARTNERS, simulated
from tests.support.unicorn_mgmt.world import World, a_world


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with a_world(account_for(request)) as world:
        yield world


@pytest.fixture
def calls(world: World) -> list[str]:
    """The names of the DynamoDB and SQS calls made from now on."""
    made: list[str] = []
    for client in (world.dynamodb, world.sqs, world.socket.client):
        client.meta.events.register("before-call", lambda model, **_: made.append(model.name))
    return made


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Server]:
    server = Server(behaviour, seed=1)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def servers() -> Iterator[dict[str, Server]]:
    """The partners, each on a port of its own."""
    with ExitStack() as stack:
        yield {id_: stack.enter_context(serving(simulated(id_))) for id_ in PARTNERS}


@pytest.fixture(autouse=True)
def namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the metrics, as every function's environment names it."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "WildRydes")


@pytest.fixture
def call(world: World) -> Client:
    """The unicorn API, as a unicorn's app calls it."""
    return Client(world)
