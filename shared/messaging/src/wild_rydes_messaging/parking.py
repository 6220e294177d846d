"""Take what cannot be handled out of its queue, with the reason: for the replay to send back, or for a person to see."""

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import ValidationError

from wild_rydes_contracts import Envelope, Message, Metadata
from wild_rydes_messaging.attributes import ERROR, KIND, REASON, Attributes, fitted, size
from wild_rydes_messaging.errors import describe
from wild_rydes_messaging.retry import Kind
from wild_rydes_messaging.send import MAX_BYTES

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class ParkingLot:
    """A dead-letter queue, and the parking queue behind it if there is a replay between them.

    Then what may be helped by time goes to the dead-letter queue, and is counted in the metric MessagesDeadLettered.
    All else is parked for a person, and counted in MessagesParked: in the parking queue, or without a replay in the
    dead-letter queue.

    A message keeps its body, or of one that is larger than a message can be its beginning, and its `size` in
    bytes. Its attributes are `reason`, `error` (the type), `kind` (`retry.Kind`), those of the caller, and what it had
    before.
    """

    def __init__(
        self,
        sqs: "SQSClient",
        dead_letter_queue_url: str,
        parking_queue_url: str = "",
        *,
        logger: Logger,
        metrics: Metrics,
    ) -> None:
        self._sqs = sqs
        self._dead_letters = dead_letter_queue_url
        self._parking = parking_queue_url
        self._logger = logger
        self._metrics = metrics

    def park(
        self, body: str, error: BaseException, theirs: Attributes | None = None, /, **attributes: str
    ) -> None:
        """Send the body on, with the reason. `theirs` are the attributes that the message had from others.

        Raises botocore's errors: the caller must then leave the message where it is.
        """
        described, kind = describe(error), Kind.of(error)
        told = {REASON: described["reason"], ERROR: described["error"], KIND: kind, **attributes}
        content, others = body.encode(errors="replace"), theirs or {}
        if len(content) > MAX_BYTES:  # a stream's record holds an item twice
            told["size"] = str(len(content))
            body = content[: MAX_BYTES - size(fitted(told, others))].decode(errors="ignore")
        elif len(content) + size(fitted(told, others)) > MAX_BYTES:
            told = {}  # the log has it; the message itself has come whole, and goes on whole
        again = bool(self._parking) and kind is Kind.TRANSIENT
        self._sqs.send_message(
            QueueUrl=self._dead_letters if again or not self._parking else self._parking,
            MessageBody=body,
            MessageAttributes=fitted(told, others),
        )
        if again:
            self._logger.warning("dead-lettered", extra={**described, **attributes})
        else:
            self._logger.error("parked", extra={**described, **attributes})
        name = "MessagesDeadLettered" if again else "MessagesParked"
        self._metrics.add_metric(name, MetricUnit.Count, 1)

    def park_message(self, envelope: Envelope[Message], error: BaseException, *, queue: str) -> None:
        """Park a message of ours that cannot be sent to `queue`, or to the bus. Raises botocore's errors."""
        self.park(envelope.unchecked_json(), error, queue=queue, **about(envelope))


def about(envelope: Envelope[Message]) -> dict[str, str]:
    """Tell which message it is, for a log line. Of one that is not valid, only what is."""
    told = {"message_type": getattr(type(envelope.data), "name", "none")}
    try:
        metadata = Metadata.model_validate(envelope.metadata.model_dump())
    except (AttributeError, ValidationError):
        return told
    return {**told, "correlation_id": metadata.correlation_id, "event_id": str(metadata.event_id)}
