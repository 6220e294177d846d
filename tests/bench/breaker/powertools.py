"""AWS Lambda Powertools' breaker in the same simulation, its code unchanged, with its default settings.

What it keeps for a process is kept apart for each environment here: its counters by giving each environment a name of
its own, which the persistence layer maps to the one shared circuit; its lock owner by translating it on the way.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from unittest import mock

from aws_lambda_powertools.utilities.circuit_breaker import (
    CircuitBreakerOpenError,
    CircuitState,
    base,
    circuit_breaker,
)
from aws_lambda_powertools.utilities.circuit_breaker.persistence import base as persistence
from aws_lambda_powertools.utilities.circuit_breaker.persistence.record import CircuitStateRecord

from tests.bench.breaker.simulation import Simulation
from tests.bench.breaker.world import Guard, Refused, Traffic


class SharedCircuit:
    """The one item. Conditions as in Powertools' layer for DynamoDB."""

    def __init__(self, simulation: Simulation, traffic: Traffic) -> None:
        self._simulation = simulation
        self._traffic = traffic
        self._record: CircuitStateRecord | None = None

    def get(self) -> CircuitStateRecord | None:
        self._traffic.read()
        return self._record

    def put(self, record: CircuitStateRecord, condition: str | None, expected_opened_at: int | None) -> None:
        def apply() -> None:
            if condition == "half_open" and not self._may_probe(expected_opened_at):
                raise persistence.CircuitBreakerExistingLockError
            self._record = record
            self._traffic.turned(record.state)

        self._traffic.write(apply)

    def _may_probe(self, expected_opened_at: int | None) -> bool:
        record = self._record
        if record is None:
            return False
        if record.state is CircuitState.OPEN:
            return record.half_open_owner is None and record.opened_at == expected_opened_at
        lapsed = record.probe_lease_expiry is not None and record.probe_lease_expiry <= int(
            self._simulation.now
        )
        return record.state is CircuitState.HALF_OPEN and lapsed


class Layer(persistence.CircuitBreakerPersistenceLayer):
    """One environment's way to the shared circuit."""

    def __init__(self, shared: SharedCircuit, environment: str) -> None:
        super().__init__()
        self._shared = shared
        self._environment = environment

    def _get_record(self, name: str) -> CircuitStateRecord | None:
        record = self._shared.get()
        if record is None:
            return None
        ours = record.half_open_owner == self._environment
        owner = base._probe_owner_id() if ours else record.half_open_owner
        return replace(record, name=name, half_open_owner=owner)

    def _put_record(
        self, record: CircuitStateRecord, condition: str | None = None, expected_opened_at: int | None = None
    ) -> None:
        owner = self._environment if record.half_open_owner else None
        self._shared.put(replace(record, half_open_owner=owner), condition, expected_opened_at)

    def _update_record(self, record: CircuitStateRecord) -> None:
        self._put_record(record)

    def probing(self) -> bool:
        """Whether this environment holds the lock, as it last saw."""
        cached = self._retrieve_from_cache(self._environment)
        return (
            cached is not None
            and cached.state is CircuitState.HALF_OPEN
            and cached.half_open_owner == base._probe_owner_id()
        )


class Powertools:
    """One environment."""

    def __init__(self, shared: SharedCircuit, environment: str) -> None:
        self._layer = Layer(shared, environment)
        self._work: Callable[[], None] = lambda: None
        self._guarded = circuit_breaker(name=environment, persistence_store=self._layer)(self._do)

    def call(self, work: Callable[[], None]) -> None:
        self._work = work
        try:
            self._guarded()
        except CircuitBreakerOpenError:
            raise Refused from None

    def probing(self) -> bool:
        return self._layer.probing()

    def _do(self) -> None:
        self._work()


def environments(number: int, simulation: Simulation, traffic: Traffic) -> list[Guard]:
    shared = SharedCircuit(simulation, traffic)
    return [Powertools(shared, f"environment-{index}") for index in range(number)]


@contextmanager
def simulated_time(simulation: Simulation) -> Iterator[None]:
    """Powertools reads the clock of the simulation, and knows nothing of earlier runs."""
    clock = SimpleNamespace(
        datetime=SimpleNamespace(now=lambda: SimpleNamespace(timestamp=lambda: simulation.now))
    )
    with mock.patch.object(base, "dt", clock), mock.patch.object(persistence, "dt", clock):
        for known in (base._LOCAL_FAILURES, base._LOCAL_SUCCESSES, base._LAST_OBSERVED_STATE):
            known.clear()
        yield
