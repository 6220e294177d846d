"""What one RFQ amounts to: requests, messages, records and units, with ten unicorns and three partners.

The worst that can come of batches: each answer finds its RFQ alone in its batch, so that each is a write of its own.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from ride_booking.adapters.rfq_table import to_item
from tests.bench.capacity.work import PARTNERS, UNICORNS, Rfqs, answered, completed
from tests.bench.cost.dynamodb_size import item_bytes, read_units, write_units

API_REQUESTS: Final = 2
"""The POST, and a look at the result."""

CALLBACKS: Final = 1
"""Requests of partners that call back: each of them is one, and has somebody look for it."""

RESPONSES: Final = 1 + len(PARTNERS)
"""Messages to the return address: one of all unicorns, one of each partner."""

EVENTS: Final = 2
"""RfqRequested and RfqCompleted."""

BUS_DELIVERIES: Final = 3
"""RfqRequested goes to the inbox, and both go to the archive; no rule wants an RfqCompleted that all have answered."""


@dataclass(frozen=True)
class Items:
    """An RFQ's item in its states, from the POST to the last answer."""

    rfqs: Rfqs

    @cached_property
    def sizes(self) -> list[int]:
        """Bytes of the item after each write."""
        rfq = self.rfqs.requested[0]
        states = [rfq, *(answered(rfq, UNICORNS + n) for n in range(len(PARTNERS))), completed(rfq)]
        return [item_bytes(to_item(state, b"f" * 32)) for state in states]

    @property
    def writes(self) -> int:
        """Write units of all its writes."""
        rfq = self.rfqs.requested[0]
        states = [rfq, *(answered(rfq, UNICORNS + n) for n in range(len(PARTNERS))), completed(rfq)]
        return sum(write_units(to_item(state, b"f" * 32)) for state in states)

    @property
    def reads(self) -> float:
        """Read units: a look before each answer's write, one at the deadline, one for the result."""
        return sum(read_units(size, consistent=False) for size in [*self.sizes, self.sizes[-1]])

    @property
    def stream_bytes(self) -> int:
        """Bytes of the item's stream records, each with the states before and after the write."""
        return sum(self.sizes) + sum(self.sizes[:-1])
