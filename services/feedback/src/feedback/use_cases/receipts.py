"""Note the delivery of our SMS. Use case of the receipts function.

A delivery event also proves that the SMS went out. It settles the claim of a sender that died before it could
say so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from feedback.adapters.feedback_table import FeedbackTable, Lookup
from feedback.adapters.sns_notifications import DeliveryEvent
from feedback.domain.conversation import Conversation, SurveyMachine
from feedback.domain.send_ledger import Receipt
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse

# https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html
_RECEIPTS: Final[Mapping[str, Receipt]] = {
    "TEXT_QUEUED": "sent",
    "TEXT_PENDING": "sent",
    "TEXT_SENT": "sent",
    "TEXT_SUCCESSFUL": "sent",  # accepted by the carrier; the last event where carriers report no delivery
    "TEXT_UNKNOWN": "sent",
    "TEXT_DELIVERED": "delivered",
    "TEXT_INVALID": "failed",
    "TEXT_INVALID_MESSAGE": "failed",
    "TEXT_UNREACHABLE": "failed",
    "TEXT_CARRIER_UNREACHABLE": "failed",
    "TEXT_TTL_EXPIRED": "failed",
    "TEXT_BLOCKED": "blocked",
    "TEXT_CARRIER_BLOCKED": "blocked",
    "TEXT_SPAM": "blocked",
    "TEXT_PROTECT_BLOCKED": "blocked",
}


@dataclass(frozen=True, kw_only=True)
class Receipts:
    """Applies delivery events to the send ledger. A failed SMS is shown, but not sent again."""

    consumer: Consumer[DeliveryEvent]
    table: FeedbackTable
    machine: SurveyMachine
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Note a batch of delivery events."""
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self._note(message.data)
        return batch.settle()

    def _note(self, event: DeliveryEvent) -> None:
        receipt = _RECEIPTS.get(event.type)
        if receipt is None or event.context is None:
            self.logger.info("ignored", event_type=event.type)
            self.metrics.add_metric("ReceiptsIgnored", MetricUnit.Count, 1)
            return
        ride_id, index, now = event.context.ride, event.context.sms, self.now()
        reason = event.type if receipt in ("failed", "blocked") else None

        def apply(conversation: Conversation) -> Conversation:
            if index >= len(conversation.sms):
                return conversation
            sms = conversation.sms[index].received(receipt, event.message_id, now, reason)
            return self.machine.received(conversation, index, sms.billed(event.parts, event.price), now)

        found = self.table.change(ride_id, apply, now, lookup=Lookup(event.message_id, ride_id))
        self.logger.info(
            "receipt" if found else "ignored: no such ride", ride_id=ride_id, sms=index, event_type=event.type
        )
