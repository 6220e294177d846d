"""The figures of SMS conversations: what the feedback service counts, and the rates that are made of it.

The names are those of its metrics. Dashboard and alarms (`infra.stacks.feedback_figures`) and `rydes feedback` show
the same rates; services/feedback/README.md says what they mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SCORES: Final = tuple(f"Score{score}" for score in range(1, 11))
ENDINGS: Final = (
    "EndedAnswered",
    "EndedNoAnswer",
    "EndedNotUnderstood",
    "EndedOptedOut",
    "EndedUndeliverable",
)
CALLS: Final = ("CallReached", "CallNotReached", "CallWrongNumber", "CallNotWanted")
"""The outcomes of callbacks."""

FEW: Final = 20
"""A rate of fewer cases is shown as they are, without a percentage, and wakes nobody."""


@dataclass(frozen=True)
class Rate:
    """A share: `counted`, less `less`, of all that is `out_of`."""

    counted: tuple[str, ...]
    out_of: tuple[str, ...]
    less: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The names of all that is counted for it."""
        return frozenset((*self.counted, *self.out_of, *self.less))

    def part(self, figures: Mapping[str, int]) -> int:
        """Count the cases, for instance the SMS that were delivered."""
        return _sum(figures, self.counted) - _sum(figures, self.less)

    def whole(self, figures: Mapping[str, int]) -> int:
        """Count what they are a share of, for instance all SMS that were sent."""
        return _sum(figures, self.out_of)

    def of(self, figures: Mapping[str, int]) -> float | None:
        """Divide. None if there is nothing to be a share of."""
        whole = self.whole(figures)
        return self.part(figures) / whole if whole else None


DELIVERED: Final = Rate(("SmsSent",), ("SmsSent",), less=("SmsUndelivered",))
ANSWERED: Final = Rate(("FeedbackReceived",), ("FeedbackReceived", "FeedbackExpired"))
ASKED_AGAIN: Final = Rate(("RepliesUnclear",), ("RepliesUnclear", "RepliesUnderstood"))
OPTED_OUT: Final = Rate(("OptOuts",), ("FeedbackRequested",))
CSAT: Final = Rate(SCORES[7:], SCORES)
NPS: Final = Rate(SCORES[8:], SCORES, less=SCORES[:6])
PARTS_EACH: Final = Rate(("SmsParts",), ("SmsSent",))
COST_EACH: Final = Rate(("SmsMicrodollars",), ("FeedbackRequested",))
"""Millionths of a dollar for each conversation."""


def _sum(figures: Mapping[str, int], names: tuple[str, ...]) -> int:
    return sum(figures.get(name, 0) for name in names)
