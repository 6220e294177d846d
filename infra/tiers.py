"""What machine clients may do: a tier is chosen when a client is added."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Tier:
    """So many requests a second, so many at once and so many a day (UTC), and so many open RFQs."""

    name: str
    rate: int
    burst: int
    daily: int
    open_rfqs: int


TIERS: Final = (
    Tier("bronze", rate=2, burst=10, daily=2_000, open_rfqs=10),
    Tier("silver", rate=10, burst=40, daily=20_000, open_rfqs=50),
    Tier("gold", rate=50, burst=200, daily=200_000, open_rfqs=200),
)
"""From the least to the most. An open RFQ takes some 50 bytes of an item that each new one rewrites: docs/costs.md."""
