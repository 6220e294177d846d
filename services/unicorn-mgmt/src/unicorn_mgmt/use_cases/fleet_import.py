"""What workers know of imports: nothing but how to end one whose time is over. Their work is done by a state machine."""

from dataclasses import dataclass

from unicorn_mgmt.adapters.import_files import ImportFiles
from unicorn_mgmt.domain.fleet_import import NOT_DONE, NOT_UPLOADED
from unicorn_mgmt.domain.job import Job
from unicorn_mgmt.use_cases.jobs import Continue, Done, JobFailed


@dataclass(frozen=True, slots=True)
class FleetImport:
    """A job comes to a worker when it has waited in vain: for its upload, or for its state machine."""

    files: ImportFiles

    def step(self, job: Job) -> Continue | Done:
        """End it. Raises JobFailed, or botocore's errors."""
        at = job.checkpoint or {}
        if at.get("arrived"):
            raise JobFailed(NOT_DONE)
        if upload := at.get("upload"):
            self.files.abandon(job.partner_id, job.id, upload)
        raise JobFailed(NOT_UPLOADED)
