"""Environments that share one circuit, on a clock that the test turns."""

from collections.abc import Callable
from dataclasses import dataclass, field

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
    Unreadable,
)
from wild_rydes_circuit_breaker.record import Entry

CIRCUIT = "unicab"
NOW = 1_800_000_000.0

PARTNER = Fault(Blame.PARTNER)
OURS = Fault(Blame.OURS)


class PartnerError(Exception):
    """Raised by a call whose partner failed."""


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


class SpiedStore(MemoryStore):
    """Counts calls; can be out of order; lets somebody else go first."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.writes = 0
        self.down = False
        self.seen: list[Record] = []
        """What each write went out from."""
        self.polls: set[float] = set()
        """When each poll began."""
        self.writes_left: int | None = None
        self.before_write: Callable[[], None] | None = None

    def read(self, circuit: str) -> Record:
        self.reads += 1
        self._check()
        return super().read(circuit)

    def replace(self, circuit: str, before: Record, after: Record) -> Record:
        self._write()
        self.seen.append(before)
        return super().replace(circuit, before, after)

    def add(self, circuit: str, epoch: int, entry: Entry) -> Record:
        self._write()
        record = super().add(circuit, epoch, entry)
        if record.poll:
            self.polls.add(record.poll.since)
        return record

    def _write(self) -> None:
        self.writes += 1
        if self.writes_left is not None:
            if self.writes_left == 0:
                raise StoreUnavailable("no more writes")
            self.writes_left -= 1
        self._check()
        if meddle := self.before_write:
            self.before_write = None
            meddle()

    def _check(self) -> None:
        if self.down:
            raise StoreUnavailable("down")


@dataclass
class Heard:
    """A listener that keeps what it hears."""

    transitions: list[Transition] = field(default_factory=list)
    own: list[Transition] = field(default_factory=list)
    tidings: list[str] = field(default_factory=list)

    def turned(self, transition: Transition, *, shared: bool) -> None:
        (self.transitions if shared else self.own).append(transition)

    def parted(self, circuit: str, error: StoreUnavailable) -> None:
        self.tidings.append(f"{circuit} parted: {error}")

    def rejoined(self, circuit: str) -> None:
        self.tidings.append(f"{circuit} rejoined")

    def repaired(self, circuit: str, error: Unreadable) -> None:
        self.tidings.append(f"{circuit} repaired: {error}")


def classify(error: Exception) -> Fault | None:
    return PARTNER if isinstance(error, PartnerError) else OURS


class World:
    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.clock = Clock()
        self.store = SpiedStore()
        self.heard = Heard()
        self.draw = 1.0
        self.environments = 0

    def environment(self, skew: float = 0) -> "Environment":
        self.environments += 1
        return Environment(
            CircuitBreaker(
                CIRCUIT,
                self.settings,
                self.store,
                classify=classify,
                listener=self.heard,
                environment=f"environment-{self.environments}",
                now=lambda: self.clock.now + skew,
                draw=lambda: self.draw,
            ),
            self.clock,
        )

    @property
    def record(self) -> Record:
        return self.store._records.get(CIRCUIT, Record())

    def state(self) -> State:
        return self.record.state

    def put(self, record: Record) -> None:
        self.store.seed(CIRCUIT, record)


class Environment:
    def __init__(self, breaker: CircuitBreaker, clock: Clock) -> None:
        self.breaker = breaker
        self.clock = clock

    def succeeds(self, calls: int = 1, *, apart: float = 0) -> None:
        """Make calls that the partner answers."""
        for _ in range(calls):
            self.breaker.end(self.breaker.begin())
            self.clock.forward(apart)

    def fails(self, calls: int = 1, fault: Fault = PARTNER, *, apart: float = 0) -> None:
        for _ in range(calls):
            self.breaker.end(self.breaker.begin(), fault)
            self.clock.forward(apart)

    def is_slow(self, seconds: float = 2.0) -> None:
        call = self.breaker.begin()
        self.clock.forward(seconds)
        self.breaker.end(call)

    def begins(self) -> Permit:
        return self.breaker.begin()

    def refused(self) -> CircuitOpen | None:
        """Why a call is not let through; None if it is, and then it says nothing of the partner."""
        try:
            call = self.breaker.begin()
        except CircuitOpen as refusal:
            return refusal
        self.breaker.end(call, OURS)
        return None
