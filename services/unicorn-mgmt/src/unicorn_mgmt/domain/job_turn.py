"""The message that has a worker work on a job. It stays inside this service, and so does its contract."""

from datetime import datetime
from math import ceil
from typing import ClassVar

from pydantic import Field

from unicorn_mgmt.domain.job import LONGEST_DELAY, Job
from wild_rydes_contracts import Envelope, Message
from wild_rydes_contracts.metadata import first_of


class JobTurn(Message):
    """Work on this job, if this is its turn. The turns of a job are numbered from 1."""

    name: ClassVar[str] = "JobTurn"
    version: ClassVar[int] = 1

    job_id: str
    turn: int = Field(ge=1)


def turn_due(before: Job | None, after: Job) -> Envelope[JobTurn] | None:
    """Return the message that a change of a job makes due."""
    if after.ended or (before is not None and before.turn == after.turn):
        return None
    return Envelope(
        metadata=first_of(
            JobTurn, correlation_id=after.id, occurred_at=after.created_at, distinct=str(after.turn)
        ),
        data=JobTurn(job_id=after.id, turn=after.turn),
    )


def delay_of(job: Job, now: datetime) -> int:
    """Return for how many seconds the message of a job is to be invisible: one that waits needs none until its time is over,
    and has one every few minutes because no message can be delayed for longer.
    """
    left = job.awaits(now)
    return ceil(min(left, LONGEST_DELAY).total_seconds()) if left else 0
