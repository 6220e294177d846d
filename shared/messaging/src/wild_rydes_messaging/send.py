"""Send messages to an SQS queue."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wild_rydes_contracts import Envelope, Message
from wild_rydes_contracts.invalid import InvalidMessage
from wild_rydes_messaging.attributes import Attributes, size
from wild_rydes_messaging.deliver import DEFAULT_RETRIES, Delivery, Entry, Receipt, Retries, failure
from wild_rydes_messaging.transient import is_transient_code

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

MAX_BYTES = 1024 * 1024
"""The limit of SendMessageBatch for one message and for a batch.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send, as an envelope or a text, under the sender's key. It is invisible for `delay` seconds, 0 to 900.

    One to a FIFO queue has a `group`, and a `deduplication_id`; it cannot have a delay of its own.
    """

    key: str
    body: Envelope[Message] | str
    delay: int = 0
    attributes: Attributes = field(default_factory=dict)
    group: str = ""
    deduplication_id: str = ""


class Queue:
    """Sends to one queue."""

    def __init__(self, sqs: "SQSClient", url: str, retries: Retries = DEFAULT_RETRIES) -> None:
        self._sqs = sqs
        self._url = url
        self._delivery = Delivery(self._send, MAX_BYTES, retries)

    @property
    def name(self) -> str:
        """The queue's own name."""
        return self._url.rpartition("/")[2]

    def send(self, messages: Sequence[Outgoing]) -> tuple[Receipt, ...]:
        """Send all messages, up to ten per call. Receipts have the messages' keys, in order.

        Raises DeliveryError, with all receipts, if any message was not accepted. One that no reader of its contract
        takes is refused alone, for good.
        """
        return self._delivery.deliver([_entry(message) for message in messages])

    def _send(self, chunk: "Sequence[Entry[SendMessageBatchRequestEntryTypeDef]]") -> list[Receipt]:
        batch: list[SendMessageBatchRequestEntryTypeDef] = [
            {**entry.payload, "Id": str(i)} for i, entry in enumerate(chunk)
        ]
        response = self._sqs.send_message_batch(QueueUrl=self._url, Entries=batch)
        failed = {int(failure["Id"]): failure for failure in response.get("Failed", [])}
        receipts = []
        for i, entry in enumerate(chunk):
            code = failed[i]["Code"] if i in failed else None
            later = code is not None and (not failed[i]["SenderFault"] or is_transient_code(code))
            receipts.append(Receipt(entry.key, code, later))
        return receipts


def _entry(outgoing: Outgoing) -> "Entry[SendMessageBatchRequestEntryTypeDef] | Receipt":
    try:
        body = outgoing.body if isinstance(outgoing.body, str) else outgoing.body.to_json()
    except InvalidMessage as error:
        return failure(outgoing.key, error)
    payload: SendMessageBatchRequestEntryTypeDef = {"Id": "", "MessageBody": body}
    if outgoing.group:
        payload |= {"MessageGroupId": outgoing.group, "MessageDeduplicationId": outgoing.deduplication_id}
    else:
        payload["DelaySeconds"] = outgoing.delay
    if outgoing.attributes:
        payload["MessageAttributes"] = outgoing.attributes
    return Entry(outgoing.key, len(body.encode()) + size(outgoing.attributes), payload)


def queue_url(sqs: "SQSClient", arn: str) -> str:
    """Look up the URL of a queue by its ARN. Raises botocore's errors, such as for a missing queue."""
    account, name = arn.split(":")[4:6]
    return sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
