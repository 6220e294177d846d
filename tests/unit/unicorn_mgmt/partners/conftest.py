import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from infra.rydes.simulators.partners.fleets import Comet, Nimbus, Pegasus
from infra.rydes.simulators.partners.server import Behaviour, Server
from tests.unit.unicorn_mgmt.partners.samples import CREDENTIALS


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
    """The three partners, each on a port of its own."""
    values = CREDENTIALS
    fleets: dict[str, Behaviour] = {
        "p-comet": Comet(values["api_key"], values["webhook_token"]),
        "p-pegasus": Pegasus(values["access_id"], values["signing_key"]),
        "p-nimbus": Nimbus(
            values["client_id"],
            values["client_secret"],
            values["callback_key"],
            think_seconds=0.01,
        ),
    }
    with ExitStack() as stack:
        yield {id_: stack.enter_context(serving(fleet)) for id_, fleet in fleets.items()}


@pytest.fixture(autouse=True)
def namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the metrics, as every function's environment names it."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "WildRydes")
