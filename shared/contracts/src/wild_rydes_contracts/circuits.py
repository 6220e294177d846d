"""The messages about circuits: whether calls to a partner fleet flow."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from wild_rydes_contracts.envelope import Event
from wild_rydes_contracts.scalars import Instant, ResponderId, Text

CircuitReason = Annotated[Text, Field(max_length=200)]
"""For people: what was counted, or why a person set a mode."""


class PartnerCircuitOpened(Event):
    """Calls to a partner have stopped, because it fails or because a person stopped them.

    The partner is probed at `retry_at`, and again after each probe that fails.
    """

    name: ClassVar[str] = "PartnerCircuitOpened"
    source: ClassVar[str] = "wildrydes.unicorn-mgmt"
    version: ClassVar[int] = 1
    useful_life: ClassVar[timedelta] = timedelta(days=1)
    unheard: ClassVar[str] = "For whoever watches partner fleets: unicorn-mgmt itself acts on the circuit."

    partner_id: ResponderId = Field(description="the partner fleet")
    reason: CircuitReason = Field(description="for people: what was counted, or why a person set a mode")
    opened_at: Instant = Field(description="when calls stopped")
    retry_at: Instant = Field(description="when the partner is probed")


class PartnerCircuitClosed(Event):
    """Calls to a partner flow again."""

    name: ClassVar[str] = "PartnerCircuitClosed"
    source: ClassVar[str] = "wildrydes.unicorn-mgmt"
    version: ClassVar[int] = 1
    useful_life: ClassVar[timedelta] = timedelta(days=1)
    unheard: ClassVar[str] = "For whoever watches partner fleets: unicorn-mgmt itself acts on the circuit."

    partner_id: ResponderId = Field(description="the partner fleet")
    reason: CircuitReason = Field(description="for people: what was counted, or why a person set a mode")
    closed_at: Instant = Field(description="when calls flowed again")
