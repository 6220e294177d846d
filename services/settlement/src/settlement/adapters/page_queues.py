"""The queues of work on pages, one for each size class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from settlement.domain.document import SizeClass
from settlement.domain.page_work import PageWork
from wild_rydes_contracts import Envelope
from wild_rydes_messaging.deliver import DeliveryError
from wild_rydes_messaging.errors import Unprocessable
from wild_rydes_messaging.send import Outgoing, Queue


@dataclass(frozen=True, slots=True)
class PageQueues:
    """Sends work to the workers that are fit for it."""

    queues: Mapping[SizeClass, Queue]

    def send(self, size_class: SizeClass, work: Sequence[Envelope[PageWork]]) -> dict[UUID, Exception]:
        """Send all of it. Return, by their event ids, why some will never be taken.

        Raises DeliveryError when the queue does not take one for another reason.
        """
        try:
            self.queues[size_class].send([Outgoing(str(each.metadata.event_id), each) for each in work])
        except DeliveryError as error:
            if not all(receipt.invalid for receipt in error.failed):
                raise
            return {
                UUID(receipt.key): receipt.cause or Unprocessable(f"work refused: {receipt.error}")
                for receipt in error.failed
            }
        return {}
