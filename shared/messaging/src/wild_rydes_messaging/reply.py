"""Answer to a return address."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from wild_rydes_contracts import Envelope, Message
from wild_rydes_messaging.consume import Unprocessable
from wild_rydes_messaging.deliver import DeliveryError, Receipt, is_transient
from wild_rydes_messaging.queue import Outgoing, Queue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_QUEUE_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


class ForbiddenReturnAddress(Unprocessable):
    """The message asks for an answer to a queue that is no return address of ours."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and the ARN of the queue it goes to. `key` is the sender's own."""

    key: str
    to: str
    envelope: Envelope[Message]


class Replies:
    """Sends answers to any return address that matches one pattern, an SQS ARN ending in `*`."""

    def __init__(self, sqs: "SQSClient", pattern: str) -> None:
        self._sqs = sqs
        self._prefix = pattern.removesuffix("*")
        self._queues: dict[str, Queue] = {}

    def check(self, return_address: str | None) -> str:
        """The return address, if answers may go there.

        Raises ForbiddenReturnAddress. The sender's role is limited to the same pattern: IAM has the last word.
        """
        name = (return_address or "").rpartition(":")[2]
        if (
            not return_address
            or not return_address.startswith(self._prefix)
            or not _QUEUE_NAME.fullmatch(name)
        ):
            raise ForbiddenReturnAddress(f"return address {return_address!r} is not {self._prefix}*")
        return return_address

    def send(self, replies: Sequence[Reply]) -> tuple[Receipt, ...]:
        """Send all, up to ten a call for each return address; receipts are keyed as the replies are.

        Raises DeliveryError, with all receipts, when any reply was not accepted, and ForbiddenReturnAddress before
        anything is sent.
        """
        by_address: defaultdict[str, list[Outgoing]] = defaultdict(list)
        for reply in replies:
            by_address[self.check(reply.to)].append(Outgoing(reply.key, reply.envelope.to_json()))
        receipts: list[Receipt] = []
        for address, messages in by_address.items():
            try:
                receipts += self._queue(address).send(messages)
            except DeliveryError as error:
                receipts += error.receipts
            except ClientError as error:  # no such queue, or not ours to find: the other addresses get theirs
                code = error.response["Error"]["Code"]
                receipts += [Receipt(message.key, code, is_transient(code)) for message in messages]
        if any(receipt.error for receipt in receipts):
            raise DeliveryError(receipts)
        return tuple(receipts)

    def _queue(self, arn: str) -> Queue:
        if arn not in self._queues:
            account, name = arn.split(":")[4:6]
            url = self._sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
            self._queues[arn] = Queue(self._sqs, url)
        return self._queues[arn]
