"""The send ledger: what became of each SMS of a conversation. Rules only, no I/O.

SendTextMessage takes no idempotency token, so a sender claims an SMS before it calls, and notes the outcome after. Of a
claim without an outcome nobody knows whether the SMS went out. For a while nobody touches it; within that time the sender's
note or a delivery event settles it, and only if neither came it is sent once more. See ADR 20.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

SmsState = Literal[
    "waiting",  # to be sent, not before its time
    "claimed",  # a sender has it; whether it was sent is not known yet
    "sent",  # the SMS service has it, under a message id
    "delivered",  # receipts, of which the first final one stands
    "failed",
    "blocked",
    "refused",  # the SMS service will not take it, ever
    "withheld",  # not sent: the customer wants no messages
    "dropped",  # not sent: overtaken by the conversation
]

Receipt = Literal["sent", "delivered", "failed", "blocked"]

_OUTSTANDING = ("waiting", "claimed")
_FINAL = ("delivered", "failed", "blocked")
UNDELIVERABLE = ("failed", "blocked", "refused")


@dataclass(frozen=True, slots=True)
class Sms:
    """One SMS to the customer, by the name of its prompt. `at` is when its state was last changed.

    `not_before` and `look_at` count while it waits: it is not sent before the former, and the timers look after it at the
    latter. `tries` counts how often it was looked after. `reason` is a short code of a refusal or failure.
    """

    prompt: str
    said_at: datetime
    state: SmsState
    at: datetime
    not_before: datetime
    look_at: datetime
    tries: int = 0
    message_id: str | None = None
    reason: str | None = None

    @classmethod
    def new(cls, prompt: str, now: datetime, look_again_after: timedelta) -> "Sms":
        """An SMS to be sent at once."""
        return cls(prompt, now, "waiting", now, not_before=now, look_at=now + look_again_after)

    @property
    def outstanding(self) -> bool:
        """Whether it may still have to be sent."""
        return self.state in _OUTSTANDING

    @property
    def out(self) -> bool:
        """Whether the SMS service has taken it."""
        return self.state == "sent" or self.state in _FINAL

    def due(self, now: datetime) -> bool:
        """Whether a sender may claim it now."""
        return self.state == "waiting" and self.not_before <= now

    def next_look(self, resend_after: timedelta) -> datetime | None:
        """When the timers must look after it, if ever: at a claim, when it has been without an outcome for so long."""
        match self.state:
            case "waiting":
                return self.look_at
            case "claimed":
                return self.at + resend_after
        return None

    def looked_after(self, now: datetime, look_again_after: timedelta) -> "Sms":
        """Before a sender once more: the stream did not bring it, its time has come, or its claim had no outcome.

        The longer it goes on in vain, the rarer.
        """
        pause = look_again_after * 2 ** min(self.tries, 4)
        return replace(
            self,
            state="waiting",
            at=now,
            not_before=now,
            look_at=now + pause,
            tries=self.tries + 1,
        )

    def claimed(self, now: datetime) -> "Sms":
        """In the hands of a sender."""
        return replace(self, state="claimed", at=now)

    def postponed(self, until: datetime, now: datetime, reason: str) -> "Sms":
        """Not sent yet, and not before `until`. True even of a claimed one: the sender knows that it went nowhere."""
        return replace(
            self,
            state="waiting",
            at=now,
            not_before=until,
            look_at=until,
            tries=self.tries + 1,
            reason=reason,
        )

    def ended(
        self, state: Literal["refused", "withheld", "dropped"], now: datetime, reason: str | None = None
    ) -> "Sms":
        """Not sent, and never to be."""
        return replace(self, state=state, at=now, reason=reason)

    def received(self, receipt: Receipt, message_id: str, now: datetime, reason: str | None = None) -> "Sms":
        """Known to be with the SMS service: from its own answer, or from a delivery event.

        Whatever we thought before, an event proves it. The first message id and the first final receipt stand.
        """
        if self.state in _FINAL or (self.out and receipt == "sent"):
            return self
        return replace(self, state=receipt, at=now, message_id=self.message_id or message_id, reason=reason)
