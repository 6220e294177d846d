"""The state of a circuit that all environments share."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

Instant = Annotated[float, Field(ge=0, le=253_402_300_799, allow_inf_nan=False)]
"""Seconds since 1970, until the end of the year 9999. Like `Count`, a bound on what is read from a store."""

Count = Annotated[int, Field(ge=0, lt=2**53)]


class State(StrEnum):
    """CLOSED lets calls through, OPEN none, HALF_OPEN a few probes."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class Mode(StrEnum):
    """AUTO leaves the decision to the breaker. A person sets the other modes, which rule until they expire.

    FORCED_OPEN lets no call through. DISABLED lets all through and measures nothing. METRICS_ONLY lets all
    through and measures, but never opens.
    """

    AUTO = "AUTO"
    FORCED_OPEN = "FORCED_OPEN"
    DISABLED = "DISABLED"
    METRICS_ONLY = "METRICS_ONLY"


@dataclass(frozen=True, slots=True)
class Override:
    """A mode that a person has set: who, why, and until when.

    `until` is in seconds since 1970. None stands for until someone lifts it.
    """

    mode: Mode
    actor: str
    reason: str
    until: Instant | None = None

    def lapsed(self, now: float) -> bool:
        """Say whether it no longer rules at `now`."""
        return self.until is not None and now >= self.until


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one call says about the partner."""

    failed: bool = False
    slow: bool = False

    @property
    def bad(self) -> bool:
        """Whether the call speaks against the partner."""
        return self.failed or self.slow


@dataclass(frozen=True, slots=True)
class Tally:
    """Verdicts, counted."""

    calls: Count = 0
    failed: Count = 0
    slow: Count = 0

    def plus(self, verdict: Verdict) -> "Tally":
        """Count one more verdict."""
        return Tally(self.calls + 1, self.failed + verdict.failed, self.slow + verdict.slow)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.calls + other.calls, self.failed + other.failed, self.slow + other.slow)

    def __str__(self) -> str:
        return f"{self.failed} failed and {self.slow} slow of {self.calls} calls"


@dataclass(frozen=True, slots=True)
class Row:
    """Bad calls in a row, over all environments: `count` of them, the first at `since`.

    `striking` of them, from `reporters`, were striking: see `Entry`.
    """

    since: Instant
    count: Count
    striking: Count
    reporters: frozenset[str]


@dataclass(frozen=True, slots=True)
class Poll:
    """The sum of the windows of all active `reporters`.

    The first of the `accusers`, the environments whose own window is bad, asked for it at `since`.
    """

    since: Instant
    tally: Tally
    reporters: frozenset[str]
    accusers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """What environment `by` adds at `now`: one to the row if `in_row`, and its `window`, if any, to the poll.

    A bad call is `striking` if it hardly happens by chance: after a calm time, or as one of many in a row in
    the same environment. `retry_at` is the instant that the partner asked for by Retry-After, else 0.
    """

    by: str
    now: float
    in_row: bool = False
    striking: bool = False
    window: Tally | None = None
    accuses: bool = False
    retry_at: float = 0


@dataclass(frozen=True, slots=True)
class Probe:
    """A permit to call the partner while the circuit is half open, good until `until`."""

    permit: str
    until: Instant


@dataclass(frozen=True, slots=True)
class Record:
    """The shared state of one circuit. Instants are seconds since 1970.

    `revision` counts the writes that replace the record, `epoch` its transitions. A result counts only in the
    epoch in which its call began. Row, poll and the partner's wish are not part of what is replaced: any
    number of environments may add to them at once.
    """

    revision: Count = 0
    epoch: Count = 0
    state: State = State.CLOSED
    since: Instant = 0
    reason: str = ""
    by: str = ""
    """The environment or person behind the last transition."""
    override: Override | None = None
    opens: Count = 0
    """How often the circuit opened in a row, except for openings that the first probes refuted.

    The number is kept when the circuit closes.
    """
    retry_at: Instant = 0
    """When to probe, while OPEN."""
    probes: tuple[Probe, ...] = ()
    tally: Tally = Tally()
    """The results of the probes that have ended."""
    quiet_until: Instant = 0
    """When the next poll may begin, after one that cleared the partner."""
    row: Row | None = None
    poll: Poll | None = None
    partner_retry_at: Instant = 0
    """The instant that the partner last asked for, by Retry-After. It ends with row and poll, and with the epoch."""

    def mode(self, now: float) -> Mode:
        """Return the mode that rules at `now`."""
        return Mode.AUTO if self.override is None or self.override.lapsed(now) else self.override.mode


@dataclass(frozen=True, slots=True)
class Transition:
    """A write that took a circuit to another epoch."""

    circuit: str
    before: Record
    after: Record

    @classmethod
    def between(cls, circuit: str, before: Record, after: Record) -> "Transition | None":
        """Return the transition, if a write was one."""
        return cls(circuit, before, after) if before.epoch != after.epoch else None

    @property
    def opened(self) -> bool:
        """Whether to announce that calls have stopped. A mere check and a failed probe are not announced."""
        told = self.before.state is not State.CLOSED and self.before.opens > 0
        return self.after.state is State.OPEN and self.after.opens > 0 and not told

    @property
    def closed(self) -> bool:
        """Whether to announce that calls flow again."""
        told = self.before.state is not State.CLOSED and self.before.opens > 0
        return self.after.state is State.CLOSED and told
