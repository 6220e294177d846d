"""End an import, with its report or with why it has failed: the last step of its state machine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.adapters.import_files import ImportFiles
from unicorn_mgmt.adapters.imported_content import ImportedContent
from unicorn_mgmt.adapters.job_table import JobTable
from unicorn_mgmt.domain.fleet_import import KIND, MOST_LISTED, TROUBLE, job_of
from unicorn_mgmt.domain.job import Job

_COUNTED = ("rows", "bad", "created", "changed", "unchanged")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportEnd:
    """Sums up what chunks have returned. Twice is as once."""

    jobs: JobTable
    files: ImportFiles
    imported: ImportedContent
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """End the import of `key`. If it has an `error`, it has failed. It raises botocore's errors."""
        partner_id, job_id = job_of(event["key"])
        self.logger.set_correlation_id(job_id)
        if "error" in event:
            self._fail(job_id, event["execution"], event["error"])
        else:
            self._succeed(partner_id, job_id, event["attempt"], event["chunks"])
        return {}

    def _succeed(
        self, partner_id: str, job_id: str, attempt: int, chunks: Sequence[Mapping[str, Any]]
    ) -> None:
        job = self.jobs.get(job_id)
        if job is None or not job.held(attempt) or any("stopped" in chunk for chunk in chunks):
            self.logger.info("dropped: the import has ended", state=job.state if job else None)
            return
        counts = {name: sum(chunk[name] for chunk in chunks) for name in _COUNTED}
        listed = 0
        if counts["bad"]:
            with_faults = [chunk["number"] for chunk in chunks if chunk["bad"]]
            faults = [*islice(self.files.faults(job_id, with_faults), MOST_LISTED)]
            listed = len(faults)
            self.files.keep_report(job_id, [*faults, {"type": "totals", **counts}])
        content = str((job.checkpoint or {})["content"])
        self.imported.end(partner_id, job_id, content)
        result = {**counts, "listed": listed, "sha256": content.rpartition(" ")[2]}
        now = self.now()
        busy = (now - (job.started_at or now)).total_seconds()
        self.jobs.change(job_id, lambda found: found.succeed(attempt, result, busy, now))
        self.metrics.add_metric("JobsSucceeded", MetricUnit.Count, 1)
        self.logger.info("import done", imported=counts, busy_ms=round(1000 * busy))

    def _fail(self, job_id: str, execution: str, error: Mapping[str, Any]) -> None:
        """Fail the job, if it is this execution's, or nobody's."""
        now = self.now()

        def rule(job: Job) -> Job:
            ours = job.kind == KIND and job.holder in (None, execution) and job.awaits(now)
            return job.fail((TROUBLE,), now) if ours else job

        change = self.jobs.change(job_id, rule)
        if change and change.after.ended and not change.before.ended:
            self.metrics.add_metric("JobsFailed", MetricUnit.Count, 1)
        self.logger.error("import failed", error=error.get("Error"))
