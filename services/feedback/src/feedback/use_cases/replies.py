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
from feedback.domain.commands import Commands, Situation
from feedback.domain.conversation import Conversation, SurveyMachine
from feedback.domain.number import Heard, NumberStanding
from feedback.domain.reading.commands import Command
from feedback.domain.reading.reply import command_in, is_command
from feedback.domain.send_ledger import FRESH_FOR
from wild_rydes_contracts import Metadata
from wild_rydes_contracts.instants import truncated
from wild_rydes_dynamodb.change import change
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse


@dataclass(frozen=True, kw_only=True)
class Replies:
    """Finds the conversation that a reply is about, applies the reply, and writes all results at once."""

    consumer: Consumer[InboundSms]
    table: FeedbackTable
    machine: SurveyMachine
    pseudonyms: Pseudonyms
    seal: Callable[[str, str], bytes]
    """Seals a number for a conversation, by its id."""
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Handle a batch of replies in the order in which they were sent."""
        batch = self.consumer.receive(event)
        for message in sorted(batch, key=lambda message: message.metadata.occurred_at):
            with batch.attempt(message):
                outcome = self._hear(message.data, message.metadata)
                self.metrics.add_metric(f"Replies{outcome.title().replace(' ', '')}", MetricUnit.Count, 1)
        return batch.settle()

    def _hear(self, sms: InboundSms, metadata: Metadata) -> str:
        sent_at = truncated(metadata.occurred_at)
        key = self.pseudonyms.pseudonym_of(sms.sender)
        digest = self.pseudonyms.digest_of(sms.sender, sms.text)
        suspected = command_in(sms.text)

        def read() -> Situation:
            found = self._situation(sms, suspected, self.table.standing(key))
            if suspected is None or found.conversation:
                return found
            return replace(found, conversation=self._met(metadata))

        def apply(before: Situation) -> Situation:
            about = before.conversation
            command = self._command(about, sms.text) if about else suspected
            answers_id = None if command else sms.answers_id  # a command answers no SMS in particular
            heard = Heard(digest, before.ride_id, sent_at, about.stage if about else None, answers_id)
            answers = about is not None and (command is not None or self.machine.understands(about, sms.text))
            repeated = before.standing.repeats(heard, certain=before.certain, answers=answers)
            after = self._applied(before, command, sms.text, sent_at, repeated=repeated)
            if repeated and not before.certain:  # nothing was done about the ride that it seems to be about
                heard = replace(heard, ride_id=None)
            return replace(after, standing=after.standing.noted(heard))

        def write(before: Situation, after: Situation) -> Situation:
            talks = zip(
                (before.conversation, *before.others), (after.conversation, *after.others), strict=True
            )
            changed = [self._sealed(new, sms) for old, new in talks if new and new != old and new.sms]
            standing = after.standing
            for conversation in changed:  # those with customers are listed already
                standing = standing.asked(conversation.ride_id, sms.ours)
            try:
                self.table.write(
                    *changed, standing=standing, inbound_id=sms.inbound_id, now=self.now(), reread=read
                )
            except Repeated:
                return replace(before, outcome="repeated")
            return after

        after = change(read, apply, write).after
        self.logger.info("reply", outcome=after.outcome, ride_id=after.ride_id, certain=after.certain)
        return after.outcome

    def _command(self, conversation: Conversation, text: str) -> Command | None:
        """Tell what a reply asks for, in the conversation's language and at its question."""
        meaning = self.machine.meaning(conversation, text)
        return meaning if is_command(meaning) else None

    def _met(self, metadata: Metadata) -> Conversation:
        """Meet somebody whom no conversation is known with: carriers test that they are answered, too."""
        id_ = f"answer-{metadata.event_id}"
        return self.machine.met(id_=id_, correlation_id=metadata.correlation_id, now=self.now())

    def _sealed(self, conversation: Conversation, sms: InboundSms) -> Conversation:
        """Add the number of a stranger, which no directory has."""
        if not conversation.with_stranger:
            return conversation
        return replace(conversation, sealed_number=self.seal(sms.sender, conversation.ride_id))

    def _situation(self, sms: InboundSms, command: Command | None, standing: NumberStanding) -> Situation:
        """Find the conversation that AWS names if it was held with this number, ended or not, else a likely one.

        An answer is likely to be about the newest that is open and whose customer may have been asked. An
        unknown id is probably that of an SMS whose sender died before it could note the id, so a conversation
        with such an SMS comes first. A command is answered in any conversation, best in an open one.
        """
        ride_id = self.table.ride_of(sms.answers_id) if sms.answers_id else None
        named = None
        if any(held.ride_id == ride_id for held in standing.conversations):
            named = self.table.conversation(ride_id or "")
        if command == "start":
            return self._to_be_resumed(sms, standing, named)
        if named:
            return Situation(standing, named, certain=True)
        held = (c for c in map(self.table.conversation, standing.held_from(sms.ours)) if c)
        if command:
            return Situation(standing, next(iter(sorted(held, key=lambda c: c.stage is None)), None))
        candidates: Iterator[Conversation] = (c for c in held if c.stage and c.perhaps_asked)
        if sms.answers_id and ride_id is None:
            candidates = iter(sorted(candidates, key=lambda c: not c.unsettled))  # stable: the newest first
        return Situation(standing, next(candidates, None))

    def _to_be_resumed(
        self, sms: InboundSms, standing: NumberStanding, named: Conversation | None
    ) -> Situation:
        """Find what a START resumes: the open conversation that it names, else the newest, and all others.

        A START in answer to the confirmation of a STOP names none: that stands where the STOP was said.
        """
        held = [c for c in (self.table.conversation(h.ride_id) for h in standing.conversations) if c]
        open_ = [c for c in held if c.stage]
        if named and named.stage and not self._confirmed_by(named, sms.answers_id):
            others = tuple(c for c in open_ if c.ride_id != named.ride_id)
            return Situation(standing, named, others, certain=True)
        return Situation(standing, next(iter(open_ or held), None), tuple(open_[1:]))

    def _confirmed_by(self, conversation: Conversation, message_id: str | None) -> bool:
        return any(
            self.machine.confirms_stop(sms) for sms in conversation.sms if sms.message_id == message_id
        )

    def _applied(
        self, before: Situation, command: Command | None, text: str, sent_at: datetime, *, repeated: bool
    ) -> Situation:
        """Apply a reply. A STOP or a START is never taken for a repetition: the other may have come between."""
        now, commands = self.now(), Commands(self.machine)
        promptly = now - sent_at < FRESH_FOR
        match command:
            case "stop":
                return commands.stop(before, sent_at, now, promptly=promptly)
            case "start":
                return commands.start(before, sent_at, now, promptly=promptly, repeated=repeated)
        if repeated:
            return replace(before, outcome="repeated")
        if command == "help":
            return commands.help(before, now, promptly=promptly)
        if before.conversation is None or before.conversation.stage is None:
            return replace(before, outcome="ignored")
        conversation = self.machine.heard(before.conversation, text, now, promptly=promptly)
        outcome = "unclear" if conversation.answers == before.conversation.answers else "understood"
        if conversation == before.conversation:
            outcome = "ignored"
        return replace(before, conversation=conversation, outcome=outcome)
