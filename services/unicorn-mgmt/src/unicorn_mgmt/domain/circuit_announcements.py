"""What becomes of circuits, told to the bus by the table's stream."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from wild_rydes_circuit_breaker import StoreUnavailable, transition_in
from wild_rydes_contracts import Envelope, Event, PartnerCircuitClosed, PartnerCircuitOpened
from wild_rydes_contracts.metadata import first_of

CIRCUIT = "circuit#"
"""How the ids of circuits begin."""

_LONGEST_REASON = 200


def told_of_circuit(record: Mapping[str, Any]) -> Envelope[Event] | None:
    """The event in a stream record of a circuit's item, if it is one that the world should hear of.

    Raises ValueError for an item that holds no circuit.
    """
    change = record["dynamodb"]
    try:
        transition = transition_in(change["Keys"], change.get("OldImage"), change["NewImage"])
    except StoreUnavailable as error:
        raise ValueError(str(error)) from None
    if transition is None or not (transition.opened or transition.closed):
        return None
    after, at = transition.after, _instant(transition.after.since)
    reason = after.reason[:_LONGEST_REASON]
    event: Event
    if transition.opened:
        event = PartnerCircuitOpened(
            partner_id=transition.circuit, reason=reason, opened_at=at, retry_at=_instant(after.retry_at)
        )
    else:
        event = PartnerCircuitClosed(partner_id=transition.circuit, reason=reason, closed_at=at)
    correlation_id = f"{CIRCUIT}{transition.circuit}/{after.epoch}"
    return Envelope(metadata=first_of(type(event), correlation_id=correlation_id, occurred_at=at), data=event)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
