"""The audit trail of a document: what was done to it and to each of its pages, when, by what, with what outcome, at what cost.

The first word about a step of a page, or of a document, stands: whoever does it again says nothing new.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, TypeAlias, get_args

Step: TypeAlias = Literal[
    "receive", "classify", "split", "render", "read", "decide", "archive", "failsafe", "scan", "quarantine"
]
STEPS: Final[tuple[Step, ...]] = get_args(Step)
"""In the order in which a document goes through them. `scan` and `quarantine` come at any time: what Macie has found, if it may
be in an invoice, and if it may not."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One step of a page, or of the document if `page` is None.

    `by` is the function that did it. `outcome` is a code: `done`, or a reason or a state; or what was found, by kinds. `cost` is in dollars.
    """

    document_id: str
    page: int | None
    step: Step
    at: datetime
    by: str
    outcome: str
    cost: Decimal = Decimal(0)
