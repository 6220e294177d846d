"""The call that a customer wants from the support team. No I/O.

At any time one agent has it, or nobody: an agent claims the call, makes it, and closes it with its outcome. A
claim lapses, so that an agent who has gone home blocks nobody.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from feedback.domain.wished_time import WishedTime

CallOutcome = Literal[
    "reached",  # agent and customer have talked
    "not-reached",  # nobody answers, and nobody will try again
    "wrong-number",  # somebody else answers
    "not-wanted",  # the customer no longer wants to talk
]


OVERDUE_AFTER = timedelta(days=2)
"""After this time somebody is told that nobody calls. A customer may have wished to be called on the next evening."""


class ClaimedByAnother(Exception):
    """Another agent has the call, until `until` at least."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(f"another agent has the call until {until.isoformat()}")


class NotClaimed(Exception):
    """The agent has not claimed the call, or the claim has lapsed."""


class AlreadyClosed(Exception):
    """The call is closed, which is final."""


@dataclass(frozen=True, slots=True)
class Callback:
    """A call at one moment. Each rule takes the agent who acts, and returns the call that follows.

    `wished` is when the customer wants it, as seen from `requested_at`. An agent has it until `claimed_until`.
    It is closed once there is a `closed_at`. Calls that were closed before there were claims have no `outcome`.
    """

    requested_at: datetime
    wished: WishedTime | None = None
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    outcome: CallOutcome | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None

    def holder(self, now: datetime) -> str | None:
        """Tell which agent has the call."""
        return self.claimed_by if self.claimed_until and now < self.claimed_until else None

    def overdue(self, now: datetime) -> bool:
        """Tell whether the customer has waited too long."""
        return self.closed_at is None and now >= self.requested_at + OVERDUE_AFTER

    def claimed(self, agent: str, now: datetime, lapses_after: timedelta) -> "Callback":
        """Give the call to an agent. Whoever has it already has it longer.

        Raises ClaimedByAnother or AlreadyClosed.
        """
        if self.closed_at:
            raise AlreadyClosed
        self._refuse_others(agent, now)
        return replace(self, claimed_by=agent, claimed_until=now + lapses_after)

    def released(self, agent: str, now: datetime) -> "Callback":
        """Let the call be claimed by any agent, now or later: the customer was not reached, say.

        Equal if there is nothing to release. Raises ClaimedByAnother.
        """
        self._refuse_others(agent, now)
        return replace(self, claimed_by=None, claimed_until=None)

    def closed(self, agent: str, outcome: CallOutcome, now: datetime) -> "Callback":
        """Close the call for good. Equal if the agent has closed it so before.

        Raises ClaimedByAnother, NotClaimed or AlreadyClosed.
        """
        if self.closed_at:
            if (agent, outcome) != (self.closed_by, self.outcome):
                raise AlreadyClosed
            return self
        self._refuse_others(agent, now)
        if self.holder(now) is None:
            raise NotClaimed
        return replace(
            self, claimed_by=None, claimed_until=None, outcome=outcome, closed_at=now, closed_by=agent
        )

    def _refuse_others(self, agent: str, now: datetime) -> None:
        if self.claimed_until and self.holder(now) not in (None, agent):
            raise ClaimedByAnother(self.claimed_until)
