"""Handle the replies of customers. Use case of the replies function."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from feedback.adapters.feedback_table import FeedbackTable, Repeated
from feedback.adapters.pseudonyms import Pseudonyms
from feedback.adapters.sns_notifications import InboundSms
from feedback.domain import reading
from feedback.domain.conversation import Conversation, SurveyMachine
from feedback.domain.number import Heard, NumberStanding
from feedback.domain.reading import Command
from wild_rydes_contracts.instants import truncated
from wild_rydes_dynamodb.change import change
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse


@dataclass(frozen=True, slots=True)
class Situation:
    """What a reply is about: the standing of its number, a conversation, and the outcome once it is applied.

    `certain` means that AWS has named the conversation, `belongs` that nothing speaks against it.
    """

    standing: NumberStanding
    conversation: Conversation | None
    certain: bool = False
    belongs: bool = True
    outcome: str = ""

    @property
    def ride_id(self) -> str | None:
        """The ride of the conversation."""
        return self.conversation.ride_id if self.conversation else None


@dataclass(frozen=True, kw_only=True)
class Replies:
    """Finds the conversation that a reply is about, applies the reply, and writes all results at once."""

    consumer: Consumer[InboundSms]
    table: FeedbackTable
    machine: SurveyMachine
    pseudonyms: Pseudonyms
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Handle a batch of replies in the order in which they were sent."""
        batch = self.consumer.receive(event)
        for message in sorted(batch, key=lambda message: message.metadata.occurred_at):
            with batch.attempt(message):
                outcome = self._hear(message.data, truncated(message.metadata.occurred_at))
                self.metrics.add_metric(f"Replies{outcome.title().replace(' ', '')}", MetricUnit.Count, 1)
        return batch.settle()

    def _hear(self, sms: InboundSms, sent_at: datetime) -> str:
        key = self.pseudonyms.pseudonym_of(sms.sender)
        digest = self.pseudonyms.digest_of(sms.sender, sms.text)
        command = reading.command(sms.text)

        def read() -> Situation:
            return self._situation(sms, self.table.standing(key))

        def apply(before: Situation) -> Situation:
            heard = Heard(digest, before.ride_id, sent_at)
            # A STOP is never taken for a repetition: there may have been a START between.
            if command is not Command.STOP and before.standing.repeats(heard, certain=before.certain):
                after = replace(before, outcome="repeated")
                if not before.certain:  # nothing was done about the ride that it seems to be about
                    heard = replace(heard, ride_id=None)
            else:
                after = self._applied(before, command, sms.text, sent_at)
            return replace(after, standing=after.standing.noted(heard))

        def write(before: Situation, after: Situation) -> Situation:
            conversation = after.conversation if after.conversation != before.conversation else None
            try:
                self.table.write(
                    conversation, after.standing, inbound_id=sms.inbound_id, now=self.now(), reread=read
                )
            except Repeated:
                return replace(before, outcome="repeated")
            return after

        after = change(read, apply, write).after
        self.logger.info("reply", outcome=after.outcome, ride_id=after.ride_id, certain=after.certain)
        return after.outcome

    def _situation(self, sms: InboundSms, standing: NumberStanding) -> Situation:
        """Find the conversation that AWS names, if it was held with this number and is open, else the newest.

        Only open conversations count as the newest. A reply to a closed one may be meant for an open one: it
        belongs there if it answers the open question. An unknown id is probably that of an SMS whose sender
        died before it could note the id, so a conversation with such an SMS comes first.
        """
        ride_id = self.table.ride_of(sms.answers_id) if sms.answers_id else None
        named = None
        if ride_id is not None and any(held.ride_id == ride_id for held in standing.conversations):
            named = self.table.conversation(ride_id)
        if named and named.stage:
            return Situation(standing, named, certain=True)
        held = map(self.table.conversation, standing.held_from(sms.ours))
        candidates: Iterator[Conversation] = (c for c in held if c and c.stage)
        if sms.answers_id and ride_id is None:
            candidates = iter(sorted(candidates, key=lambda c: not c.unsettled))  # stable: the newest first
        if meant := next(candidates, None):
            return Situation(standing, meant, belongs=named is None)
        return Situation(standing, named, certain=named is not None)

    def _applied(self, before: Situation, command: Command | None, text: str, sent_at: datetime) -> Situation:
        """Apply a reply that is no repetition."""
        standing, conversation, now = before.standing, before.conversation, self.now()
        match command:
            case Command.STOP:
                standing = standing.stopped(sent_at)
                if conversation and standing.opted_out:
                    conversation = self.machine.stopped(conversation, now)
                return replace(before, standing=standing, conversation=conversation, outcome="stopped")
            case Command.START:
                standing = standing.started(sent_at)
                if conversation and before.standing.opted_out and not standing.opted_out:
                    conversation = self.machine.resumed(conversation, now)
                return replace(before, standing=standing, conversation=conversation, outcome="started")
            case Command.HELP:
                conversation = conversation and self.machine.helped(conversation, now)
                return replace(before, conversation=conversation, outcome="helped")
        if conversation is None or conversation.stage is None:
            return replace(before, outcome="ignored")
        if not before.belongs and not self.machine.understands(conversation, text):
            return replace(before, outcome="ignored")
        after = self.machine.heard(conversation, text, now)
        outcome = "unclear" if after.answers == conversation.answers else "understood"
        return replace(before, conversation=after, outcome=outcome)
