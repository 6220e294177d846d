"""The conversation after a ride: a state machine whose stages and prompts are data, the flow. No I/O.

A conversation asks one question per stage. Each SMS is appended to its ledger. Only the last one may still
have to be sent: an earlier one that did not go out is overtaken. Times come in as arguments, never from a
clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, cast

from feedback.domain.callback import Callback
from feedback.domain.correction import Correction
from feedback.domain.flow import Flow, Outcome, Reading
from feedback.domain.language import DEFAULT
from feedback.domain.reading.reply import Meaning, read
from feedback.domain.send_ledger import UNDELIVERABLE, Sms
from feedback.domain.wished_time import wished_time

Ending = Literal["answered", "no-answer", "not-understood", "opted-out", "undeliverable"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation at one moment. `stage` is None once it has ended.

    `since` is when the stage began or, once its question is known to have gone out (`out`), when that became
    known. `muted` means that the customer wants no messages. `asked_at` is when the customer was first known
    to have been asked, `answered_at` when the score came. `call` is the call that the customer wants. `time_zone`
    is that of the place where the ride ended, by its IANA name, if it is known: the name may be news to us.
    `sealed_number` is that of a stranger, stored only while an SMS is on its way.
    `revision` counts the writes, and `tallied` how many of the `scores` the responder's rating has taken in; both
    belong to the table.
    """

    ride_id: str
    responder_id: str
    customer_id: str
    correlation_id: str
    created_at: datetime
    since: datetime
    stage: str | None
    time_zone: str | None = None
    out: bool = False
    ending: Ending | None = None
    ended_at: datetime | None = None
    language: str | None = None
    answers: Mapping[str, Reading] = field(default_factory=dict)
    misunderstood: int = 0
    reminded: bool = False
    muted: bool = False
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    call: Callback | None = None
    sms: Sequence[Sms] = ()
    sealed_number: bytes | None = None
    corrections: Sequence[Correction] = ()
    revision: int = 0
    tallied: int = 0

    @property
    def score(self) -> int | None:
        """The score as the customer has given it, once given. It never changes."""
        score = self.answers.get("score")
        return score if isinstance(score, int) else None

    @property
    def scores(self) -> Sequence[int | None]:
        """The score as given, then as each correction has left it: None means that it is void."""
        if self.score is None:
            return ()
        return (self.score, *(correction.score for correction in self.corrections))

    @property
    def score_in_force(self) -> int | None:
        """The score that counts in the responder's rating. None if there is none, or it is void."""
        return self.scores[-1] if self.scores else None

    @property
    def call_wanted(self) -> bool:
        """Whether the customer wants to be called, or wanted it."""
        return self.call is not None

    @property
    def last(self) -> Sms:
        """The last SMS, the only one that may still have to be sent."""
        return self.sms[-1]

    @property
    def with_stranger(self) -> bool:
        """Whether we never asked whom we talk to: about no ride, with nobody whom the user directory knows."""
        return not self.customer_id

    @property
    def perhaps_asked(self) -> bool:
        """Whether the customer may have had an SMS. Else nothing that they say is about this ride."""
        return self.asked_at is not None or any(sms.handed_over for sms in self.sms)

    @property
    def unsettled(self) -> bool:
        """Whether it is unknown if one of the SMS went out."""
        return any(sms.state == "claimed" for sms in self.sms)

    def with_sms(self, index: int, sms: Sms) -> "Conversation":
        """Replace one SMS of the ledger."""
        return replace(self, sms=(*self.sms[:index], sms, *self.sms[index + 1 :]))

    def with_last(self, sms: Sms) -> "Conversation":
        """Replace the last SMS."""
        return self.with_sms(len(self.sms) - 1, sms)


class SurveyMachine:
    """The transitions of a flow.

    Each takes a conversation and returns the one that follows, which is equal if nothing changes.
    """

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.limits = flow.limits
        self._remind_after = timedelta(seconds=self.limits.remind_after)
        self._expire_after = timedelta(seconds=self.limits.expire_after)
        self._resend_after = timedelta(seconds=self.limits.resend_after)
        self._look_again_after = timedelta(seconds=self.limits.look_again_after)

    def opened(
        self,
        *,
        ride_id: str,
        responder_id: str,
        customer_id: str,
        correlation_id: str,
        now: datetime,
        time_zone: str | None = None,
    ) -> Conversation:
        """Open the conversation about a ride, with its first question to be sent."""
        conversation = Conversation(
            ride_id,
            responder_id,
            customer_id,
            correlation_id,
            created_at=now,
            since=now,
            stage=self.flow.first,
            time_zone=time_zone,
        )
        return self._say(conversation, self.flow.stages[self.flow.first].asks, now)

    def meaning(self, conversation: Conversation, text: str) -> Meaning:
        """Read a reply to the open question, or to none."""
        stage = self.flow.stages.get(conversation.stage or "")
        return read(text, stage.accepts if stage else None, conversation.language or DEFAULT)

    def met(self, *, id_: str, correlation_id: str, now: datetime) -> Conversation:
        """Meet a stranger. Nothing is asked: the conversation only holds the answers to their commands."""
        return Conversation(
            id_,
            responder_id="",
            customer_id="",
            correlation_id=correlation_id,
            created_at=now,
            since=now,
            stage=None,
        )

    def heard(
        self, conversation: Conversation, text: str, now: datetime, *, promptly: bool = True
    ) -> Conversation:
        """Apply a reply that is no command, and react to it, `promptly` if it is a fresh one.

        What no person wrote changes nothing. After an unclear reply the question is asked again, `asks_again`
        times; then the conversation ends.
        """
        if (name := conversation.stage) is None:
            return conversation
        stage = self.flow.stages[name]
        meaning = self.meaning(conversation, text)
        if meaning == "ignore":
            return conversation
        conversation = replace(conversation, asked_at=conversation.asked_at or now)  # the reply proves it
        if outcome := stage.outcome(meaning):
            answers = {**conversation.answers, name: cast("Reading", meaning)}
            wished = wished_time(text, conversation.language or DEFAULT)
            call = Callback(now, wished) if outcome.calls else None
            conversation = replace(conversation, answers=answers, call=call)
            return self._answered(conversation, outcome, now, promptly=promptly)
        if conversation.misunderstood >= self.limits.asks_again:
            ending: Ending = "not-understood" if conversation.score is None else "answered"
            given_up = self._say(conversation, self.flow.gives_up, now, promptly=promptly)
            return self._ended(given_up, ending, now)
        again = self._say(conversation, stage.asks_again, now, promptly=promptly)
        return replace(again, misunderstood=conversation.misunderstood + 1)

    def understands(self, conversation: Conversation, text: str) -> bool:
        """Tell whether the text answers the open question."""
        stage = self.flow.stages.get(conversation.stage or "")
        return stage is not None and stage.outcome(self.meaning(conversation, text)) is not None

    def helped(self, conversation: Conversation, now: datetime, *, promptly: bool = True) -> Conversation:
        """Apply a HELP, in any stage or after the end."""
        stage = self.flow.stages.get(conversation.stage or "")
        help_ = stage.helps if stage else self.flow.helps_after
        return self._say(conversation, help_, now, promptly=promptly)

    def stopped(self, conversation: Conversation, now: datetime) -> Conversation:
        """Apply a STOP: the SMS that was to be sent is withheld, unless it confirms a STOP.

        The question stays open, in case the customer changes their mind.
        """
        conversation = replace(conversation, muted=True)
        last = conversation.sms[-1] if conversation.sms else None
        if last is None or not last.outstanding or self.confirms_stop(last):
            return conversation
        return conversation.with_last(last.ended("withheld", now))

    def confirmed(self, conversation: Conversation, now: datetime, *, promptly: bool = True) -> Conversation:
        """Have a STOP that has been applied confirmed, even if the limit of messages is reached.

        Confirmations have the same limit for themselves: where STOP and START follow each other without end, the
        ledger would outgrow its item, and the next STOP be lost.
        """
        if sum(self.confirms_stop(sms) for sms in conversation.sms) >= self.limits.messages:
            return conversation
        confirmation = self._new(self.flow.confirms_stop, now, promptly=promptly)
        return replace(conversation, sms=(*conversation.sms, confirmation))

    def confirms_stop(self, sms: Sms) -> bool:
        """Tell whether an SMS confirms a STOP: the only one that a number gets which wants none."""
        return sms.prompt == self.flow.confirms_stop

    def resumed(
        self,
        conversation: Conversation,
        now: datetime,
        *,
        promptly: bool = True,
        wait: timedelta = timedelta(),
    ) -> Conversation:
        """Apply a START: the open question is asked once more, after a `wait`, and has all of its time again.

        If none is open, the START is confirmed.
        """
        conversation = replace(conversation, muted=False)
        if conversation.stage is None:
            return self._say(conversation, self.flow.confirms_start, now, promptly=promptly)
        question = self.flow.stages[conversation.stage].asks
        if wait:
            said = self._add(conversation, Sms.planned(question, now + wait, now), now)
        else:
            said = self._say(conversation, question, now, promptly=promptly)
        return said if said is conversation else replace(said, since=now + wait, out=False)

    def received(self, conversation: Conversation, index: int, sms: Sms, now: datetime) -> Conversation:
        """Note news of an SMS. The time of a stage runs from when its question is known to have gone out.

        News after the end changes only the ledger: the end has been announced.
        """
        conversation = conversation.with_sms(index, sms)
        if conversation.stage is None:
            return conversation
        if not conversation.out and sms.said_at >= conversation.since:
            conversation = replace(conversation, out=True, since=now)
        return replace(conversation, asked_at=conversation.asked_at or now)

    def woken(self, conversation: Conversation, now: datetime) -> Conversation:
        """Let time pass: end the conversation, remind the customer, or have an outstanding SMS sent again."""
        expires_at = self.expires_at(conversation)
        if expires_at and now >= expires_at:
            ending = _silent_ending(conversation)
            if not self.confirms_stop(conversation.last):
                conversation = self._overtaken(conversation, now)
            return self._ended(conversation, ending, now)
        last = conversation.last
        look_at = last.next_look(self._resend_after)
        if look_at and now >= look_at:
            if now >= last.said_at + self._expire_after:
                return conversation.with_last(last.ended("dropped", now))
            return conversation.with_last(last.looked_after(now, self._look_again_after))
        reminder_at = self.reminder_at(conversation)
        if conversation.stage and reminder_at and now >= reminder_at:
            reminder = self._say(conversation, self.flow.stages[conversation.stage].reminds, now)
            return replace(reminder, reminded=True)
        return conversation

    def wake_at(self, conversation: Conversation) -> datetime | None:
        """Tell when `woken` will next change something. None if it never will."""
        times = [
            conversation.last.next_look(self._resend_after),
            self.reminder_at(conversation),
            self.expires_at(conversation),
        ]
        return min((time for time in times if time), default=None)

    def reminder_at(self, conversation: Conversation) -> datetime | None:
        """Tell when the customer will be reminded: once, and never if they cannot be reached or want no messages."""
        if conversation.stage is None or conversation.reminded or conversation.muted:
            return None
        if conversation.last.state not in ("sent", "delivered"):
            return None
        return max(conversation.since, conversation.last.said_at) + self._remind_after

    def expires_at(self, conversation: Conversation) -> datetime | None:
        """Tell when the open question will be given up. None after the end."""
        return conversation.since + self._expire_after if conversation.stage else None

    def _answered(
        self, conversation: Conversation, outcome: Outcome, now: datetime, *, promptly: bool
    ) -> Conversation:
        if conversation.score is not None and conversation.answered_at is None:
            conversation = replace(conversation, answered_at=now)
        if outcome.leads_to:
            conversation = replace(
                conversation, stage=outcome.leads_to, since=now, out=False, misunderstood=0
            )
            asks = self.flow.stages[outcome.leads_to].asks
            return self._say(conversation, asks, now, promptly=promptly)
        if outcome.says:
            conversation = self._say(conversation, outcome.says, now, promptly=promptly)
        return self._ended(conversation, "answered", now)

    def _new(self, prompt: str, now: datetime, *, promptly: bool) -> Sms:
        return Sms.new(prompt, now, self._look_again_after, promptly=promptly)

    def _say(
        self, conversation: Conversation, prompt: str, now: datetime, *, promptly: bool = False
    ) -> Conversation:
        return self._add(conversation, self._new(prompt, now, promptly=promptly), now)

    def _add(self, conversation: Conversation, sms: Sms, now: datetime) -> Conversation:
        """Add an SMS to be sent, unless the conversation has reached its message limit.

        Nor is anything added behind the confirmation of a STOP: it would be withheld, but overtake it.
        """
        if sum(not self.confirms_stop(sms) for sms in conversation.sms) >= self.limits.messages:
            return conversation
        if conversation.sms:
            last = conversation.last
            if conversation.muted and last.outstanding and self.confirms_stop(last):
                return conversation
            conversation = self._overtaken(conversation, now)
        return replace(conversation, sms=(*conversation.sms, sms))

    def _overtaken(self, conversation: Conversation, now: datetime) -> Conversation:
        """Drop the last SMS if it waits. A claimed one may be on its way: its outcome is still noted."""
        if conversation.last.state != "waiting":
            return conversation
        return conversation.with_last(conversation.last.ended("dropped", now))

    def _ended(self, conversation: Conversation, ending: Ending, now: datetime) -> Conversation:
        return replace(conversation, stage=None, ending=ending, ended_at=now)


def _silent_ending(conversation: Conversation) -> Ending:
    """Tell why the open question has no answer."""
    if conversation.score is not None:
        return "answered"
    if conversation.muted:
        return "opted-out"
    if conversation.asked_at is None or conversation.last.state in UNDELIVERABLE:
        return "undeliverable"
    return "no-answer"
