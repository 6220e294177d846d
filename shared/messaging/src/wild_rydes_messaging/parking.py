"""Park what cannot be handled in a dead-letter queue, with the reason, for a person to inspect and replay."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wild_rydes_messaging.errors import reason

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class ParkingLot:
    """One dead-letter queue.

    A parked message keeps its body. Its attributes are `reason`, `error` (the type), and those of the caller.
    """

    def __init__(self, sqs: "SQSClient", dead_letter_queue_url: str) -> None:
        self._sqs = sqs
        self._url = dead_letter_queue_url

    def park(self, body: str, error: BaseException, **attributes: str) -> None:
        """Send the body to the dead-letter queue.

        Raises botocore's errors: the caller must then leave the message where it is.
        """
        described: Mapping[str, str] = {
            "reason": reason(error),
            "error": type(error).__name__,
            **attributes,
        }
        self._sqs.send_message(
            QueueUrl=self._url,
            MessageBody=body,
            MessageAttributes={
                k: {"DataType": "String", "StringValue": v} for k, v in described.items() if v
            },
        )
