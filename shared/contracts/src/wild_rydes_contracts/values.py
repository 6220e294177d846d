"""Values that appear in several messages."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from wild_rydes_contracts.envelope import Contract

ResponderId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,31}$")]
"""A unicorn (`u-…`) or a partner fleet (`p-…`). Short on purpose: it is stored once per answer."""


class Money(Contract):
    """An amount, written as a decimal string, with its ISO 4217 currency code."""

    amount: Decimal = Field(ge=0, max_digits=9, decimal_places=2)
    currency: str = Field(pattern=r"^[A-Z]{3}$")


class Coordinates(Contract):
    """A point on WGS 84, in degrees."""

    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
