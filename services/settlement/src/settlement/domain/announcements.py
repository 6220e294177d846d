"""The events that decisions announce. No I/O.

Event ids are derived from what happened: the same decision, announced twice, gives the same event.
"""

from settlement.domain.document import Document
from settlement.domain.settlement import Settlement
from wild_rydes_contracts import Envelope, Event, InvoiceDisputed, InvoiceSettled, Metadata
from wild_rydes_contracts.metadata import first_of


def event_of(document: Document, settlement: Settlement) -> Envelope[Event] | None:
    """Announce the decision on a document; None if it is for people."""
    about = {
        "invoice_id": document.id,
        "partner_id": settlement.payee,
        "batch": settlement.batch,
        "due": settlement.due,
        "amount": settlement.amount,
    }
    if settlement.decision == "settled":
        return Envelope(
            metadata=_metadata(InvoiceSettled, settlement),
            data=InvoiceSettled(**about, rides=settlement.rides, ride_ids=settlement.ride_ids),
        )
    if settlement.decision == "disputed":
        return Envelope(
            metadata=_metadata(InvoiceDisputed, settlement),
            data=InvoiceDisputed(**about, reasons=settlement.reasons, ride_ids=settlement.ride_ids),
        )
    return None


def _metadata(event: type[Event], settlement: Settlement) -> Metadata:
    return first_of(event, correlation_id=settlement.document_id, occurred_at=settlement.at)
