"""The rating of a responder: the count and the sum of the scores in force. No I/O.

It takes in the scores of a conversation one by one: first the score as given, then what each correction has put
in its place. So each of them is announced once, with the rating that it led to.
"""

from dataclasses import dataclass
from datetime import datetime

from feedback.domain.conversation import Conversation


@dataclass(frozen=True, slots=True)
class RatingStep:
    """The step of a rating that takes in the next score of a conversation, in the place of the last one."""

    number: int
    """1 for the score as given, 2 for its first correction."""
    score: int | None
    instead_of: int | None
    at: datetime
    """When the score was given or corrected."""

    @property
    def count(self) -> int:
        """How many scores the rating gains: 1, 0 or -1."""
        return (self.score is not None) - (self.instead_of is not None)

    @property
    def total(self) -> int:
        """What the sum of the scores gains."""
        return (self.score or 0) - (self.instead_of or 0)


def next_step(conversation: Conversation) -> RatingStep | None:
    """Tell what the rating has to take in next. None if it has taken in everything, or there is no score."""
    scores, number = conversation.scores, conversation.tallied + 1
    if number > len(scores) or conversation.answered_at is None:
        return None
    return RatingStep(
        number,
        score=scores[number - 1],
        instead_of=scores[number - 2] if number > 1 else None,
        at=conversation.corrections[number - 2].at if number > 1 else conversation.answered_at,
    )


@dataclass(frozen=True, slots=True)
class RatedScore:
    """The score that a responder's rating has last taken in, and the rating that it led to.

    `number`, `score` and `at` are those of the step. `revision` counts the steps of the rating.
    """

    ride_id: str
    responder_id: str
    customer_id: str
    correlation_id: str
    number: int
    score: int | None
    at: datetime
    count: int
    total: int
    revision: int
