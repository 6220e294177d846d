"""The conversation after a ride: a state machine whose stages, prompts and answers are data (`flow.json`). No I/O.

A conversation asks a question per stage. Each SMS it wants to say is appended to its ledger, where the last one alone may
still be on its way: what was said before and did not go out is overtaken. Times are given, never read from a clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict

from feedback.domain import reading
from feedback.domain.language import DEFAULT
from feedback.domain.send_ledger import UNDELIVERABLE, Sms

Reading = int | Literal["yes", "no"]
Ending = Literal["answered", "no-answer", "not-understood", "opted-out", "undeliverable"]


class _Data(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
    )


class Outcome(_Data):
    """What an answer leads to: another stage, or the end with a last word."""

    answers: tuple[Reading, ...]
    leads_to: str | None = None
    says: str | None = None


class Stage(_Data):
    """A question: its prompts, what it accepts and what follows."""

    asks: str
    asks_again: str
    reminds: str
    helps: str
    accepts: Literal["score", "yes-no"]
    outcomes: tuple[Outcome, ...]

    def read(self, text: str, language: str) -> Reading | None:
        """The answer in a text, None when it is not clear."""
        return reading.score(text, language) if self.accepts == "score" else reading.yes_or_no(text, language)

    def outcome(self, answer: Reading) -> Outcome:
        """What follows an answer that this stage accepts."""
        return next(outcome for outcome in self.outcomes if answer in outcome.answers)


class Limits(_Data):
    """How often a question is asked again, how many SMS a conversation has at most, and times in seconds.

    Until the reminder, and until the end; for which a claim without an outcome is left alone: far longer than a sender can
    live (60 s), and than AWS usually takes to report the first delivery event (seconds; it promises nothing); after which
    the timers look whether the stream has brought a waiting SMS to a sender.
    """

    asks_again: int
    messages: int
    remind_after: int
    expire_after: int
    resend_after: int
    look_again_after: int


class Flow(_Data):
    """The whole state machine."""

    first: str
    stages: dict[str, Stage]
    gives_up: str
    helps_after: str
    limits: Limits

    def with_limits(self, changes: Mapping[str, int]) -> "Flow":
        """Replace some limits, by their names in `flow.json`: a local cloud is in a hurry.

        Raises ValidationError for a name that is not there.
        """
        limits = Limits.model_validate(self.limits.model_dump(by_alias=True) | dict(changes))
        return self.model_copy(update={"limits": limits})


@cache
def flow() -> Flow:
    """The flow of `flow.json`."""
    return Flow.model_validate_json(files(__package__).joinpath("flow.json").read_bytes())


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation at one moment. `stage` is None once it has ended.

    `since` is when the stage began; once its question is known to have gone out (`out`), it is that time. `muted` tells
    that the customer wants no messages. `asked_at` is when the customer is first known to have been asked, `answered_at`
    when the score came, `called_at` when support has called back. `revision` counts the writes, `tallied` tells that the
    score was added to the responder's; both belong to the store.
    """

    ride_id: str
    responder_id: str
    customer_id: str
    correlation_id: str
    created_at: datetime
    since: datetime
    stage: str | None
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
    called_at: datetime | None = None
    sms: Sequence[Sms] = ()
    revision: int = 0
    tallied: bool = False

    @property
    def score(self) -> int | None:
        """The score, once given. It never changes."""
        score = self.answers.get("score")
        return score if isinstance(score, int) else None

    @property
    def call_wanted(self) -> bool:
        """Whether the customer wants to be called."""
        return self.answers.get("call") == "yes"

    @property
    def last(self) -> Sms:
        """The last SMS said, the only one that may still have to be sent."""
        return self.sms[-1]

    @property
    def unsettled(self) -> bool:
        """Whether there is an SMS of which it is not known whether it went out."""
        return any(sms.state == "claimed" for sms in self.sms)

    def with_sms(self, index: int, sms: Sms) -> "Conversation":
        """With one SMS of the ledger replaced."""
        return replace(self, sms=(*self.sms[:index], sms, *self.sms[index + 1 :]))

    def with_last(self, sms: Sms) -> "Conversation":
        """With the last SMS replaced."""
        return self.with_sms(len(self.sms) - 1, sms)


class SurveyMachine:
    """The transitions of a flow. Each takes a conversation and returns the one that follows; the same if nothing does."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.limits = flow.limits
        self._remind_after = timedelta(seconds=self.limits.remind_after)
        self._expire_after = timedelta(seconds=self.limits.expire_after)
        self._resend_after = timedelta(seconds=self.limits.resend_after)
        self._look_again_after = timedelta(seconds=self.limits.look_again_after)

    def opened(
        self, *, ride_id: str, responder_id: str, customer_id: str, correlation_id: str, now: datetime
    ) -> Conversation:
        """The conversation of a ride, with its first question to be sent."""
        conversation = Conversation(
            ride_id,
            responder_id,
            customer_id,
            correlation_id,
            created_at=now,
            since=now,
            stage=self.flow.first,
        )
        return self._say(conversation, self.flow.stages[self.flow.first].asks, now)

    def heard(self, conversation: Conversation, text: str, now: datetime) -> Conversation:
        """After a reply that is no command. An unclear one is asked again, and after the last time let go."""
        if (name := conversation.stage) is None:
            return conversation
        stage = self.flow.stages[name]
        conversation = replace(conversation, asked_at=conversation.asked_at or now)  # the reply proves it
        answer = stage.read(text, conversation.language or DEFAULT)
        if answer is not None:
            answers: dict[str, Reading] = {**conversation.answers, name: answer}
            return self._answered(replace(conversation, answers=answers), stage.outcome(answer), now)
        if conversation.misunderstood >= self.limits.asks_again:
            ending: Ending = "not-understood" if conversation.score is None else "answered"
            return self._ended(self._say(conversation, self.flow.gives_up, now), ending, now)
        again = self._say(conversation, stage.asks_again, now)
        return replace(again, misunderstood=conversation.misunderstood + 1)

    def understands(self, conversation: Conversation, text: str) -> bool:
        """Whether the text answers the open question."""
        stage = self.flow.stages.get(conversation.stage or "")
        return stage is not None and stage.read(text, conversation.language or DEFAULT) is not None

    def helped(self, conversation: Conversation, now: datetime) -> Conversation:
        """After HELP, in any stage and after the end."""
        stage = self.flow.stages.get(conversation.stage or "")
        return self._say(conversation, stage.helps if stage else self.flow.helps_after, now)

    def stopped(self, conversation: Conversation, now: datetime) -> Conversation:
        """After STOP: what was to be sent is not. The question stays open, should the customer think again."""
        conversation = replace(conversation, muted=True)
        if not conversation.last.outstanding:
            return conversation
        return conversation.with_last(conversation.last.ended("withheld", now))

    def resumed(self, conversation: Conversation, now: datetime) -> Conversation:
        """After START: the open question is asked once more."""
        conversation = replace(conversation, muted=False)
        if conversation.stage is None:
            return conversation
        return self._say(conversation, self.flow.stages[conversation.stage].asks, now)

    def received(self, conversation: Conversation, index: int, sms: Sms, now: datetime) -> Conversation:
        """With the news that the SMS service has taken an SMS. The stage's time runs from its first.

        News that come after the end change the ledger alone: the end has been told.
        """
        before = conversation.sms[index]
        conversation = conversation.with_sms(index, sms)
        if before.out or not sms.out or conversation.stage is None:
            return conversation
        if not conversation.out and before.said_at >= conversation.since:
            conversation = replace(conversation, out=True, since=now)
        return replace(conversation, asked_at=conversation.asked_at or now)

    def woken(self, conversation: Conversation, now: datetime) -> Conversation:
        """With what time has brought: the end, the reminder, or a look after the SMS on its way."""
        if conversation.stage and now >= conversation.since + self._expire_after:
            return self._ended(self._overtaken(conversation, now), _silent_ending(conversation), now)
        last = conversation.last
        look_at = last.next_look(self._resend_after)
        if look_at and now >= look_at:
            if now >= last.said_at + self._expire_after:
                return conversation.with_last(last.ended("dropped", now))
            return conversation.with_last(last.looked_after(now, self._look_again_after))
        remind_at = self._remind_at(conversation)
        if conversation.stage and remind_at and now >= remind_at:
            reminder = self._say(conversation, self.flow.stages[conversation.stage].reminds, now)
            return replace(reminder, reminded=True)
        return conversation

    def wake_at(self, conversation: Conversation) -> datetime | None:
        """When `woken` has something to do next; None when the conversation is over and done with."""
        times = [conversation.last.next_look(self._resend_after), self._remind_at(conversation)]
        if conversation.stage:
            times.append(conversation.since + self._expire_after)
        return min((time for time in times if time), default=None)

    def _answered(self, conversation: Conversation, outcome: Outcome, now: datetime) -> Conversation:
        if conversation.score is not None and conversation.answered_at is None:
            conversation = replace(conversation, answered_at=now)
        if outcome.leads_to:
            conversation = replace(
                conversation, stage=outcome.leads_to, since=now, out=False, misunderstood=0
            )
            return self._say(conversation, self.flow.stages[outcome.leads_to].asks, now)
        if outcome.says:
            conversation = self._say(conversation, outcome.says, now)
        return self._ended(conversation, "answered", now)

    def _say(self, conversation: Conversation, prompt: str, now: datetime) -> Conversation:
        """With an SMS to be sent, unless the conversation has had its fill."""
        if len(conversation.sms) >= self.limits.messages:
            return conversation
        if conversation.sms:
            conversation = self._overtaken(conversation, now)
        return replace(conversation, sms=(*conversation.sms, Sms.new(prompt, now, self._look_again_after)))

    def _overtaken(self, conversation: Conversation, now: datetime) -> Conversation:
        """A claimed one may be on its way: its outcome is still noted, but it is never sent again."""
        if conversation.last.state != "waiting":
            return conversation
        return conversation.with_last(conversation.last.ended("dropped", now))

    def _ended(self, conversation: Conversation, ending: Ending, now: datetime) -> Conversation:
        return replace(conversation, stage=None, ending=ending, ended_at=now)

    def _remind_at(self, conversation: Conversation) -> datetime | None:
        """A day after the last SMS went out, once, and never to one who cannot be reached or wants no messages."""
        if conversation.stage is None or conversation.reminded or conversation.muted:
            return None
        if conversation.last.state not in ("sent", "delivered"):
            return None
        return max(conversation.since, conversation.last.said_at) + self._remind_after


def _silent_ending(conversation: Conversation) -> Ending:
    """Why there is no answer to the open question."""
    if conversation.score is not None:
        return "answered"
    if conversation.muted:
        return "opted-out"
    if conversation.asked_at is None or conversation.last.state in UNDELIVERABLE:
        return "undeliverable"
    return "no-answer"
