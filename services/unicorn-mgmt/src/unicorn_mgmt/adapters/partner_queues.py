"""Hand RFQs on to the queues of the partners that serve the place. Part of the responder."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from unicorn_mgmt.adapters.partners.roster import Partner
from unicorn_mgmt.domain.unicorn import Place
from wild_rydes_contracts import RfqRequested
from wild_rydes_messaging.consume import Received
from wild_rydes_messaging.deliver import DeliveryError
from wild_rydes_messaging.queue import Outgoing, Queue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class Forwarding:
    """One queue a partner: a slow partner fills its own, and no other's. `queues` are their URLs by the partner's id.

    A partner gets the event as it came, with its id: whoever handles a duplicate of it does the same again.
    """

    def __init__(self, sqs: "SQSClient", partners: Mapping[str, Partner], queues: Mapping[str, str]) -> None:
        self._areas = {id_: partners[id_].area for id_ in queues}
        self._queues = {id_: Queue(sqs, url) for id_, url in queues.items()}

    def serving(self, place: Place) -> tuple[str, ...]:
        """The ids of the partners whose area covers the place."""
        return tuple(id_ for id_, area in self._areas.items() if area.covers(place))

    def forward(self, asked: Sequence[tuple[Received[RfqRequested], Sequence[str]]]) -> dict[str, str]:
        """Send each RFQ to its partners, in one batch to each queue; the error of each message that one did not take.

        A partner's queue that fails keeps nothing from the others. What failed is to be handled again, as a whole.
        """
        failed: dict[str, str] = {}
        for id_, queue in self._queues.items():
            mine = [Outgoing(m.message_id, _body(m)) for m, partners in asked if id_ in partners]
            try:
                if mine:
                    queue.send(mine)
            except DeliveryError as error:
                failed |= {receipt.key: f"{id_}: {receipt.error}" for receipt in error.failed}
            except (ClientError, BotoCoreError) as error:
                failed |= {message.key: f"{id_}: {type(error).__name__}" for message in mine}
        return failed


def _body(message: Received[RfqRequested]) -> str:
    detail = {
        "metadata": message.metadata.model_dump(mode="json", exclude_none=True),
        "data": message.data.model_dump(mode="json", exclude_none=True),
    }
    return json.dumps({"source": RfqRequested.source, "detail-type": RfqRequested.name, "detail": detail})
