"""Look whether partners call back about what they have taken note of."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from unicorn_mgmt.adapters.callback_table import CallbackTable
from unicorn_mgmt.adapters.partner_queues import CallbackChecks
from unicorn_mgmt.adapters.partners.line import PartnerLine
from unicorn_mgmt.domain.callback_due import CallbackDue, OpenCall, expected
from wild_rydes_contracts import Decline, Envelope, Metadata, RfqResponse
from wild_rydes_contracts.metadata import caused_by
from wild_rydes_messaging.consume import Received, RetryLater
from wild_rydes_messaging.reply import Replies, Reply

FIRST_LOOK = 1
"""Seconds after the call. Most callbacks have come by then, and a circuit that is half open hears of it soon."""


@dataclass(frozen=True, slots=True)
class Expectations:
    """Has somebody look whether the partner calls back, by a message that comes when it is time to."""

    line: PartnerLine
    checks: CallbackChecks
    now: Callable[[], datetime]

    def expect(self, cause: Metadata, about: str, due: datetime, call: OpenCall) -> None:
        """Expect a callback about an RFQ or a ride until `due`. Raises DeliveryError."""
        now = self.now()
        check = expected(cause, self.line.partner.id, about, due=due, call=call, now=now)
        self.checks.send(check, min(FIRST_LOOK, max(0.0, (due - now).total_seconds())))


@dataclass(frozen=True, slots=True)
class OwedCallbacks:
    """Ends each call that the partner has taken note of: well if it has called back, as its failure when that is due.

    Where the customer's deadline came before the partner's own time was over, it says nothing of the partner. A failure
    declines for the partner as well, so that the RFQ does not wait for its deadline. Whatever is done twice changes
    nothing but the circuit's count: the aggregator takes the first answer.
    """

    line: PartnerLine
    callbacks: CallbackTable
    replies: Replies
    now: Callable[[], datetime]

    def look(self, message: Received[CallbackDue]) -> None:
        """Look once. Raises RetryLater, to look again when the callback is due, and botocore's errors."""
        owed, now = message.data, self.now()
        came = self.callbacks.has_come(owed.partner_id, owed.about)
        if not came and now < owed.due:
            raise RetryLater((owed.due - now).total_seconds())
        if message.metadata.reply_to and not came:
            self._decline(message, self.replies.check(message.metadata.reply_to))
        self.line.conclude(owed.call, came=came, cut_short=owed.cut_short)

    def _decline(self, message: Received[CallbackDue], to: str) -> None:
        metadata = caused_by(message.metadata, RfqResponse, occurred_at=self.now())
        decline = Decline(responder_id=self.line.partner.id, reason="partner-timeout")
        response = RfqResponse(answers=(decline,))
        self.replies.send([Reply(message.message_id, to, Envelope(metadata=metadata, data=response))])
