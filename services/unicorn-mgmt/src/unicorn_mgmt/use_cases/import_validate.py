"""Look at an uploaded file as a whole, and cut it into chunks: the first step of an import's state machine."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.adapters.import_files import ImportFiles
from unicorn_mgmt.adapters.imported_content import ImportedContent
from unicorn_mgmt.adapters.job_table import JobTable
from unicorn_mgmt.domain.fleet_file import FileRefused, FileScan, Scanned
from unicorn_mgmt.domain.fleet_import import IMPORTED_WITHIN, KIND, job_of
from unicorn_mgmt.domain.job import Job, Progress

_NOTHING: dict[str, Any] = {"chunks": []}
"""Nothing is left to be done: the machine ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportValidate:
    """Takes the job for its execution, and reads the file once, block by block."""

    jobs: JobTable
    files: ImportFiles
    imported: ImportedContent
    chunk_bytes: int
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the chunks that are to be written; none if the import has ended, or is another execution's.

        `event` has the `key` of the upload, its `size`, and the name of the `execution`. It raises botocore's errors.
        """
        partner_id, job_id = job_of(event["key"])
        self.logger.set_correlation_id(job_id)
        job = self._held(partner_id, job_id, event["execution"])
        if job is None:
            return _NOTHING
        try:
            scanned = self._scanned(job, event["size"])
        except FileRefused as refused:
            return self._refuse(job, str(refused))
        content = f"{job.parameters['format']} {scanned.sha256}"
        if self.imported.get(partner_id) == content:
            return self._unchanged(job, scanned)
        rows = scanned.size - scanned.chunks[0].start
        checkpoint = {**(job.checkpoint or {}), "content": content, "bytes": rows, "done": {}}
        change = self.jobs.change(job_id, lambda found: found.keep(job.attempt, checkpoint, Progress(0, 0.0)))
        if change is None or not change.after.held(job.attempt):
            return _NOTHING
        self.imported.begin(partner_id, job_id)
        self.logger.info("validated", bytes=scanned.size, chunks=len(scanned.chunks))
        common = {"key": event["key"], "attempt": job.attempt, "columns": scanned.columns}
        return {
            "chunks": [{**common, **asdict(chunk)} for chunk in scanned.chunks],
            "attempt": job.attempt,
        }

    def _held(self, partner_id: str, job_id: str, execution: str) -> Job | None:
        """Take the job; None if it is no longer to be had."""
        now = self.now()

        def rule(job: Job) -> Job:
            if (job.kind, job.partner_id) != (KIND, partner_id):
                return job
            return job.hold(
                execution, {**(job.checkpoint or {}), "arrived": True}, now, now + IMPORTED_WITHIN
            )

        change = self.jobs.change(job_id, rule)
        job = change.after if change else None
        if job is None or job.ended or job.holder != execution:
            self.logger.info("dropped: it waits for no upload", state=job.state if job else None)
            return None
        return job

    def _scanned(self, job: Job, size: int) -> Scanned:
        """Read the file. Raises FileRefused."""
        declared = job.parameters
        if size != declared["size"]:
            raise FileRefused(f"The file has {size} bytes, and {declared['size']} were declared.")
        scan = FileScan(declared["format"], self.chunk_bytes)
        for block in self.files.read(job.partner_id, job.id, 0, size):
            scan.feed(block)
        scanned = scan.end()
        if scanned.size != size:
            raise OSError("the file was not read to its end")
        if declared.get("sha256") not in (None, scanned.sha256):
            raise FileRefused("The file has another SHA-256 than was declared: it was damaged on its way.")
        return scanned

    def _refuse(self, job: Job, reason: str) -> dict[str, Any]:
        now = self.now()
        self.jobs.change(
            job.id, lambda found: found.fail((reason,), now) if found.held(job.attempt) else found
        )
        self.metrics.add_metric("ImportsRefused", MetricUnit.Count, 1)
        self.logger.info("import refused", reason=reason)
        return _NOTHING

    def _unchanged(self, job: Job, scanned: Scanned) -> dict[str, Any]:
        now = self.now()
        busy = (now - (job.started_at or now)).total_seconds()
        self.jobs.change(
            job.id,
            lambda found: found.succeed(
                job.attempt, {"same_file": True, "sha256": scanned.sha256}, busy, now
            ),
        )
        self.logger.info("import unchanged")
        return _NOTHING
