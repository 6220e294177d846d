"""What customers are promised of an RFQ, and how one that is over has kept it. No I/O.

The objectives, and the alarms that go by them, are in infra/slo.py; tests/infra/test_slo.py holds both together.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ride_booking.domain.rfq import Rfq

COMPLETED_WITHIN: Final = timedelta(seconds=30)
"""How long after its deadline an RFQ is announced as completed, at the latest."""

FIRST_QUOTE_WITHIN: Final = timedelta(seconds=5)
"""How soon the first quote comes where somebody was asked."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an RFQ went, in milliseconds since it was submitted. None: there was no quote."""

    took_ms: int
    first_quote_ms: int | None
    last_quote_ms: int | None
    late: bool
    """It was announced too long after its deadline."""
    quote_due: bool
    """A quote could be expected: somebody was asked, and the customer has waited for it."""
    quote_missed: bool
    """It was due, and came too late or not at all, though not everybody who was asked has declined."""


def outcome(rfq: Rfq, announced_at: datetime) -> Outcome | None:
    """Judge an RFQ when its completion is announced. None if it is not completed."""
    if rfq.completion is None:
        return None
    counts, quoted = rfq.counts(), rfq.quoted
    due = counts.asked > 0 and rfq.completion.by != "cancelled"
    in_time = quoted is not None and quoted.first - rfq.created_at <= FIRST_QUOTE_WITHIN
    return Outcome(
        took_ms=_ms(rfq, rfq.completion.at),
        first_quote_ms=_ms(rfq, quoted.first) if quoted else None,
        last_quote_ms=_ms(rfq, quoted.last) if quoted else None,
        late=announced_at - rfq.deadline > COMPLETED_WITHIN,
        quote_due=due,
        quote_missed=due and not in_time and counts.declined < counts.asked,
    )


def _ms(rfq: Rfq, at: datetime) -> int:
    """Milliseconds since the submission; never before it, whatever the clocks say."""
    return max(0, round((at - rfq.created_at) / timedelta(milliseconds=1)))
