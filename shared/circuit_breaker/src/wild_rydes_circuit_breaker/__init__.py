"""A circuit breaker whose state all environments of a function share.

store = DynamoDbStore(dynamodb, table)
breaker = CircuitBreaker("unicab", Settings(), store, classify=fault_of, listener=LogAndCount(logger))
try:
    with breaker.call():
        quote = unicab.quote(…)
except CircuitOpen:
    …  # decline at once
"""

from wild_rydes_circuit_breaker.breaker import CircuitBreaker
from wild_rydes_circuit_breaker.call import Blame, CircuitOpen, Fault, Permit
from wild_rydes_circuit_breaker.dynamodb import DynamoDbStore, transition_in
from wild_rydes_circuit_breaker.modes import set_mode
from wild_rydes_circuit_breaker.observe import Listener, LogAndCount
from wild_rydes_circuit_breaker.record import Mode, Override, Record, State, Transition
from wild_rydes_circuit_breaker.settings import Settings
from wild_rydes_circuit_breaker.store import Conflict, MemoryStore, Store, StoreUnavailable, Unreadable

__all__ = [
    "Blame",
    "CircuitBreaker",
    "CircuitOpen",
    "Conflict",
    "DynamoDbStore",
    "Fault",
    "Listener",
    "LogAndCount",
    "MemoryStore",
    "Mode",
    "Override",
    "Permit",
    "Record",
    "Settings",
    "State",
    "Store",
    "StoreUnavailable",
    "Transition",
    "Unreadable",
    "set_mode",
    "transition_in",
]
