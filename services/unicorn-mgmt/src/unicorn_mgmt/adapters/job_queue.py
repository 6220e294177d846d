"""The queue of jobs: the turns that are due, and how many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from unicorn_mgmt.domain.job_estimate import Queued
from unicorn_mgmt.domain.job_turn import JobTurn
from wild_rydes_contracts import Envelope
from wild_rydes_messaging.deliver import DeliveryError
from wild_rydes_messaging.errors import Unprocessable
from wild_rydes_messaging.send import Outgoing, Queue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class JobQueue:
    """The queue at `url`, which so many workers serve."""

    sqs: "SQSClient"
    url: str
    workers: int

    def queued(self) -> Queued:
        """Count what is in the queue, as nearly as SQS knows. Raises botocore's errors."""
        counts = self.sqs.get_queue_attributes(
            QueueUrl=self.url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return Queued(
            int(counts["ApproximateNumberOfMessages"]),
            int(counts["ApproximateNumberOfMessagesNotVisible"]),
            self.workers,
        )


@dataclass(frozen=True, slots=True)
class JobTurns:
    """Sends turns to a queue."""

    queue: Queue

    def send(self, turns: Sequence[Envelope[JobTurn]], delays: Mapping[UUID, int]) -> dict[UUID, Exception]:
        """Send all, some of them with a delay of so many seconds, by their event ids. Return, by their event ids, why some will never be taken.

        Raises DeliveryError when the queue does not take one for another reason.
        """
        try:
            self.queue.send(
                [
                    Outgoing(str(id_), turn, delay=delays.get(id_, 0))
                    for turn in turns
                    for id_ in [turn.metadata.event_id]
                ]
            )
        except DeliveryError as error:
            if not all(receipt.invalid for receipt in error.failed):
                raise
            return {
                UUID(receipt.key): receipt.cause or Unprocessable(f"turn refused: {receipt.error}")
                for receipt in error.failed
            }
        return {}
