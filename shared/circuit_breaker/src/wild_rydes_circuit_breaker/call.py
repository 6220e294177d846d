"""A call to a partner, from its beginning to its end."""

from dataclasses import dataclass
from enum import StrEnum

from wild_rydes_circuit_breaker.record import Mode, Record


class Blame(StrEnum):
    """Whose fault a failed call is."""

    PARTNER = "partner"
    THROTTLED = "throttled"
    """The partner refuses us for now. A failure like any other, but with a metric of its own."""
    OURS = "ours"
    """Says nothing about the partner: it neither opens nor closes a circuit."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a call failed. `retry_after` is the wait that the partner asked for, in seconds."""

    blame: Blame
    retry_after: float = 0


class CircuitOpen(Exception):
    """The call was not made. `retry_after` is the best guess of when it may succeed, in seconds from now."""

    transient = True

    def __init__(self, circuit: str, record: Record, retry_after: float) -> None:
        self.circuit = circuit
        self.record = record
        self.retry_after = retry_after
        super().__init__(f"no call to {circuit} now: {record.reason or 'bad calls in a row'}")


@dataclass(frozen=True, slots=True)
class Permit:
    """Lets one call through. `CircuitBreaker.end` takes it back with the call's outcome."""

    began: float
    mode: Mode
    epoch: int
    shared: bool
    """Let through by the shared state, not by this environment's own."""
    row: float | None
    """When the row of failures began that was known when the call began."""
    probe: str | None
    """The id of the probe that the call is; None for any other call."""
