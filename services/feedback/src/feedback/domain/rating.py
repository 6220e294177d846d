"""The rating of a responder: the count and the sum of all scores."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RatedScore:
    """The score that was last added to a responder's rating, and the rating that it led to."""

    ride_id: str
    responder_id: str
    customer_id: str
    correlation_id: str
    answered_at: datetime
    score: int
    count: int
    total: int
