"""What becomes of the circuits between us and partner fleets."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from wild_rydes_contracts.envelope import Event
from wild_rydes_contracts.values import ResponderId

CircuitReason = Annotated[str, Field(max_length=200)]
"""For people: what was counted, or what a person gave as the reason for a mode."""


class PartnerCircuitOpened(Event):
    """Calls to a partner have stopped: it fails, or a person said so. It is probed at `retry_at`, and again if need be."""

    name: ClassVar[str] = "PartnerCircuitOpened"
    source: ClassVar[str] = "wildrydes.unicorn-mgmt"
    version: ClassVar[int] = 1

    partner_id: ResponderId
    reason: CircuitReason
    opened_at: AwareDatetime
    retry_at: AwareDatetime


class PartnerCircuitClosed(Event):
    """Calls to a partner flow again."""

    name: ClassVar[str] = "PartnerCircuitClosed"
    source: ClassVar[str] = "wildrydes.unicorn-mgmt"
    version: ClassVar[int] = 1

    partner_id: ResponderId
    reason: CircuitReason
    closed_at: AwareDatetime
