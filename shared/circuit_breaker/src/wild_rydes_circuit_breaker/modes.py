"""What a person can do with a circuit."""

from wild_rydes_circuit_breaker import rules
from wild_rydes_circuit_breaker.record import Override, Record
from wild_rydes_circuit_breaker.store import Store, change, readable


def set_mode(store: Store, circuit: str, override: Override, *, now: float) -> Record:
    """Set the mode of a circuit, for all environments, and return its record.

    Each environment obeys once it renews its view of the shared state, within `state_cache_ttl`. A record that
    cannot be read is repaired first. Raises StoreUnavailable, and Conflict if too many others write at the same
    time.
    """
    known, _ = readable(store, circuit, by=override.actor, now=now)
    return change(store, circuit, known, lambda record: rules.overridden(record, override, now=now))[1]
