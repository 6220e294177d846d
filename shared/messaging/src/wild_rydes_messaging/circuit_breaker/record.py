"""What all environments share of one circuit."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """CLOSED lets calls through, OPEN none, HALF_OPEN a few probes."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class Mode(StrEnum):
    """AUTO: the breaker decides. The others are set by a person and rule until they expire.

    FORCED_OPEN lets no call through. DISABLED lets all through and measures nothing; METRICS_ONLY lets all through and
    measures, but never opens.
    """

    AUTO = "AUTO"
    FORCED_OPEN = "FORCED_OPEN"
    DISABLED = "DISABLED"
    METRICS_ONLY = "METRICS_ONLY"


@dataclass(frozen=True, slots=True)
class Override:
    """A mode other than AUTO: who set it, why, and until when (seconds since the epoch; None: until it is lifted)."""

    mode: Mode
    actor: str
    reason: str
    until: float | None = None

    def lapsed(self, now: float) -> bool:
        """Whether it no longer rules at `now`."""
        return self.until is not None and now >= self.until


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one call says of the partner."""

    failed: bool = False
    slow: bool = False

    @property
    def bad(self) -> bool:
        """Whether it speaks against the partner."""
        return self.failed or self.slow


@dataclass(frozen=True, slots=True)
class Tally:
    """Verdicts, counted."""

    calls: int = 0
    failed: int = 0
    slow: int = 0

    def plus(self, verdict: Verdict) -> "Tally":
        """With one more verdict."""
        return Tally(self.calls + 1, self.failed + verdict.failed, self.slow + verdict.slow)

    def __str__(self) -> str:
        return f"{self.failed} failed and {self.slow} slow of {self.calls} calls"


@dataclass(frozen=True, slots=True)
class Doubt:
    """What environments have reported against the partner since `since`.

    `reporters` are the distinct ones, `count` their reports. `refuted`: another environment, or a later call, knows better.
    """

    since: float
    reporters: tuple[str, ...]
    count: int = 1
    refuted: bool = False


@dataclass(frozen=True, slots=True)
class Probe:
    """A permit to call the partner while the circuit is half open, good until `until`."""

    permit: str
    until: float


@dataclass(frozen=True, slots=True)
class Record:
    """The shared state of one circuit, replaced as a whole. Instants are seconds since the epoch.

    `revision` counts writes, `epoch` transitions: a result counts only in the epoch in which its call began.
    """

    revision: int = 0
    epoch: int = 0
    state: State = State.CLOSED
    since: float = 0
    reason: str = ""
    by: str = ""
    """The environment or person behind the last transition."""
    override: Override | None = None
    opens: int = 0
    """How often it has opened in a row, not counting an opening that the first probes refuted."""
    retry_at: float = 0
    """While OPEN: when to probe."""
    partner_retry_at: float = 0
    """What the partner itself asked for in this epoch, by Retry-After."""
    row: Doubt | None = None
    """Failures in a row, over all environments."""
    complaint: Doubt | None = None
    """Environments whose own window is bad."""
    probes: tuple[Probe, ...] = ()
    tally: Tally = Tally()
    """The probes that have answered."""

    def mode(self, now: float) -> Mode:
        """The mode that rules at `now`."""
        return Mode.AUTO if self.override is None or self.override.lapsed(now) else self.override.mode


@dataclass(frozen=True, slots=True)
class Transition:
    """A circuit went from one state to another, or to another mode."""

    circuit: str
    before: State
    after: State
    record: Record

    @classmethod
    def between(cls, circuit: str, before: Record, after: Record) -> "Transition | None":
        """The transition that a write was, if it was one."""
        if before.epoch == after.epoch:
            return None
        return cls(circuit, before.state, after.state, after)
