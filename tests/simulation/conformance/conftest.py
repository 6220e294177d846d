"""What the models of AWS are held to: an emulator that runs the real thing, started once.

A test that takes a fixture with two sides runs twice, on the model and on the emulator. One that is marked `aws_alone`
must fail on the emulator: once that does the same, the mark goes.
"""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.simulation.conformance.tables import Tables, emulated_tables, model_tables
from tests.support.bare_emulator import BareEmulator, bare_emulator

MODEL, EMULATOR = "model", "emulator"


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareEmulator]:
    with bare_emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(params=[MODEL, EMULATOR])
def is_model(request: pytest.FixtureRequest) -> bool:
    """Which of the two sides the test is on."""
    alone = request.node.get_closest_marker("aws_alone")
    if alone and request.param == EMULATOR:
        failures = (AssertionError, ClientError, pytest.fail.Exception)
        reason = f"not as {alone.args[0]}"
        request.applymarker(pytest.mark.xfail(strict=True, raises=failures, reason=reason))
    return bool(request.param == MODEL)


@pytest.fixture(scope="session")
def both_tables(emulator: BareEmulator) -> dict[bool, Tables]:
    return {True: model_tables(), False: emulated_tables(emulator)}


@pytest.fixture
def tables(is_model: bool, both_tables: dict[bool, Tables]) -> Tables:
    """DynamoDB on the side that the test is on."""
    return both_tables[is_model]
