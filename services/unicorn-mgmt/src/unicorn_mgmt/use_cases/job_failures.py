"""End jobs whose messages were given up: each tells its partner why. Messages of which no job can tell are archived."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.adapters.job_archive import JobArchive
from unicorn_mgmt.adapters.job_table import JobTable
from unicorn_mgmt.domain.job import LOST
from unicorn_mgmt.domain.job_turn import JobTurn
from wild_rydes_contracts.invalid import InvalidMessage
from wild_rydes_contracts.reading import read
from wild_rydes_messaging.consume import PartialBatchResponse
from wild_rydes_messaging.dead_letter import DeadLetter
from wild_rydes_messaging.errors import describe, reason
from wild_rydes_messaging.retry import Kind

MOST_RECEIPTS: Final = 10
"""How often a dead letter is tried to be told of before it is archived."""

REASONS: Final[Mapping[str, str]] = {
    Kind.TRANSIENT: "What it needs was not available for an hour.",
    Kind.BUG: "This is our mistake; it is logged.",
}
"""What a partner is told, by the kind of the error. Of a message that is invalid our own words are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailures:
    """Handles the dead letters of the queue of jobs."""

    jobs: JobTable
    archive: JobArchive
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Handle a Lambda SQS event. Name the letters that stay where they are: those that cannot even be archived."""
        staying = []
        for record in event["Records"]:
            try:
                self._handle(record)
            except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the batch goes on
                self.logger.error("stays", message_id=record["messageId"], extra=describe(error))
                staying.append(record["messageId"])
        return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in staying]}

    def _handle(self, record: Mapping[str, Any]) -> None:
        letter = DeadLetter.of(record)
        try:
            known = self._failed(letter)
        except InvalidMessage as error:
            self._archive(letter, record, f"no message of a job: {error}")
        except Exception as error:
            if int(record["attributes"]["ApproximateReceiveCount"]) < MOST_RECEIPTS:
                raise
            self._archive(letter, record, f"no job can be told: {reason(error)}")
        else:
            if not known:
                self._archive(letter, record, "there is no such job")

    def _failed(self, letter: DeadLetter) -> bool:
        """Let the job of a letter tell that it has failed. False: there is no such job."""
        turn = read(letter.body, JobTurn).data
        now, cause = self.now(), letter.cause
        told = (
            LOST if letter.redriven else REASONS.get(cause.kind, f"This job cannot be done: {cause.reason}.")
        )
        change = self.jobs.change(
            turn.job_id, lambda job: job.fail((told,), now) if job.turn == turn.turn else job
        )
        if change is None:
            return False
        self.logger.set_correlation_id(turn.job_id)
        if change.after.ended and not change.before.ended:
            self.metrics.add_metric("JobsFailed", MetricUnit.Count, 1)
            self.logger.error("job failed", kind=change.after.kind, error=cause.error, reason=cause.reason)
        else:
            self.logger.info("dropped: its turn is over", state=change.after.state)
        return True

    def _archive(self, letter: DeadLetter, record: Mapping[str, Any], why: str) -> None:
        queue = record["eventSourceARN"].rpartition(":")[2].removesuffix("-dlq")
        key = self.archive.keep(letter.id, letter.body, queue=queue, reason=why, now=self.now())
        self.metrics.add_metric("JobMessagesArchived", MetricUnit.Count, 1)
        self.logger.error("archived", key=key, reason=why, cause=letter.cause.reason)
