"""Work on jobs: a message is a turn of one job, in which a worker takes as many steps as fit into its time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.adapters.job_measures import JobMeasures
from unicorn_mgmt.adapters.job_table import JobTable
from unicorn_mgmt.domain.job import Job, Json, Progress
from unicorn_mgmt.domain.job_turn import JobTurn
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received, RetryLater
from wild_rydes_messaging.errors import Unprocessable, describe

TURN: Final = timedelta(seconds=15)
"""For how long a worker begins steps. A job that needs longer goes on with another message, behind those that wait."""

FACTOR: Final = 2
"""By which estimates may be off, either way."""


@dataclass(frozen=True, slots=True)
class Continue:
    """A step is done, and another one begins at this checkpoint."""

    checkpoint: Json
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The last step is done."""

    result: Json


class JobFailed(Exception):
    """The job cannot be done, however often it is tried. Its partner is told this text."""


class Kind(Protocol):
    """What workers know of a kind of job."""

    def step(self, job: Job) -> Continue | Done:
        """Take the step that begins at the job's checkpoint, in a few seconds, and so that twice is as once.

        Raises JobFailed; whatever else it raises has the step tried again.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """Handles turns. `lease` is for how long a worker lives at most, with what its clock may be wrong."""

    consumer: Consumer[JobTurn]
    jobs: JobTable
    measures: JobMeasures
    kinds: Mapping[str, Kind]
    lease: timedelta
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Handle the turns of a Lambda SQS event, one after the other."""
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self.work(message)
        return batch.settle()

    def work(self, message: Received[JobTurn]) -> None:
        """Take a turn, if it is still due.

        Raises RetryLater while another worker may be at it, Unprocessable for a job or a kind that there is not, and
        whatever a step raises.
        """
        job = self._claimed(message.data)
        if job is None:
            return
        began = self.now()
        try:
            self._take_steps(job, began)
        except JobFailed as failed:
            reasons = (str(failed),)
            self._change(job, lambda job: job.fail(reasons, self.now()))
            self.metrics.add_metric("JobsFailed", MetricUnit.Count, 1)
            self.logger.warning("job failed", kind=job.kind)
        except Exception:
            self._change(job, lambda found: found.release(job.attempt))
            raise

    def _claimed(self, turn: JobTurn) -> Job | None:
        """Claim a job; None if its turn is over."""
        now = self.now()
        change = self.jobs.change(turn.job_id, lambda job: job.claim(turn.turn, now, self.lease))
        if change is None:
            raise Unprocessable("there is no such job")
        before, job = change.before, change.after
        if job.attempt > before.attempt:
            return job
        if left := job.leased(now):
            if job.turn == turn.turn:
                raise RetryLater(left.total_seconds())
        elif job.ended and not before.ended:
            self.metrics.add_metric("JobsFailed", MetricUnit.Count, 1)
            self.logger.error("job failed: its workers die", kind=job.kind)
            return None
        self.logger.info("dropped: its turn is over", state=job.state, turn=turn.turn)
        return None

    def _take_steps(self, job: Job, began: datetime) -> None:
        """Take steps until the job is done or cancelled, or the time is over."""
        kind = self.kinds.get(job.kind)
        if kind is None:
            raise Unprocessable("there is no such kind of job")
        attempt, over = job.attempt, False
        while not over and not job.ended and job.attempt == attempt:
            step = kind.step(job)
            over = self.now() - began >= TURN
            job = self._stored(job, step, began, over=over)
        if job.state == "succeeded" and job.attempt == attempt:
            self._tell(job)
        else:
            self.logger.info("turn over", kind=job.kind, state=job.state, turn=job.turn)

    def _stored(self, job: Job, step: Continue | Done, began: datetime, *, over: bool) -> Job:
        """Write what a step has led to. If the worker's turn is `over`, another one goes on."""
        attempt, now = job.attempt, self.now()
        busy = (now - began).total_seconds()

        def rule(found: Job) -> Job:
            if isinstance(step, Done):
                return found.succeed(attempt, step.result, busy, now)
            kept = found.keep(attempt, step.checkpoint, step.progress)
            return kept.hand_over(attempt, busy) if over else kept

        return self._change(job, rule)

    def _change(self, job: Job, rule: Callable[[Job], Job]) -> Job:
        change = self.jobs.change(job.id, rule)
        return change.after if change else job

    def _tell(self, job: Job) -> None:
        """Log how a job went, and learn from it. Its partner has it already: no trouble here brings the message back."""
        told: dict[str, Any] = {"kind": job.kind, "busy_ms": round(1000 * job.busy)}
        if job.ended_at:
            told["job_ms"] = round(1000 * (job.ended_at - job.created_at).total_seconds())
        if accuracy := job.accuracy():
            told["estimate_percent"] = round(100 * accuracy)
            self.metrics.add_metric("JobEstimatePercent", MetricUnit.Percent, round(100 * accuracy))
            if not 1 / FACTOR <= accuracy <= FACTOR:
                self.metrics.add_metric("JobEstimatesOff", MetricUnit.Count, 1)
        self.logger.info("job done", extra=told)
        self.metrics.add_metric("JobsSucceeded", MetricUnit.Count, 1)
        if job.started_at and job.ahead is not None:
            waited = (job.started_at - job.created_at).total_seconds()
            try:
                self.measures.learn(job.kind, job.ahead, waited, job.busy)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next job is measured, too
                self.logger.warning("not measured", extra=describe(error))
