"""Ask one partner for quotes. Use case of a partner's consumer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from unicorn_mgmt.partners.faults import CallFailed, OurFault
from unicorn_mgmt.partners.integration import Integration, Question
from unicorn_mgmt.partners.roster import Partner
from unicorn_mgmt.partners.secrets import Secrets
from unicorn_mgmt.partners.tracking import Calls
from unicorn_mgmt.partners.wire import Wire
from wild_rydes_contracts import Decline, Envelope, Quote, RfqRequested, RfqResponse
from wild_rydes_messaging.circuit_breaker import CircuitBreaker, CircuitOpen
from wild_rydes_messaging.circuit_breaker.call import Call as BreakerCall
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received
from wild_rydes_messaging.metadata import caused_by
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
        partner: Partner,
        integration: Integration,
        breaker: CircuitBreaker,
        *,
        consumer: Consumer[RfqRequested],
        replies: Replies,
        wire: Wire,
        secrets: Secrets,
        calls: Calls,
        secret_id: str,
        callback_url: str | None,
        now: Callable[[], datetime],
    ) -> None:
        self._partner = partner
        self._integration = integration
        self._breaker = breaker
        self._consumer = consumer
        self._replies = replies
        self._wire = wire
        self._secrets = secrets
        self._calls = calls
        self._secret_id = secret_id
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
        credentials = self._secrets.get(self._secret_id)
        began, attempt = self._now(), message.attempt
        circuit = "OPEN"

        def note(outcome: str, reason: str = "") -> None:
            took = (self._now() - began).total_seconds() * 1000
            self._calls.record(
                QUOTE, outcome, milliseconds=took, attempt=attempt, circuit=circuit, reason=reason
            )

        try:
            with self._breaker.call() as permitted:
                circuit = _state(permitted)
                answer = self._integration.quote(
                    Question(self._partner, message.data, message.metadata, self._callback_url),
                    self._wire.call(*self._limit(message)),
                    credentials,
                )
        except CircuitOpen as error:
            note("circuit-open", str(error.record.reason))
            return Decline(responder_id=self._partner.id, reason="circuit-open")
        except CallFailed as error:
            if isinstance(error, OurFault):
                self._secrets.forget(self._secret_id)
            note(error.blame, str(error))
            return Decline(responder_id=self._partner.id, reason=error.decline)
        note(answer.kind if answer else "accepted")
        return answer

    def _limit(self, message: Received[RfqRequested]) -> tuple[float, bool]:
        """How long the call may take, and whether the deadline made it shorter than the partner may expect."""
        deadline = message.metadata.deadline
        left = (deadline - self._now()).total_seconds() if deadline else self._partner.timeout
        return max(0.0, min(left, self._partner.timeout)), left < self._partner.timeout


def _state(call: BreakerCall) -> str:
    if call.mode != "AUTO":
        return str(call.mode)
    return "HALF_OPEN" if call.permit else "CLOSED"
