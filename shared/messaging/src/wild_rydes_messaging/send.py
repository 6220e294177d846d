"""Send messages to an SQS queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wild_rydes_messaging.deliver import DEFAULT_RETRIES, Delivery, Entry, Receipt, Retries
from wild_rydes_messaging.transient import is_transient_code

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

MAX_BYTES = 1024 * 1024
"""The limit of SendMessageBatch for one message and for a batch.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send, under the sender's key. It is invisible for `delay` seconds, 0 to 900."""

    key: str
    body: str
    delay: int = 0


class Queue:
    """Sends to one queue."""

    def __init__(self, sqs: "SQSClient", url: str, retries: Retries = DEFAULT_RETRIES) -> None:
        self._sqs = sqs
        self._url = url
        self._delivery = Delivery(self._send, MAX_BYTES, retries)

    def send(self, messages: Sequence[Outgoing]) -> tuple[Receipt, ...]:
        """Send all messages, up to ten per call. Receipts have the messages' keys, in order.

        Raises DeliveryError, with all receipts, if any message was not accepted.
        """
        return self._delivery.deliver([Entry(m.key, len(m.body.encode()), m) for m in messages])

    def _send(self, chunk: Sequence[Entry[Outgoing]]) -> list[Receipt]:
        batch: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(i), "MessageBody": entry.payload.body, "DelaySeconds": entry.payload.delay}
            for i, entry in enumerate(chunk)
        ]
        response = self._sqs.send_message_batch(QueueUrl=self._url, Entries=batch)
        failed = {int(failure["Id"]): failure for failure in response.get("Failed", [])}
        receipts = []
        for i, entry in enumerate(chunk):
            code = failed[i]["Code"] if i in failed else None
            later = code is not None and (not failed[i]["SenderFault"] or is_transient_code(code))
            receipts.append(Receipt(entry.key, code, later))
        return receipts


def queue_url(sqs: "SQSClient", arn: str) -> str:
    """Look up the URL of a queue by its ARN. Raises botocore's errors, such as for a missing queue."""
    account, name = arn.split(":")[4:6]
    return sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
