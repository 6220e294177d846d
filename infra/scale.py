"""How many RFQs a second an environment is made for. Every limit in the stacks follows from that one number.

What an RFQ takes of each hop is measured: `python -m tests.bench.capacity`, docs/scale.md.
"""

import math
from dataclasses import dataclass
from typing import Final

_USUAL: Final = 20
MOST: Final = 2500
"""With more, the queue of the aggregator would need more batches at once than Lambda hands out of one queue."""

_SPARE: Final = 2.0
"""How much more than the work on average there is room for: bursts, slow calls, batches that are not full."""

_LONGEST_REQUEST: Final = 0.1
"""Seconds for which a request keeps a worker, a slow day included."""

_LEAST_AT_ONCE: Final = 10
_MOST_OF_A_QUEUE: Final = 1000
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""

_WRITES_OF_A_NEW_TABLE: Final = 4000
_WRITES_OF_A_SHARD: Final = 1000
"""Write units a second. There is a shard for each partition (assumed), and a new table on demand has four.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html"""

_MOST_OF_A_SHARD: Final = 10
"""https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html"""


@dataclass(frozen=True)
class Scale:
    """So many RFQs a second. `busy` stands for the seconds that a worker is busy with one RFQ, all its messages together.

    Raises:
        ValueError: the rate is not from 1 to `MOST`.
    """

    rfqs_per_second: int = _USUAL

    def __post_init__(self) -> None:
        if not 1 <= self.rfqs_per_second <= MOST:
            raise ValueError(f"a scale is from 1 to {MOST} RFQs a second, not {self.rfqs_per_second}")

    def at_once(self, busy: float) -> int:
        """Return how many batches of a queue are to be handled at once (Little's law)."""
        return min(_MOST_OF_A_QUEUE, max(_LEAST_AT_ONCE, math.ceil(self.rfqs_per_second * busy * _SPARE)))

    def of_a_shard(self, busy: float, writes: int) -> int:
        """Return how many batches of a shard are to be handled at once, where an RFQ is so many write units."""
        shards = (self.warm_writes(writes) or _WRITES_OF_A_NEW_TABLE) // _WRITES_OF_A_SHARD
        return min(_MOST_OF_A_SHARD, max(1, math.ceil(self.rfqs_per_second * busy * _SPARE / shards)))

    def agreed(self, usual: int) -> int:
        """Return how many calls at once somebody is to take who takes so many at the usual scale."""
        return min(_MOST_OF_A_QUEUE, max(usual, math.ceil(usual * self.rfqs_per_second / _USUAL)))

    def warm_writes(self, writes: int) -> int | None:
        """Return the write units a second that a table is to have from the start; None if a new one has enough."""
        shards = math.ceil(self.rfqs_per_second * writes * _SPARE / _WRITES_OF_A_SHARD)
        units = shards * _WRITES_OF_A_SHARD
        return units if units > _WRITES_OF_A_NEW_TABLE else None

    def requests(self, of_each_rfq: float, least: int = 500) -> int:
        """Return the requests a second that an API lets through."""
        return max(least, math.ceil(self.rfqs_per_second * of_each_rfq * _SPARE))

    def reserved(self, requests: int, seconds: float = _LONGEST_REQUEST) -> int | None:
        """Return how many requests of so many a second a function may answer at once, if each keeps it for so many
        `seconds`; None for any number.

        At the usual scale nothing is reserved: a new account may have no concurrency for it.
        """
        return math.ceil(requests * seconds) if self.rfqs_per_second > _USUAL else None


USUAL: Final = Scale()
"""Of development, and of whoever begins: every limit is within what AWS gives a new account."""
