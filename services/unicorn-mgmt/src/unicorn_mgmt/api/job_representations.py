"""Jobs as partners see them."""

from typing import Annotated, Any

from pydantic import AwareDatetime, ConfigDict, Field, RootModel

from unicorn_mgmt.adapters.status_documents import ProgressBody
from unicorn_mgmt.api.fleet_import import ImportBody, ImportRequest, UploadBody
from unicorn_mgmt.api.ride_statement import StatementBody, StatementRequest
from unicorn_mgmt.domain.job import JobState
from wild_rydes_http.body import Representation


class AnyRequest(Representation):
    """What every request for a job has: its kind says what else."""

    model_config = ConfigDict(**{**Representation.model_config, "extra": "ignore"})

    kind: str = Field(max_length=50)


class JobRequest(RootModel[Annotated[StatementRequest | ImportRequest, Field(discriminator="kind")]]):
    """Asks for a job of one of the kinds."""


class JobLinks(Representation):
    """Where to go from here. `status_document` needs no token, and works for an hour."""

    self_: str
    status_document: str | None = None


class JobBody(Representation):
    """A job. `result` is there once it has succeeded, `reasons` once it has failed, `upload` while it waits for a file."""

    id: str
    kind: str
    status: JobState
    parameters: dict[str, Any]
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    progress: ProgressBody | None = None
    estimated_completion_at: AwareDatetime | None = None
    upload: UploadBody | None = None
    result: StatementBody | ImportBody | None = None
    reasons: tuple[str, ...] | None = None
    links: JobLinks


class JobSummary(Representation):
    """A job in a list."""

    id: str
    kind: str
    status: JobState
    created_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    links: JobLinks


class JobListLinks(Representation):
    """This page, and the next one if there is one."""

    self_: str
    next: str | None = None


class JobList(Representation):
    """Some of a partner's jobs, newest first."""

    jobs: tuple[JobSummary, ...]
    links: JobListLinks
