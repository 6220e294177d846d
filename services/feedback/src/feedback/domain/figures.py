"""What a conversation has come to, in figures that can be added up. No I/O.

The figures of a change are the difference between its two states. So nothing is counted twice however often a
state is written, and what is taken back (a score that support voids, a STOP that a START follows) is taken off
again. Only customers who were asked count: before that there is nothing to tell.
"""

from collections import Counter
from collections.abc import Mapping

from feedback.domain.conversation import Conversation
from feedback.domain.send_ledger import SENT


def figures(conversation: Conversation | None) -> Counter[str]:
    """Count what a conversation has come to. The names are those of the metrics."""
    found: Counter[str] = Counter()
    if conversation is None or conversation.asked_at is None:
        return found
    for sms in conversation.sms:
        found["SmsSent"] += sms.state in SENT
        if sms.state in ("delivered", "failed", "blocked"):
            found[f"Sms{sms.state.title()}"] += 1
            found["SmsUndelivered"] += sms.state != "delivered"
        found["SmsParts"] += sms.parts or 0
        found["SmsMicrodollars"] += sms.price or 0
    found["OptOuts"] += conversation.muted
    if (score := conversation.score_in_force) is not None:
        found[f"Score{score}"] += 1
    if conversation.ending:
        found[_named("Ended", conversation.ending)] += 1
    if call := conversation.call:
        found["CallsClaimed"] += call.claimed_by is not None
        if call.outcome:
            found[_named("Call", call.outcome)] += 1
    return found


def gained(before: Conversation | None, after: Conversation) -> Mapping[str, int]:
    """Count what a change has added, or taken back if it is negative."""
    found = figures(after)
    found.subtract(figures(before))
    return {name: count for name, count in found.items() if count}


def _named(prefix: str, code: str) -> str:
    """Name the figure of a code: `Ended` and `no-answer` make EndedNoAnswer."""
    return prefix + code.title().replace("-", "")
