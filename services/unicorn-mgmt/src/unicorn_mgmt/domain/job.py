"""A job: long work for a partner, done in steps by workers that may die, come twice or come late.

No transition raises, and none undoes an end: what comes too late changes nothing. `turn` numbers the messages that a job
is owed: each is handled by one worker, which claims the job for as long as it may live. `attempt` counts the claims, and a
worker writes under the number of its own alone: one that was taken for dead writes nothing any more.

A job may wait for something outside (`awaits_until`), and then something outside may hold it, such as the execution of a
state machine: that has an attempt, too, and no lease. Until the time is over no worker has anything to do, and its messages
lead to nothing but the next one; then a worker takes the job away, and tells why it has failed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias, get_args

JobState: TypeAlias = Literal["pending", "running", "succeeded", "failed", "cancelled"]
STATES: Final = get_args(JobState)

MAX_TRIES: Final = 5
"""Workers that may die over the same step of a job."""

LOST: Final = "Its worker died each time that it was tried."
"""Why a job has failed that kills its workers."""

LONGEST_DELAY: Final = timedelta(minutes=10)
"""Of a message to a job that waits. SQS delays for 15 minutes at most, which is when the queue would be overdue."""

_PATIENCE: Final = 4
"""A job that is overdue is expected after a quarter more of the time that it has taken."""

Json: TypeAlias = Mapping[str, Any]
"""A JSON object."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many things are done, and which share of all work that is, from 0 to 1; None if nobody knows."""

    done: int
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One job of one partner. `checkpoint` is where its next step begins, in the words of its kind.

    A claimed job is `leased_until` its worker is dead for certain. `tries` counts claims since the last checkpoint. `busy` is
    for how many seconds workers have worked on it. `ahead` jobs stood before it when it was made, and `estimated_at` is when
    it was expected to end. `document`: whether it has a status document. It `awaits` something outside until then, which `holder` names once that holds it. `revision` counts the writes and belongs to the table.
    """

    id: str
    partner_id: str
    kind: str
    parameters: Json
    created_at: datetime
    state: JobState = "pending"
    turn: int = 1
    attempt: int = 0
    tries: int = 0
    leased_until: datetime | None = None
    checkpoint: Json | None = None
    progress: Progress | None = None
    result: Json | None = None
    reasons: tuple[str, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    busy: float = 0
    ahead: int | None = None
    estimated_at: datetime | None = None
    document: bool = False
    awaits_until: datetime | None = None
    holder: str | None = None
    revision: int = field(default=0, compare=False)

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.ended_at is not None

    def leased(self, now: datetime) -> timedelta | None:
        """Return for how long a worker may still be at it; None if there is none."""
        if self.ended or self.leased_until is None or self.leased_until <= now:
            return None
        return self.leased_until - now

    def claim(self, turn: int, now: datetime, lease: timedelta) -> "Job":
        """Let a worker begin, which has the message of this turn. It is its job if `attempt` grows.

        Not if the turn is over, or somebody is at it. A job whose workers have died too often has failed. One that waits
        is owed the next message.
        """
        if self.ended or turn != self.turn or self.leased(now):
            return self
        if self.awaits(now):
            return replace(self, turn=self.turn + 1)
        if self.tries >= MAX_TRIES:
            return self.fail((LOST,), now)
        return replace(
            self,
            state="running",
            attempt=self.attempt + 1,
            tries=self.tries + 1,
            leased_until=now + lease,
            started_at=self.started_at or now,
            awaits_until=None,
            holder=None,
        )

    def waiting(self, checkpoint: Json, until: datetime) -> "Job":
        """Have a new job wait for something outside before anything else."""
        return replace(self, checkpoint=checkpoint, awaits_until=until)

    def awaits(self, now: datetime) -> timedelta | None:
        """Return for how long something outside may still come, or go on; None if nothing is waited for."""
        if self.ended or self.awaits_until is None or self.awaits_until <= now:
            return None
        return self.awaits_until - now

    def hold(self, holder: str, checkpoint: Json, now: datetime, until: datetime) -> "Job":
        """Let something outside go on with it until then. It is `holder`'s if that is its holder afterwards.

        The first that comes in time has it, and no other.
        """
        if self.holder is not None or not self.awaits(now):
            return self
        return replace(
            self,
            state="running",
            attempt=self.attempt + 1,
            holder=holder,
            checkpoint=checkpoint,
            awaits_until=until,
            started_at=self.started_at or now,
        )

    def held(self, attempt: int) -> bool:
        """Whether it belongs to this attempt of something outside."""
        return self.holder is not None and self._belongs_to(attempt)

    def keep(self, attempt: int, checkpoint: Json, progress: Progress | None) -> "Job":
        """Note where the next step begins."""
        if not self._belongs_to(attempt):
            return self
        return replace(self, checkpoint=checkpoint, progress=progress, tries=0)

    def hand_over(self, attempt: int, busy: float) -> "Job":
        """End a turn of so many seconds: another worker goes on."""
        if not self._belongs_to(attempt):
            return self
        return replace(self, turn=self.turn + 1, leased_until=None, busy=self.busy + busy)

    def release(self, attempt: int) -> "Job":
        """Let the same message be tried again: its worker lives, and has met trouble."""
        if not self._belongs_to(attempt):
            return self
        return replace(self, leased_until=None, tries=max(0, self.tries - 1))

    def succeed(self, attempt: int, result: Json, busy: float, now: datetime) -> "Job":
        """End with a result, after a last turn of so many seconds."""
        if not self._belongs_to(attempt):
            return self
        return replace(self, result=result, busy=self.busy + busy)._end("succeeded", now)

    def fail(self, reasons: tuple[str, ...], now: datetime) -> "Job":
        """End without a result."""
        return self if self.ended else replace(self, reasons=reasons)._end("failed", now)

    def cancel(self, now: datetime) -> "Job":
        """End because its partner wants that."""
        return self if self.ended else self._end("cancelled", now)

    def expected_at(self, now: datetime) -> datetime | None:
        """Tell when it is expected to end, never before now: by its progress, or else as it was estimated at first.

        None if it has ended, or nobody has an idea.
        """
        if self.ended:
            return None
        if self.started_at and self.progress and self.progress.share:
            return max(now, self.started_at + (now - self.started_at) / self.progress.share)
        if self.estimated_at is None:
            return None
        if self.estimated_at > now:
            return self.estimated_at
        return now + (now - self.created_at) / _PATIENCE

    def quiet_at(self, longest: timedelta) -> datetime | None:
        """Tell when nothing works on it any more for certain, if a step of something outside takes no longer than this.

        None: it has not ended. A job that has succeeded is quiet, and so is one that has made no progress.
        """
        if self.ended_at is None:
            return None
        return (
            self.ended_at if self.state == "succeeded" or self.progress is None else self.ended_at + longest
        )

    def accuracy(self) -> float | None:
        """Return how the first estimate compares with the time that it took, as a ratio; None without one of them."""
        if self.state != "succeeded" or self.ended_at is None or self.estimated_at is None:
            return None
        took = (self.ended_at - self.created_at).total_seconds()
        return (self.estimated_at - self.created_at).total_seconds() / took if took > 0 else None

    def _belongs_to(self, attempt: int) -> bool:
        taken = self.leased_until is not None or self.holder is not None
        return not self.ended and taken and attempt == self.attempt

    def _end(self, state: JobState, now: datetime) -> "Job":
        return replace(self, state=state, ended_at=now, leased_until=None, checkpoint=None, awaits_until=None)
