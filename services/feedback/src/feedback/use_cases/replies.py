"""Handle what customers reply. Use case of the replies function."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from feedback.adapters.clock import milliseconds
from feedback.adapters.feedback_table import Repeated, Stale, Store
from feedback.adapters.pseudonyms import Pseudonyms
from feedback.adapters.sns_notifications import InboundSms
from feedback.domain import reading
from feedback.domain.conversation import Conversation, Machine
from feedback.domain.number import Heard, Number
from feedback.domain.reading import Command
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse

_TRIES = 10


@dataclass(frozen=True, slots=True)
class Addressed:
    """The conversation that a reply speaks to. `certain`: AWS said so. `belongs`: nothing speaks against it."""

    conversation: Conversation | None
    certain: bool = False
    belongs: bool = True


class Hearing:
    """Finds the conversation of a reply, applies it, and writes all that follows at once."""

    def __init__(
        self,
        consumer: Consumer[InboundSms],
        store: Store,
        machine: Machine,
        pseudonyms: Pseudonyms,
        *,
        logger: Logger,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._consumer = consumer
        self._store = store
        self._machine = machine
        self._pseudonyms = pseudonyms
        self._logger = logger
        self._metrics = metrics
        self._now = now

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Handle a batch of replies, the one sent first first."""
        batch = self._consumer.receive(event)
        for message in sorted(batch, key=lambda message: message.metadata.occurred_at):
            with batch.attempt(message):
                outcome = self._hear(message.data, milliseconds(message.metadata.occurred_at))
                self._metrics.add_metric(f"Replies{outcome.title().replace(' ', '')}", MetricUnit.Count, 1)
        return batch.settle()

    def _hear(self, sms: InboundSms, sent_at: datetime) -> str:
        key = self._pseudonyms.of(sms.sender)
        digest = self._pseudonyms.of_text(sms.sender, sms.text)
        for _ in range(_TRIES):
            number = self._store.number(key)
            addressed = self._addressed(sms, number)
            conversation = addressed.conversation
            ride_id = conversation.ride_id if conversation else None
            heard = Heard(digest, ride_id, sent_at)
            # A STOP is never taken for a repetition: there may have been a START between.
            command = reading.command(sms.text)
            if command is not Command.STOP and number.repeats(heard, certain=addressed.certain):
                outcome, after, standing = "repeated", conversation, number
            else:
                outcome, after, standing = self._apply(command, sms.text, addressed, number, sent_at)
            try:
                self._store.write(
                    after if after != conversation else None,
                    standing.noted(heard),
                    inbound_id=sms.inbound_id,
                    now=self._now(),
                )
            except Stale:
                continue
            except Repeated:
                outcome = "repeated"
            self._logger.info("reply", outcome=outcome, ride_id=ride_id, certain=addressed.certain)
            return outcome
        raise Stale(f"{_TRIES} others were faster")

    def _addressed(self, sms: InboundSms, number: Number) -> Addressed:
        """The conversation that AWS names, if it was held with this number and is open; else the newest open one.

        An answer to a closed conversation may be meant for the open one, but need not: it does not belong there if it
        makes no sense there. An id that we do not know is likely that of an SMS whose sender died before it could note
        it, and so the conversation with such an SMS goes first.
        """
        ride_id = self._store.ride_of(sms.answers_id) if sms.answers_id else None
        named = None
        if ride_id is not None and any(held.ride_id == ride_id for held in number.conversations):
            named = self._store.conversation(ride_id)
        if named and named.stage:
            return Addressed(named, certain=True)
        held = map(self._store.conversation, number.held_from(sms.ours))
        candidates: Iterator[Conversation] = (c for c in held if c and c.stage)
        if sms.answers_id and ride_id is None:
            candidates = iter(sorted(candidates, key=lambda c: not c.unsettled))  # stable: the newest first
        if meant := next(candidates, None):
            return Addressed(meant, belongs=named is None)
        return Addressed(named, certain=named is not None)

    def _apply(
        self, command: Command | None, text: str, addressed: Addressed, number: Number, sent_at: datetime
    ) -> tuple[str, Conversation | None, Number]:
        """What a reply does: its outcome, the conversation and the number after it."""
        conversation, now = addressed.conversation, self._now()
        match command:
            case Command.STOP:
                standing = number.stopped(sent_at)
                if conversation and standing.opted_out:
                    conversation = self._machine.stopped(conversation, now)
                return "stopped", conversation, standing
            case Command.START:
                standing = number.started(sent_at)
                if conversation and number.opted_out and not standing.opted_out:
                    conversation = self._machine.resumed(conversation, now)
                return "started", conversation, standing
            case Command.HELP:
                return "helped", conversation and self._machine.helped(conversation, now), number
        if conversation is None or conversation.stage is None:
            return "ignored", conversation, number
        if not addressed.belongs and not self._machine.understands(conversation, text):
            return "ignored", conversation, number
        return "heard", self._machine.heard(conversation, text, now), number
