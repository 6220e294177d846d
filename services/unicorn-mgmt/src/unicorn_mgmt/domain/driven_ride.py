"""A ride that a partner has driven, as a statement tells of it: nothing about its customer."""

from dataclasses import dataclass
from datetime import datetime

from wild_rydes_contracts import Money


@dataclass(frozen=True, slots=True)
class DrivenRide:
    """It was driven for this price, and ended at this time."""

    id: str
    rfq_id: str
    completed_at: datetime
    price: Money
