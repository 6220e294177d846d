"""What STOP, START and HELP do to a number and to its conversations. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from feedback.domain.conversation import Conversation, SurveyMachine
from feedback.domain.number import NumberStanding


@dataclass(frozen=True, slots=True)
class Situation:
    """What a message is about: the standing of its number, a conversation, and the outcome once it is applied.

    `certain` means that AWS has named the conversation. `others` are the number's other open conversations, the
    newest first; only a START needs them.
    """

    standing: NumberStanding
    conversation: Conversation | None
    others: Sequence[Conversation] = ()
    certain: bool = False
    outcome: str = ""

    @property
    def ride_id(self) -> str | None:
        """The ride of the conversation."""
        return self.conversation.ride_id if self.conversation else None


@dataclass(frozen=True, slots=True)
class Commands:
    """Applies commands to situations.

    Each was sent at `sent_at`, and is answered `promptly` if that is not long ago. They may arrive in any order:
    the last to be sent counts.
    """

    machine: SurveyMachine

    def stop(self, before: Situation, sent_at: datetime, now: datetime, *, promptly: bool) -> Situation:
        """Apply a STOP. It is confirmed if an opt-out begins with it: once, however often it is said."""
        standing, conversation = before.standing.stopped(sent_at), before.conversation
        if conversation and standing.opted_out:
            conversation = self.machine.stopped(conversation, now)
            if not before.standing.opted_out:
                conversation = self.machine.confirmed(conversation, now, promptly=promptly)
        return replace(before, standing=standing, conversation=conversation, outcome="stopped")

    def start(
        self, before: Situation, sent_at: datetime, now: datetime, *, promptly: bool, repeated: bool
    ) -> Situation:
        """Apply a START: the conversation asks its question again, and so do the others that a STOP has muted.

        They do so one a day, each after the one before. A repeated START that changes nothing says nothing.
        """
        standing = before.standing.started(sent_at)
        after = replace(before, standing=standing, outcome="started")
        if standing == before.standing:  # a later command counts
            return after
        if repeated and not before.standing.opted_out:
            return replace(after, outcome="repeated")
        conversation = before.conversation
        return replace(
            after,
            conversation=conversation and self.machine.resumed(conversation, now, promptly=promptly),
            others=self._resumed_later(before.others, now),
        )

    def help(self, before: Situation, now: datetime, *, promptly: bool) -> Situation:
        """Apply a HELP. Beyond the conversation's limit of messages it has no answer."""
        conversation = before.conversation and self.machine.helped(
            before.conversation, now, promptly=promptly
        )
        answered = conversation != before.conversation
        return replace(before, conversation=conversation, outcome="helped" if answered else "help unanswered")

    def _resumed_later(self, others: Sequence[Conversation], now: datetime) -> Sequence[Conversation]:
        wait, pause = timedelta(), timedelta(seconds=self.machine.limits.remind_after)
        resumed = []
        for conversation in others:
            if conversation.muted:
                wait += pause
                resumed.append(self.machine.resumed(conversation, now, wait=wait))
            else:
                resumed.append(conversation)
        return tuple(resumed)
