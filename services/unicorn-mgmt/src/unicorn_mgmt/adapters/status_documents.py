"""The status document of a job: a JSON file in S3, for clients that poll often.

A job has one only if its partner prefers that. It holds no parameters and no results: anybody with its URL may read it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Self

from pydantic import AwareDatetime, Field

from unicorn_mgmt.domain.job import Job, JobState, Progress
from wild_rydes_http.body import Representation
from wild_rydes_runtime.documents import Documents

READABLE_FOR = timedelta(hours=1)
"""How long the URL works. Each look at the job gives a new one."""


class ProgressBody(Representation):
    """How many things are done, and, where that is known, which share of the work that is."""

    done: int = Field(ge=0)
    percent: int | None = Field(default=None, ge=0, le=100)

    @classmethod
    def from_domain(cls, progress: Progress) -> Self:
        """Make that of a job."""
        share = progress.share
        return cls(done=progress.done, percent=None if share is None else round(100 * share))


class StatusDocument(Representation):
    """How far a job has come."""

    id: str
    status: JobState
    created_at: AwareDatetime
    progress: ProgressBody | None = None
    estimated_completion_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None

    @classmethod
    def from_domain(cls, job: Job, now: datetime) -> Self:
        """Make the document of a job."""
        return cls(
            id=job.id,
            status=job.state,
            created_at=job.created_at,
            progress=ProgressBody.from_domain(job.progress) if job.progress else None,
            estimated_completion_at=job.expected_at(now),
            ended_at=job.ended_at,
        )


class StatusDocuments:
    """The documents of jobs in their bucket."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def url(self, job_id: str) -> str:
        """Make the URL of a job's document."""
        return self._documents.url(_key(job_id), ceil(READABLE_FOR.total_seconds()))

    def write_all(self, jobs: Sequence[Job], now: Callable[[], datetime]) -> dict[str, Exception]:
        """Write the current documents of jobs, for as long as `Documents` takes time for it.

        Returns what kept documents from being written, by the jobs' ids. It raises nothing.
        """
        texts = {
            _key(job.id): StatusDocument.from_domain(job, now()).model_dump_json(
                by_alias=True, exclude_none=True
            )
            for job in jobs
        }
        failed = self._documents.write_all(texts, now)
        return {job.id: failed[_key(job.id)] for job in jobs if _key(job.id) in failed}


def _key(job_id: str) -> str:
    return f"status/{job_id}.json"
