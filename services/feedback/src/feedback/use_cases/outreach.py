"""Send the SMS of conversations. Use case of the outreach function.

The stream is the fast way here, not the safe one: the timers find every SMS that this function fails to send.
So one conversation in trouble never holds up the stream.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from feedback.adapters import feedback_items as items
from feedback.adapters.feedback_table import FeedbackTable, Lookup, written
from feedback.adapters.pseudonyms import Pseudonyms
from feedback.adapters.sms_service import NotNow, OptedOut, OutcomeUnknown, SmsRejected, SmsSender
from feedback.adapters.user_directory import Customer, UserDirectory
from feedback.domain.conversation import Conversation, SurveyMachine
from feedback.domain.language import DEFAULT, choose, languages
from feedback.domain.number import CARRIER, NumberStanding
from feedback.domain.phone_number import PhoneNumber
from feedback.domain.quiet_hours import WakingHours
from feedback.domain.send_ledger import NIGHT, SENT_WITHIN, Sms
from feedback.domain.time_zones import known_zones
from wild_rydes_dynamodb.change import Change, change
from wild_rydes_messaging.backoff import Backoff
from wild_rydes_messaging.errors import describe

_BACKOFF = Backoff(base=60, cap=3600)
"""The pause after the SMS service has not accepted an SMS for now."""

_METRICS: Final[Mapping[str, str]] = {
    "refused": "SmsRefused",
    "number unverified": "SmsNumberUnverified",
    "no consent": "SmsNoConsent",
    "unknown": "SmsUnknown",
    "not taken": "SmsNotTaken",
    "no number": "OriginationNumberMissing",
    "failed": "OutreachFailed",
}
"""Outcomes that somebody may have to do something about. What was sent is counted by its receipts."""

_MORNING = 3600
"""In so many seconds those go out that have waited for the morning: not all at once at its first stroke."""

_Both = tuple[Conversation | None, NumberStanding]
"""A conversation, and the standing of the number that it is held with."""


@dataclass(frozen=True, kw_only=True)
class Outreach:
    """Claims the SMS that is due, sends it, and notes the outcome.

    `ours` returns our own number (E.164), and raises NotNow while there is none. `contact` is where customers get
    help, in 30 characters at most.
    """

    table: FeedbackTable
    machine: SurveyMachine
    directory: UserDirectory
    sender: SmsSender
    pseudonyms: Pseudonyms
    unseal: Callable[[bytes, str], str]
    """Opens a number that was sealed for a conversation, by its id."""
    ours: Callable[[], str]
    contact: str
    waking_hours: WakingHours
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]
    uniform: Callable[[float, float], float] = random.uniform

    def handle(self, event: Mapping[str, Any]) -> None:
        """Send the SMS that are due in the conversations of a Lambda stream event. Failures are logged."""
        of_the_request = self.logger.get_correlation_id()
        for ride_id in dict.fromkeys(items.ride_id(r["dynamodb"]["Keys"]) for r in event["Records"]):
            self.logger.set_correlation_id(of_the_request)
            try:
                outcome = self._send(ride_id)
            except Exception as error:  # noqa: BLE001 - the timers bring it again; the others go on
                outcome = "failed"
                self.logger.error("cannot send", ride_id=ride_id, extra=describe(error))
            self.logger.info("outreach", ride_id=ride_id, outcome=outcome)
            if metric := _METRICS.get(outcome):
                self.metrics.add_metric(metric, MetricUnit.Count, 1)

    def _send(self, ride_id: str) -> str:
        conversation = self.table.conversation(ride_id)
        if conversation is None or not conversation.last.due(self.now()):
            return "not due"
        self.logger.set_correlation_id(conversation.correlation_id)
        customer = self._customer(conversation)
        bar = self._bar(customer, conversation)
        if customer is None or bar:
            # A number that is missing may be our mistake; the others are the customer's choice, or still to come.
            outcome = bar.replace("-", " ") if customer else "refused"
            return self._note(conversation, outcome, lambda sms, now: sms.ended("refused", now, bar))
        try:
            ours = self.ours()
        except NotNow as error:
            return self._later(conversation, "no number", error.code)
        return self._send_to(customer, conversation, ours)

    def _send_to(self, customer: Customer, conversation: Conversation, ours: str) -> str:
        now = self.now()
        awake_at = self.waking_hours.next(_zones(conversation, customer, ours), now)
        if awake_at > now and not conversation.last.at_any_hour(now):
            until = awake_at + timedelta(seconds=self.uniform(0, _MORNING))
            return self._note(conversation, "postponed", lambda sms, now: sms.postponed(until, now, NIGHT))
        key = self.pseudonyms.pseudonym_of(customer.number.e164)
        claimed = self._claim(conversation, key, customer, ours)
        if claimed is None or claimed.last.state == "dropped":
            return "overtaken"
        if claimed.last.state == "withheld":
            return "withheld"
        outcome = self._hand_over(claimed, customer, key, ours)
        if outcome == "sent":
            self._measure(conversation)
        return outcome

    def _measure(self, seen: Conversation) -> None:
        """Log how long an SMS has waited, as it was before its claim, and count it if that was too long."""
        waited = seen.last.waited(self.now())
        self.logger.info("sms sent", ride_id=seen.ride_id, extra={"waited_s": round(waited.total_seconds())})
        if waited > SENT_WITHIN:
            self.metrics.add_metric("SmsLate", MetricUnit.Count, 1)

    def _customer(self, conversation: Conversation) -> Customer | None:
        if not conversation.with_stranger:
            return self.directory.find(conversation.customer_id)
        sealed = conversation.sealed_number
        return Customer(PhoneNumber(self.unseal(sealed, conversation.ride_id))) if sealed else None

    def _bar(self, customer: Customer | None, conversation: Conversation) -> str:
        """Tell why a customer is not sent the last SMS, as a code. Empty if nothing bars it."""
        if customer is None:
            return "no-number"
        if conversation.with_stranger or self.machine.flow.owed(conversation.last.prompt):
            return ""
        if not customer.verified:
            return "number-unverified"
        return "" if customer.consent else "no-consent"

    def _claim(self, seen: Conversation, key: str, customer: Customer, ours: str) -> Conversation | None:
        """Claim the last SMS, or withhold it from a number that wants none. None if it is no longer due.

        A conversation that is withheld from its first SMS on is noted as well: a START asks its question. A STOP
        is confirmed to the number that said it, while that wants no messages.
        """
        language = choose(customer.locale, customer.number.region)

        def rule(found: _Both) -> _Both:
            conversation, standing = found
            now = self.now()
            if conversation is None or not conversation.last.due(now):
                return found
            confirms = self.machine.confirms_stop(conversation.last)
            if standing.opted_out and not confirms:
                stopped = self.machine.stopped(conversation, now)
                return stopped, standing.asked(stopped.ride_id, ours)
            if confirms and not standing.opted_out:
                return conversation.with_last(conversation.last.ended("dropped", now)), standing
            claimed = conversation.with_last(conversation.last.claimed(now))
            claimed = replace(claimed, language=claimed.language or language)
            if not claimed.with_stranger:
                standing = standing.texted(claimed.customer_id, customer.consent)
            return claimed, standing.asked(claimed.ride_id, ours)

        found = self._change_both(seen, key, rule)
        return None if found.after == found.before else found.after[0]

    def _change_both(self, seen: Conversation, key: str, rule: Callable[[_Both], _Both]) -> Change[_Both]:
        """Apply a rule to a conversation, as it was seen, and to the standing of its number.

        Both are written in one transaction, changed or not: a STOP cannot come between reading and writing.
        """

        def read() -> _Both:
            return self.table.conversation(seen.ride_id), self.table.standing(key)

        def write(_: _Both, after: _Both) -> _Both:
            conversation, standing = after
            changed = [conversation] if conversation else []
            self.table.write(*changed, standing=standing, now=self.now(), reread=read)
            return conversation and written(conversation), written(standing)

        return change(lambda: (seen, self.table.standing(key)), rule, write)

    def _hand_over(self, claimed: Conversation, customer: Customer, key: str, ours: str) -> str:
        index = len(claimed.sms) - 1
        language = languages()[claimed.language or DEFAULT]
        text = language.text(claimed.last.prompt, contact=self.contact)
        context = {"ride": claimed.ride_id, "sms": str(index)}
        try:
            message_id = self.sender.send(customer.number, text, context, origination=ours)
        except OutcomeUnknown as error:  # a delivery event settles the claim, or its time runs out
            self.logger.warning("may have been sent", ride_id=claimed.ride_id, sms=index, reason=error.code)
            return "unknown"
        except OptedOut:
            return self._opted_out(claimed, key)
        except SmsRejected as error:
            code = error.code
            return self._note(claimed, "refused", lambda sms, now: sms.ended("refused", now, code))
        except NotNow as error:
            return self._later(claimed, "not taken", error.code)
        self._sent(claimed.ride_id, index, message_id)
        return "sent"

    def _sent(self, ride_id: str, index: int, message_id: str) -> None:
        now = self.now()
        self.table.change(
            ride_id,
            lambda c: self.machine.received(c, index, c.sms[index].received("sent", message_id, now), now),
            now,
            lookup=Lookup(message_id, ride_id),
        )

    def _later(self, seen: Conversation, outcome: str, code: str) -> str:
        self.logger.warning("not now", ride_id=seen.ride_id, sms=len(seen.sms) - 1, reason=code)
        delay = timedelta(seconds=_BACKOFF.delay(seen.last.tries + 1, self.uniform))
        return self._note(seen, outcome, lambda sms, now: sms.postponed(now + delay, now, code))

    def _opted_out(self, claimed: Conversation, key: str) -> str:
        """Learn of a STOP that AWS knows and we do not. It was sent before we claimed the SMS.

        A START sent since then counts. The claim stays as it is: its time runs out, and AWS is asked again. But
        a STOP is confirmed now or never.
        """
        index = len(claimed.sms) - 1

        def rule(found: _Both) -> _Both:
            conversation, standing = found
            if conversation and self.machine.confirms_stop(claimed.last):
                if conversation.sms[index] == claimed.last:
                    return conversation.with_sms(index, claimed.last.ended("withheld", self.now())), standing
                return found
            standing = standing.stopped(claimed.last.at, "carrier", CARRIER)
            if conversation and standing.opted_out:
                conversation = self.machine.stopped(conversation, self.now())
            return conversation, standing

        self._change_both(claimed, key, rule)
        return "withheld"

    def _note(self, seen: Conversation, outcome: str, rule: Callable[[Sms, datetime], Sms]) -> str:
        """Note the outcome of the last SMS, unless somebody has noted one meanwhile."""
        now, index = self.now(), len(seen.sms) - 1

        def apply(current: Conversation) -> Conversation:
            if current.sms[index] != seen.last:
                return current
            if index < len(current.sms) - 1:  # overtaken: it is never sent
                return current.with_sms(index, seen.last.ended("dropped", now))
            return current.with_last(rule(seen.last, now))

        self.table.change(seen.ride_id, apply, now)
        return outcome


def _zones(conversation: Conversation, customer: Customer, ours: str) -> Sequence[ZoneInfo]:
    """Tell where the customer may be: where the ride ended, else where their number is, else where ours is."""
    return known_zones([conversation.time_zone]) or customer.number.zones or PhoneNumber(ours).zones
