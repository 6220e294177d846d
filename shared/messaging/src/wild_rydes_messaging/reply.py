"""Reply to a return address."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wild_rydes_contracts import Envelope, Message
from wild_rydes_messaging.deliver import DEFAULT_RETRIES, DeliveryError, Receipt, Retries, failure
from wild_rydes_messaging.errors import Unprocessable
from wild_rydes_messaging.send import Outgoing, Queue, queue_url

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class ForbiddenReturnAddress(Unprocessable):
    """The message asks for an answer to a queue that is no requester's, or another's than its sender's."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer under the sender's `key`, and the ARN of the queue it goes to."""

    key: str
    to: str
    envelope: Envelope[Message]


class Replies:
    """Sends answers to these return addresses, ARNs of SQS queues, and to no others."""

    def __init__(
        self, sqs: "SQSClient", addresses: Collection[str], retries: Retries = DEFAULT_RETRIES
    ) -> None:
        self._sqs = sqs
        self._addresses = frozenset(addresses)
        self._retries = retries
        self._queues: dict[str, Queue] = {}

    def check(self, return_address: str | None) -> str:
        """Return the address if answers may go there. Raise ForbiddenReturnAddress otherwise.

        The sender's role is limited to the same addresses: IAM has the last word.
        """
        if return_address is None:
            raise ForbiddenReturnAddress("no return address")
        if return_address not in self._addresses:
            raise ForbiddenReturnAddress("return address is no requester's")
        return return_address

    def send(self, replies: Sequence[Reply]) -> tuple[Receipt, ...]:
        """Send all replies, up to ten per call and return address. Receipts have the replies' keys, in order.

        Raises DeliveryError, with all receipts, if any reply was not accepted. A reply to a forbidden address, or one
        that no reader of its contract takes, is refused alone, for good.
        """
        by_address: defaultdict[str, list[int]] = defaultdict(list)
        receipts = [Receipt(reply.key) for reply in replies]
        for i, reply in enumerate(replies):
            try:
                by_address[self.check(reply.to)].append(i)
            except ForbiddenReturnAddress as error:
                receipts[i] = failure(reply.key, error)
        for address, indices in by_address.items():
            messages = [Outgoing(replies[i].key, replies[i].envelope) for i in indices]
            for i, receipt in zip(indices, self._send_to(address, messages), strict=True):
                receipts[i] = receipt
        if any(receipt.error for receipt in receipts):
            raise DeliveryError(receipts)
        return tuple(receipts)

    def _send_to(self, address: str, messages: Sequence[Outgoing]) -> Sequence[Receipt]:
        try:
            if address not in self._queues:
                self._queues[address] = Queue(self._sqs, queue_url(self._sqs, address), self._retries)
            return self._queues[address].send(messages)
        except DeliveryError as error:
            return error.receipts
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of this address
            # Such as a missing queue: the other addresses get their replies all the same.
            return [failure(message.key, error) for message in messages]
