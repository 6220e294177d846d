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

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.calls + other.calls, self.failed + other.failed, self.slow + other.slow)

    def __str__(self) -> str:
        return f"{self.failed} failed and {self.slow} slow of {self.calls} calls"


@dataclass(frozen=True, slots=True)
class Row:
    """Failures and slow calls in a row, over all environments: `count` of them by `reporters`, the first at `since`."""

    since: float
    count: int
    reporters: frozenset[str]


@dataclass(frozen=True, slots=True)
class Poll:
    """The windows of all active `reporters`, added up, asked for at `since` by the first of the `accusers`.

    Accusers are those whose own window is bad.
    """

    since: float
    tally: Tally
    reporters: frozenset[str]
    accusers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """What environment `by` adds at `now`: one to the row if `in_row`, its `window` to the poll if there is one.

    `retry_at` is the instant that the partner asked for, by Retry-After; 0 if it did not.
    """

    by: str
    now: float
    in_row: bool = False
    window: Tally | None = None
    accuses: bool = False
    retry_at: float = 0


@dataclass(frozen=True, slots=True)
class Probe:
    """A permit to call the partner while the circuit is half open, good until `until`."""

    permit: str
    until: float


@dataclass(frozen=True, slots=True)
class Record:
    """The shared state of one circuit. Instants are seconds since 1970.

    `revision` counts the writes that replace it, `epoch` its transitions: a result counts only in the epoch in which its
    call began. Row, poll and the partner's wish stand beside what is replaced: any number of environments may add to them.
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
    """How often it opened in a row, not counting an opening that its first probes refuted. Kept when it closes."""
    retry_at: float = 0
    """While OPEN: when to probe."""
    probes: tuple[Probe, ...] = ()
    tally: Tally = Tally()
    """The probes that have answered."""
    quiet_until: float = 0
    """A poll cleared the partner: until then no new one begins."""
    row: Row | None = None
    poll: Poll | None = None
    partner_retry_at: float = 0
    """What the partner last asked for in this epoch, by Retry-After."""

    def mode(self, now: float) -> Mode:
        """The mode that rules at `now`."""
        return Mode.AUTO if self.override is None or self.override.lapsed(now) else self.override.mode


@dataclass(frozen=True, slots=True)
class Transition:
    """A write that took a circuit to another epoch."""

    circuit: str
    before: Record
    after: Record

    @classmethod
    def between(cls, circuit: str, before: Record, after: Record) -> "Transition | None":
        """The transition that a write was, if it was one."""
        return cls(circuit, before, after) if before.epoch != after.epoch else None

    @property
    def opened(self) -> bool:
        """Whether the world should hear that calls have stopped: not of a mere check, nor of each failed probe."""
        told = self.before.state is not State.CLOSED and self.before.opens > 0
        return self.after.state is State.OPEN and self.after.opens > 0 and not told

    @property
    def closed(self) -> bool:
        """Whether the world should hear that calls flow again."""
        told = self.before.state is not State.CLOSED and self.before.opens > 0
        return self.after.state is State.CLOSED and told
