"""Park what cannot be handled in a dead-letter queue, with the reason, for a person to inspect and replay."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import ValidationError

from wild_rydes_contracts import Envelope, Message, Metadata
from wild_rydes_messaging.errors import describe
from wild_rydes_messaging.send import MAX_BYTES

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


_ATTRIBUTES = 8 * 1024
"""Bytes that are left to the attributes, which count towards the largest message: most are a few hundred."""


class ParkingLot:
    """One dead-letter queue. Logs what is parked there, and counts it in the metric MessagesParked.

    A parked message keeps its body, or of one that is larger than a message can be its beginning, and its `size` in
    bytes. Its attributes are `reason`, `error` (the type), and those of the caller.
    """

    def __init__(
        self, sqs: "SQSClient", dead_letter_queue_url: str, *, logger: Logger, metrics: Metrics
    ) -> None:
        self._sqs = sqs
        self._url = dead_letter_queue_url
        self._logger = logger
        self._metrics = metrics

    def park(self, body: str, error: BaseException, **attributes: str) -> None:
        """Send the body to the dead-letter queue.

        Raises botocore's errors: the caller must then leave the message where it is.
        """
        described = describe(error)
        content = body.encode(errors="replace")
        if len(content) > MAX_BYTES - _ATTRIBUTES:  # a stream's record holds an item twice
            body = content[: MAX_BYTES - _ATTRIBUTES].decode(errors="ignore")
            attributes["size"] = str(len(content))
        told: Mapping[str, str] = {
            "reason": described["reason"],
            "error": described["error"],
            **attributes,
        }
        self._sqs.send_message(
            QueueUrl=self._url,
            MessageBody=body,
            MessageAttributes={k: {"DataType": "String", "StringValue": v} for k, v in told.items() if v},
        )
        self._logger.error("parked", extra={**described, **attributes})
        self._metrics.add_metric("MessagesParked", MetricUnit.Count, 1)

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
