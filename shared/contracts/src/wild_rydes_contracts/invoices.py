"""The messages about partners' invoices: how each ended that was read.

They carry ids, amounts and codes. Names and accounts stay on the invoice, which its owner keeps.
"""

from datetime import timedelta
from typing import Annotated, ClassVar, Final

from pydantic import Field

from wild_rydes_contracts.envelope import Event
from wild_rydes_contracts.scalars import ConversationId, Day, ResponderId
from wild_rydes_contracts.values import Price

MOST_RIDES: Final = 1_000
"""Rides that an event names. An invoice may have more: `rides` counts them all."""

MOST_REASONS: Final = 100

InvoiceReason = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
"""What is wrong, as a short code.

Codes are `wrong-payee`, `duplicate-number`, `ride-unknown`, `ride-settled`, `ride-twice`, `amount-differs`,
`currency-differs`, `sum-differs` and `due-before-issue`.
"""

Batch = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class InvoiceEvent(Event):
    """Base of these messages: which invoice, and whose."""

    invoice_id: ConversationId = Field(description="the document that it came in")
    partner_id: ResponderId = Field(description="the partner fleet that sent it")
    batch: Batch = Field(description="what it came with, as the partner calls it")


class InvoiceSettled(InvoiceEvent):
    """An invoice is to be paid: each of its rides was owed at this price, and is settled now."""

    name: ClassVar[str] = "InvoiceSettled"
    source: ClassVar[str] = "wildrydes.settlement"
    version: ClassVar[int] = 1
    useful_life: ClassVar[timedelta] = timedelta(days=1)
    unheard: ClassVar[str] = "For whoever pays: the books themselves are settlement's, and need no telling."

    amount: Price = Field(description="what is to be paid")
    due: Day = Field(description="by when")
    rides: int = Field(ge=1, le=1_000_000, description="how many rides it settles")
    ride_ids: tuple[ConversationId, ...] = Field(
        min_length=1, max_length=MOST_RIDES, description=f"the rides, the first {MOST_RIDES:,} of them"
    )


class InvoiceDisputed(InvoiceEvent):
    """An invoice is wrong for certain, so nothing of it is paid. Its partner has to send another one."""

    name: ClassVar[str] = "InvoiceDisputed"
    source: ClassVar[str] = "wildrydes.settlement"
    version: ClassVar[int] = 1
    useful_life: ClassVar[timedelta] = timedelta(days=1)
    unheard: ClassVar[str] = (
        "For whoever writes to partners: what was disputed is in the batch's report, too."
    )

    amount: Price | None = Field(default=None, description="what it asks for, if that could be read")
    due: Day | None = Field(default=None, description="by when, if that could be read")
    reasons: tuple[InvoiceReason, ...] = Field(
        min_length=1, max_length=MOST_REASONS, description="what is wrong, each once"
    )
    ride_ids: tuple[ConversationId, ...] = Field(
        default=(), max_length=MOST_RIDES, description=f"the rides that are wrong, the first {MOST_RIDES:,}"
    )
