"""How long the items of the feedback table are kept, which DynamoDB deletes when their time is over."""

from tests.simulation.invariants import ledger
from tests.simulation.invariants.violation import require

_DAY = 86_400.0
_KEPT_FOR = {
    "ride": 90 * _DAY,
    "number": 90 * _DAY,
    "message": 90 * _DAY,
    "customer": 30 * _DAY,
    "inbound": 15 * _DAY,
}
"""By the first word of their keys."""


class Keeping:
    """Remembers when each item was last written."""

    def __init__(self) -> None:
        self._written: dict[str, float] = {}

    def written(self, key: str, now: float) -> None:
        """Note a write."""
        self._written[key] = now

    def expired(self, key: str, now: float) -> None:
        """Hold a deletion to its time: what a later message needs is still there."""
        kept = now - self._written.pop(key)
        enough = kept >= _KEPT_FOR[key.partition("#")[0]] - ledger.CLOCKS
        require(enough, "what-is-needed-is-kept", f"{key}, deleted after {kept / 3600:.1f} hours")
