"""What is made once a run: the synthesized templates, and a local cloud with IAM enforced. And how Hypothesis runs."""

import gc
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from infra.assembly import Assembly, load
from infra.naming import AWS_ENVIRONMENT
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import Settings
from infra.rydes.operator import modes
from infra.rydes.simulators.partners import process
from infra.rydes.simulators.partners.process import Partners
from tests.support import personal_data
from tests.support.clients import Customer, Fleet, Place, Queues
from tests.support.own_cloud import own_cloud
from tests.support.partner_fleets import ask, quoted
from tests.support.patience import eventually, take_slowest
from tests.support.plain_names import plain
from wild_rydes_circuit_breaker import State

# Whoever runs in the background ignores Ctrl-C, and so would every process that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# `make test` runs every property with all of its examples. `make test-fast` takes a quarter of them, the same ones each
# time: that finds what a change has broken, and leaves the rare sequence of events to `make test`.
# `make nightly` takes 5,000 of what comes from outside, new ones each time.
# There is no deadline, and data may be made as slowly as it takes: that says more about the machine than about the code.
_ANY_MACHINE: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [hypothesis.HealthCheck.too_slow],
    "print_blob": True,
}
hypothesis.settings.register_profile("fast", **_ANY_MACHINE, max_examples=25, derandomize=True)
hypothesis.settings.register_profile(
    "thorough", **_ANY_MACHINE, max_examples=100, derandomize="CI" in os.environ
)
hypothesis.settings.register_profile("nightly", **_ANY_MACHINE, max_examples=5_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "thorough"))


_GROUPS = {"cloud": "cloud", "aws": "synth", "local": "synth", "emulator": "emulator"}
"""Fixture -> the one worker of pytest-xdist that runs all tests which use it, and so makes it once."""

STEP, SLOWEST = "step", 10


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks at the groups, and pytest at -m
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together the tests that use what takes seconds to make; each folder has a cloud of its own.

    These groups take longest, so they start first: no worker is left alone with one of them at the end. The longest are
    those of chaos, e2e, feedback and partners; whoever is done first takes those of runbook and verify.
    """
    for item in items:
        if "unit" in item.path.parts:
            continue  # whatever they call their fixtures, units need neither
        for fixture, group in _GROUPS.items():
            if fixture in getattr(item, "fixturenames", ()):
                name = f"{group} of {item.path.parent.name}" if group == "cloud" else group
                item.add_marker(pytest.mark.xdist_group(name))
                item.add_marker(group)
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[int, str]:
    """Clouds first, by folder; then the templates; then the rest in its order."""
    if item.get_closest_marker("cloud"):
        return 0, str(item.path.parent)
    return (1 if item.get_closest_marker("synth") else 2), ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give the slowest steps of a test to its report, which pytest-xdist takes to where all reports come together."""
    report = yield
    report.user_properties += [(STEP, [seconds, what]) for seconds, what in take_slowest(SLOWEST)]
    return report


WORTH_TELLING = 0.5
"""Seconds. Steps of unit tests are shorter."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the slowest steps of all tests: a slow machine is seen to be slow, and not taken to be wrong."""
    steps = [
        (*value, report.nodeid)
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == STEP and value[0] >= WORTH_TELLING
    ]
    if steps:
        terminalreporter.section(f"slowest {SLOWEST} steps")
    for seconds, what, test in sorted(steps, reverse=True)[:SLOWEST]:
        terminalreporter.write_line(f"{seconds:7.1f} s  {what}  in {test}")


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """What `cdk deploy` puts on AWS, with plain names: `tests/infra/test_environments.py` looks at the environment's.

    The simulated partners are among them. Synthesis fails on a finding of cdk-nag that is not accepted with a reason.
    """
    return plain(_synthesized({"partners": "all"}, tmp_path_factory.mktemp("aws")), AWS_ENVIRONMENT)


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """What goes to the local cloud."""
    return _synthesized({"stage": "local"}, tmp_path_factory.mktemp("local"))


def _synthesized(context: dict[str, str], directory: Path) -> Assembly:
    from infra.app import build_app  # noqa: PLC0415 - takes seconds, and most runs need no templates

    build_app(context, outdir=str(directory)).synth()
    assembly = load(directory)
    gc.freeze()  # CDK leaves millions of objects behind: each full collection would spend seconds on them
    return assembly


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The deployed stacks: ``urls``, ``queues()``, ``client(service)`` as root and ``token(user, group)``.

    ``RYDES_E2E=reuse`` takes the cloud that `rydes up` or `make run` has up, instead of an own one. An own one records
    the AWS calls of its functions, and an error at its end says what infra/proof/calls.json does not have, and where
    personal data is that should not be.
    """
    if os.environ.get("RYDES_E2E") == "reuse":
        yield Cloud.find(Settings.from_environment())
        return
    with own_cloud(tmp_path_factory.mktemp("cloud")) as deployed:
        watch = personal_data.Watch(deployed)
        yield deployed
        watch.settle()


@pytest.fixture
def customer(cloud: Cloud) -> Customer:
    """A new customer."""
    return Customer(cloud)


@pytest.fixture
def place() -> Place:
    """A place of the test's own, with nobody in reach yet."""
    return Place.new()


@pytest.fixture
def fleet(cloud: Cloud) -> Iterator[Fleet]:
    """Where unicorns register."""
    fleet = Fleet(cloud)
    yield fleet
    fleet.close()


@pytest.fixture
def queues(cloud: Cloud) -> Queues:
    """All queues, for whoever sends what no service would."""
    return Queues(cloud)


@pytest.fixture
def partners(cloud: Cloud, customer: Customer) -> Iterator[Partners]:
    """The partner fleets, all of them well, and their circuits closed."""
    found = process.running(cloud.settings.run_dir)
    assert found
    for id_ in found.secrets:
        found.misbehave(id_)
    circuits = modes.store(cloud)

    def look() -> tuple[set[str], dict[str, State]]:
        return quoted(ask(customer)), {id_: circuits.read(id_).state for id_ in found.secrets}

    well = set(found.secrets), dict.fromkeys(found.secrets, State.CLOSED)
    eventually(look, "a quote of each partner, and its circuit closed", lambda seen: seen == well)
    yield found
    for id_ in found.secrets:
        found.misbehave(id_)
