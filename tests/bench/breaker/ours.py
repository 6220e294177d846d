"""Our breaker in the simulation, unchanged, over a store that takes its time."""

from collections.abc import Callable
from random import Random

from tests.bench.breaker.simulation import Simulation
from tests.bench.breaker.world import Guard, Refused, Traffic
from wild_rydes_circuit_breaker import (
    Blame,
    CircuitBreaker,
    CircuitOpen,
    Fault,
    MemoryStore,
    Permit,
    Record,
    Settings,
    State,
    StoreUnavailable,
    Transition,
)
from wild_rydes_circuit_breaker.record import Entry
from wild_rydes_circuit_breaker.rules import Admission, admission

SKEW = 0.005
"""How far (s) environments' clocks are off, either way."""


class SimulatedStore(MemoryStore):
    """A store in memory as far away as DynamoDB."""

    def __init__(self, traffic: Traffic, settings: Settings) -> None:
        super().__init__()
        self._traffic = traffic
        self._settings = settings

    def read(self, circuit: str) -> Record:
        self._traffic.read()
        return super().read(circuit)

    def replace(self, circuit: str, before: Record, after: Record) -> Record:
        return self._traffic.write(lambda: self._noted(MemoryStore.replace(self, circuit, before, after)))

    def add(self, circuit: str, epoch: int, entry: Entry) -> Record:
        return self._traffic.write(lambda: self._noted(MemoryStore.add(self, circuit, epoch, entry)))

    def _noted(self, record: Record) -> Record:
        now = self._traffic.latency.simulation.now
        closed = admission(record, self._settings, now) is Admission.CALL
        self._traffic.turned("CLOSED" if closed else "OPEN" if record.state is State.CLOSED else record.state)
        return record


class Silent:
    def turned(self, transition: Transition, *, shared: bool) -> None: ...

    def parted(self, circuit: str, error: StoreUnavailable) -> None: ...

    def rejoined(self, circuit: str) -> None: ...

    def repaired(self, circuit: str, error: StoreUnavailable) -> None: ...


def _partners_fault(error: Exception) -> Fault:
    return Fault(Blame.PARTNER)


class Ours:
    """One environment."""

    def __init__(self, breaker: CircuitBreaker) -> None:
        self._breaker = breaker
        self._call: Permit | None = None

    def call(self, work: Callable[[], None]) -> None:
        try:
            with self._breaker.call() as self._call:
                work()
        except CircuitOpen:
            raise Refused from None

    def probing(self) -> bool:
        return self._call is not None and self._call.probe is not None


def environments(
    number: int, simulation: Simulation, traffic: Traffic, random: Random, settings: Settings
) -> list[Guard]:
    store = SimulatedStore(traffic, settings)

    def environment(index: int) -> Guard:
        skew = random.uniform(-SKEW, SKEW)
        return Ours(
            CircuitBreaker(
                "partner",
                settings,
                store,
                classify=_partners_fault,
                listener=Silent(),
                environment=f"environment-{index}",
                now=lambda: simulation.now + skew,
                draw=random.random,
            )
        )

    return [environment(index) for index in range(number)]
