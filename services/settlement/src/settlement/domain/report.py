"""The report of a batch: what became of each of its documents.

Reports are merged, never replaced: of what two say of one document, an end counts before a state on the way to it, and an end
never changes. So whoever writes last, and however old what they know is, nothing that was there is lost.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from settlement.domain.audit import AuditEntry
from settlement.domain.document import ENDS, STATES, Document
from settlement.domain.settlement import Settlement

Row: TypeAlias = Mapping[str, Any]
"""What a report says of a document, as JSON."""

_PLACES: Final = Decimal("0.000001")


def row_of(document: Document, settlement: Settlement | None, trail: Iterable[AuditEntry]) -> Row:
    """Make the row of a document. What it has not is left out."""
    amount = settlement.amount if settlement else None
    row: dict[str, Any] = {
        "document_id": document.id,
        "name": document.name,
        "received_at": document.received_at.isoformat(),
        "state": document.state,
        "decision": document.decision,
        "reasons": list(document.reasons),
        "pages": document.pages,
        "amount": str(amount.amount) if amount else None,
        "currency": amount.currency if amount else None,
        "due": settlement.due.isoformat() if settlement and settlement.due else None,
        "rides": settlement.rides if settlement else None,
        "ended_at": document.ended_at.isoformat() if document.ended_at else None,
        "dollars": str(sum((entry.cost for entry in trail), Decimal(0)).quantize(_PLACES)),
    }
    return {name: value for name, value in row.items() if value is not None}


def merged(payee: str, batch: str, *reports: Iterable[Row]) -> dict[str, Any]:
    """Make one report of what several say. Those that come first count where two know as much."""
    rows: dict[str, Row] = {}
    for report in reports:
        for row in report:
            known = rows.get(row["document_id"])
            if known is None or _knows(row) > _knows(known):
                rows[row["document_id"]] = row
    ordered = sorted(rows.values(), key=lambda row: (row["received_at"], row["document_id"]))
    return {"partner_id": payee, "batch": batch, "totals": _totals(ordered), "documents": ordered}


def _knows(row: Row) -> int:
    return len(STATES) if row["state"] in ENDS else STATES.index(row["state"])


def _totals(rows: Iterable[Row]) -> dict[str, Any]:
    ends: Counter[str] = Counter()
    settled: defaultdict[str, Decimal] = defaultdict(Decimal)
    pages, dollars = 0, Decimal(0)
    for row in rows:
        ends[row.get("decision") or row["state"]] += 1
        pages += row["pages"]
        dollars += Decimal(row["dollars"])
        if row.get("decision") == "settled":
            settled[row["currency"]] += Decimal(row["amount"])
    return {
        "documents": dict(sorted(ends.items())),
        "settled": {currency: str(amount) for currency, amount in sorted(settled.items())},
        "pages": pages,
        "dollars": str(dollars),
    }
