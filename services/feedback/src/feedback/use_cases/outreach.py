"""Send what conversations want to say. Use case of the outreach function.

The stream is the fast way here, not the safe one: an SMS that this function fails to send, for whatever reason, is found
again by the timers. So one conversation in trouble never holds up the stream.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from feedback.adapters import feedback_items as items
from feedback.adapters.feedback_table import Lookup, Store, written
from feedback.adapters.pseudonyms import Pseudonyms
from feedback.adapters.sms_service import NotNow, OptedOut, Refused, SmsSender, Unknown
from feedback.adapters.user_directory import Customer, Directory
from feedback.domain.conversation import Conversation, Machine
from feedback.domain.language import DEFAULT, choose, languages
from feedback.domain.number import Number
from feedback.domain.quiet_hours import WakingHours
from feedback.domain.send_ledger import Sms
from wild_rydes_dynamodb.change import Change, change
from wild_rydes_messaging.backoff import Backoff
from wild_rydes_messaging.errors import reason, stack

_Held = tuple[Conversation | None, Number]
"""A conversation, and the number it is held with."""


class Sending:
    """Claims the SMS that is due, sends it, notes the outcome. `ours` is our own number, in E.164 form."""

    def __init__(
        self,
        store: Store,
        machine: Machine,
        directory: Directory,
        sender: SmsSender,
        pseudonyms: Pseudonyms,
        *,
        ours: str,
        waking_hours: WakingHours,
        logger: Logger,
        metrics: Metrics,
        now: Callable[[], datetime],
        backoff: Backoff = Backoff(base=60, cap=3600),  # noqa: B008 - immutable
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._store = store
        self._machine = machine
        self._directory = directory
        self._sender = sender
        self._pseudonyms = pseudonyms
        self._ours = ours
        self._waking_hours = waking_hours
        self._logger = logger
        self._metrics = metrics
        self._now = now
        self._backoff = backoff
        self._uniform = uniform

    def handle(self, event: Mapping[str, Any]) -> None:
        """Send what is due in the conversations of a batch of stream records, as far as it goes."""
        of_the_request = self._logger.get_correlation_id()
        for ride_id in dict.fromkeys(items.ride_id(r["dynamodb"]["Keys"]) for r in event["Records"]):
            self._logger.set_correlation_id(of_the_request)
            try:
                outcome = self._send(ride_id)
            except Exception as error:  # noqa: BLE001 - the timers bring it again; the others go on
                outcome = "failed"
                self._logger.error(
                    "cannot send",
                    ride_id=ride_id,
                    error=type(error).__name__,
                    reason=reason(error),
                    stack=stack(error),
                )
            self._logger.info("outreach", ride_id=ride_id, outcome=outcome)
            self._metrics.add_metric(f"Sms{outcome.title().replace(' ', '')}", MetricUnit.Count, 1)

    def _send(self, ride_id: str) -> str:
        conversation = self._store.conversation(ride_id)
        if conversation is None or not conversation.last.due(self._now()):
            return "not due"
        self._logger.set_correlation_id(conversation.correlation_id)
        customer = self._directory.find(conversation.customer_id)
        if customer is None:
            return self._note(
                conversation, "refused", lambda sms, now: sms.ended("refused", now, "no-number")
            )
        now = self._now()
        awake_at = self._waking_hours.next(customer.number.zones, now)
        if awake_at > now:
            return self._note(
                conversation, "postponed", lambda sms, now: sms.postponed(awake_at, now, "night")
            )
        key = self._pseudonyms.of(customer.number.e164)
        claimed = self._claim(conversation, key, choose(customer.locale, customer.number.region))
        if claimed is None:
            return "overtaken"
        if claimed.last.state == "withheld":
            return "withheld"
        return self._hand_over(claimed, customer, key)

    def _claim(self, seen: Conversation, key: str, language: str) -> Conversation | None:
        """The conversation with its last SMS claimed, or withheld from a number that wants none. None: no longer due."""

        def rule(found: _Held) -> _Held:
            conversation, number = found
            now = self._now()
            if conversation is None or not conversation.last.due(now):
                return found
            if number.opted_out:
                return self._machine.stopped(conversation, now), number
            claimed = conversation.with_last(conversation.last.claimed(now))
            claimed = replace(claimed, language=claimed.language or language)
            return claimed, number.asked(claimed.ride_id, self._ours)

        found = self._change(seen, key, rule)
        return None if found.after == found.before else found.after[0]

    def _change(self, seen: Conversation, key: str, rule: Callable[[_Held], _Held]) -> Change[_Held]:
        """Apply a rule to a conversation, as it was seen, and to the number it is held with.

        The number is written in the same transaction, changed or not: a STOP cannot come between looking and writing.
        """

        def read() -> _Held:
            return self._store.conversation(seen.ride_id), self._store.number(key)

        def write(_: _Held, after: _Held) -> _Held:
            conversation, number = after
            self._store.write(conversation, number, now=self._now(), reread=read)
            return conversation and written(conversation), written(number)

        return change(lambda: (seen, self._store.number(key)), rule, write)

    def _hand_over(self, claimed: Conversation, customer: Customer, key: str) -> str:
        index = len(claimed.sms) - 1
        text = languages()[claimed.language or DEFAULT].prompts[claimed.last.prompt]
        context = {"ride": claimed.ride_id, "sms": str(index)}
        try:
            message_id = self._sender.send(customer.number, text, context)
        except Unknown as error:  # the claim stands: a delivery event settles it, or its time runs out
            self._logger.warning("may have been sent", ride_id=claimed.ride_id, sms=index, reason=error.code)
            return "unknown"
        except OptedOut:
            return self._opted_out(claimed, key)
        except Refused as error:
            code = error.code
            return self._note(claimed, "refused", lambda sms, now: sms.ended("refused", now, code))
        except NotNow as error:
            self._logger.warning("not now", ride_id=claimed.ride_id, sms=index, reason=error.code)
            return self._later(claimed, error.code)
        self._sent(claimed.ride_id, index, message_id)
        return "sent"

    def _sent(self, ride_id: str, index: int, message_id: str) -> None:
        now = self._now()
        self._store.change(
            ride_id,
            lambda c: self._machine.received(c, index, c.sms[index].received("sent", message_id, now), now),
            now,
            lookup=Lookup(message_id, ride_id),
        )

    def _later(self, claimed: Conversation, code: str) -> str:
        delay = timedelta(seconds=self._backoff.delay(claimed.last.tries + 1, self._uniform))
        return self._note(claimed, "postponed", lambda sms, now: sms.postponed(now + delay, now, code))

    def _opted_out(self, claimed: Conversation, key: str) -> str:
        """AWS knows of a STOP that we do not: learn it."""

        def rule(found: _Held) -> _Held:
            conversation, number = found
            now = self._now()
            return conversation and self._machine.stopped(conversation, now), number.stopped(now)

        self._change(claimed, key, rule)
        return "withheld"

    def _note(self, seen: Conversation, outcome: str, rule: Callable[[Sms, datetime], Sms]) -> str:
        """Note what became of the last SMS, unless somebody has done so meanwhile."""
        now, index = self._now(), len(seen.sms) - 1

        def apply(current: Conversation) -> Conversation:
            if current.sms[index] != seen.last:
                return current
            if index < len(current.sms) - 1:  # overtaken: its time does not come again
                return current.with_sms(index, seen.last.ended("dropped", now))
            return current.with_last(rule(seen.last, now))

        self._store.change(seen.ride_id, apply, now)
        return outcome
