"""Corrections of a score by the support team. No I/O.

What the customer has said stays as it is, and so does what followed from it: a call that was offered or promised.
A correction says what counts instead in the responder's rating.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from feedback.domain.conversation import Conversation

CorrectionReason = Literal[
    "misread",  # we took the SMS for another score
    "mistaken",  # the customer meant another score, for instance 10 for the best
    "wrong-ride",  # the customer meant another ride
    "wrong-person",  # somebody else has answered
    "disputed",  # the responder has objected, with good reason
]

MOST = 20
"""How often the score of one ride is corrected. The history is part of the conversation's item."""


class NoScore(Exception):
    """The customer has given no score."""


class TooManyCorrections(Exception):
    """The score was corrected `MOST` times."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What an agent of the support team has put in the place of a score. None: no score counts, it is void.

    `agent` is the agent's id in the user directory.
    """

    score: int | None
    reason: CorrectionReason
    agent: str
    at: datetime


def corrected(conversation: "Conversation", correction: Correction) -> "Conversation":
    """Apply a correction. One to the score that is in force already changes nothing.

    Raises NoScore or TooManyCorrections.
    """
    if conversation.score is None:
        raise NoScore
    if correction.score == conversation.score_in_force:
        return conversation
    if len(conversation.corrections) >= MOST:
        raise TooManyCorrections
    return replace(conversation, corrections=(*conversation.corrections, correction))
