"""Ask one partner for quotes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from unicorn_mgmt.adapters.partners.client import PartnerClient, Question
from unicorn_mgmt.adapters.partners.faults import CallFailed
from unicorn_mgmt.adapters.partners.line import PartnerLine
from unicorn_mgmt.domain.callback_due import CallbackDue
from unicorn_mgmt.use_cases.owed_callbacks import Expectations, OwedCallbacks
from wild_rydes_circuit_breaker import CircuitOpen
from wild_rydes_contracts import Decline, Envelope, Quote, RfqRequested, RfqResponse
from wild_rydes_contracts.metadata import caused_by
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received
from wild_rydes_messaging.reply import Replies, Reply

QUOTE = "quote"
BUSY = "partner-busy"


@dataclass(frozen=True, slots=True)
class PartnerQuotes:
    """Calls the partner once for each message and answers at once, with a decline if the partner fails to.

    A call that fails is not tried again: that would load a partner in trouble, and the customer has other
    quotes. Only a failure that is not the partner's (its secret cannot be read, the answer cannot be sent)
    brings the message back. The partner is then asked again: it knows the RFQ by its id, and the aggregator
    takes the partner's first answer.

    What has waited in the queue for longer than a call may take is declined without a call. Otherwise a partner that
    is asked for more than it can answer would have a queue in which every RFQ waits for its deadline.
    """

    client: PartnerClient
    line: PartnerLine
    consumer: Consumer[RfqRequested | CallbackDue]
    replies: Replies
    expectations: Expectations
    owed_callbacks: OwedCallbacks
    callback_url: str
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Ask for the RFQs of a Lambda SQS event, and look for the callbacks that are due, one after the other."""
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                if isinstance(message.data, CallbackDue):
                    self.owed_callbacks.look(cast("Received[CallbackDue]", message))
                else:
                    self._answer(cast("Received[RfqRequested]", message))
        return batch.settle()

    def _answer(self, message: Received[RfqRequested]) -> None:
        to = self.replies.check(message.metadata.reply_to)
        answer = self._ask(message)
        if answer:
            self._reply(message, to, answer)

    def _reply(self, message: Received[RfqRequested], to: str, answer: Quote | Decline) -> None:
        metadata = caused_by(
            message.metadata, RfqResponse, occurred_at=self.now(), distinct=self.line.partner.id
        )
        response = RfqResponse(answers=(answer,))
        self.replies.send([Reply(message.message_id, to, Envelope(metadata=metadata, data=response))])

    def _ask(self, message: Received[RfqRequested]) -> Quote | Decline | None:
        if message.waited > self.line.partner.timeout:
            self.line.shed(QUOTE, waited=message.waited, attempt=message.attempt)
            return Decline(responder_id=self.line.partner.id, reason=BUSY)
        due = self.line.due(message.metadata.deadline)
        question = Question(self.line.partner, message.data, message.metadata, self.callback_url, due)
        try:
            return self.line.call(
                QUOTE,
                lambda exchange, credentials: self.client.quote(question, exchange, credentials),
                outcome=lambda answer: answer.kind if answer else "accepted",
                attempt=message.attempt,
                deadline=message.metadata.deadline,
                later=lambda call: self.expectations.expect(
                    message.metadata, message.metadata.correlation_id, due, call
                ),
            )
        except CircuitOpen:
            return Decline(responder_id=self.line.partner.id, reason="circuit-open")
        except CallFailed as error:
            return Decline(responder_id=self.line.partner.id, reason=error.decline)
