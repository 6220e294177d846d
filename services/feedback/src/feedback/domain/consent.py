"""A customer's consent to be texted: when, how and through whom it was given. No I/O."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """Consent as it was recorded.

    `how` is a short word, as in "app", "phone" or "sms". `by` says who recorded it: "customer", or the id of an
    agent or of a system, but never a name or a number.
    """

    at: datetime
    how: str
    by: str


def later(one: Consent | None, other: Consent | None) -> Consent | None:
    """Choose the consent that was given last."""
    return max((consent for consent in (one, other) if consent), key=lambda c: c.at, default=None)
