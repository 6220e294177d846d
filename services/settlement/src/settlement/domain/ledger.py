"""The ledger: what each partner fleet is owed, by ride.

An entry is made of facts. Each is told once or more often, in any order, and the first word stands: what ride it is and whose,
the price that the customer accepted, when the ride was over, and the invoice that it was settled with.

Only rides of partner fleets are in it. Unicorns are ours: they get no money by invoice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from wild_rydes_contracts import Money

PARTNER: Final = "p-"
"""How the ids of partner fleets begin, in all messages. Those of unicorns begin with `u-`."""

KEPT_FOR: Final = timedelta(days=3653)
"""How long the books have an entry, from the end of the ride on: ten years."""

AWAITED_FOR: Final = timedelta(days=90)
"""How long the end of a ride is awaited. An accepted quote may never become a ride: its booking fails, say."""

State: TypeAlias = Literal["promised", "unpriced", "owed", "settled"]


class Contradiction(Exception):
    """What is said of a ride is not what was said of it before. A person has to find out what is true."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A partner's ride. `payee` is the partner, `invoice` the id of the invoice that it was settled with."""

    ride_id: str
    payee: str
    price: Money | None = None
    completed_at: datetime | None = None
    invoice: str | None = None

    @property
    def state(self) -> State:
        """Tell what is owed for it: nothing while it is `promised`, and its price when it is `owed`.

        It is `unpriced` when it is over, and the price has not come yet.
        """
        if self.completed_at is None:
            return "promised"
        if self.price is None:
            return "unpriced"
        return "settled" if self.invoice else "owed"


def is_partner(responder_id: str) -> bool:
    """Say whether a responder is a partner fleet."""
    return responder_id.startswith(PARTNER)
