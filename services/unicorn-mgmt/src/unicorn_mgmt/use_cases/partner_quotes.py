"""Ask one partner for quotes. Use case of a partner's consumer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from unicorn_mgmt.adapters.partners.client import Integration, Question
from unicorn_mgmt.adapters.partners.faults import CallFailed
from unicorn_mgmt.adapters.partners.line import Line
from wild_rydes_circuit_breaker import CircuitOpen
from wild_rydes_contracts import Decline, Envelope, Quote, RfqRequested, RfqResponse
from wild_rydes_contracts.metadata import caused_by
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received
from wild_rydes_messaging.reply import Replies, Reply

QUOTE = "quote"


class Asking:
    """Calls the partner once for each message and answers at once, with a decline if the partner does not.

    A call that fails is not tried again: it would load a partner in trouble, and the customer has other quotes. Only what is
    not the partner's doing (its secret cannot be read, the answer cannot be sent) returns with its message. The partner
    then is asked again; it knows the RFQ by its id, and whoever asked for quotes takes its first answer.
    """

    def __init__(
        self,
        integration: Integration,
        line: Line,
        *,
        consumer: Consumer[RfqRequested],
        replies: Replies,
        callback_url: str | None,
        now: Callable[[], datetime],
    ) -> None:
        self._integration = integration
        self._line = line
        self._partner = line.partner
        self._consumer = consumer
        self._replies = replies
        self._callback_url = callback_url
        self._now = now

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Ask for the RFQs of a Lambda SQS event, one after the other."""
        batch = self._consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                to = self._replies.check(message.metadata.reply_to)
                answer = self._ask(message)
                if answer:
                    self._reply(message, to, answer)
        return batch.settle()

    def _reply(self, message: Received[RfqRequested], to: str, answer: Quote | Decline) -> None:
        metadata = caused_by(
            message.metadata, RfqResponse, occurred_at=self._now(), distinct=self._partner.id
        )
        response = RfqResponse(answers=(answer,))
        self._replies.send([Reply(message.message_id, to, Envelope(metadata=metadata, data=response))])

    def _ask(self, message: Received[RfqRequested]) -> Quote | Decline | None:
        question = Question(self._partner, message.data, message.metadata, self._callback_url)
        try:
            return self._line.call(
                QUOTE,
                lambda call, credentials: self._integration.quote(question, call, credentials),
                outcome=lambda answer: answer.kind if answer else "accepted",
                attempt=message.attempt,
                deadline=message.metadata.deadline,
            )
        except CircuitOpen:
            return Decline(responder_id=self._partner.id, reason="circuit-open")
        except CallFailed as error:
            return Decline(responder_id=self._partner.id, reason=error.decline)
