"""Price rides by a unicorn's rate card."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from wild_rydes_contracts.currencies import smallest_amount

CENT = Decimal("0.01")

MAX_FARE = 10_000
MAX_PER_KM = 400
"""The most expensive ride, half around the globe, still fits the nine digits of a published price."""

MIN_KM, MAX_KM = 0.001, 20_100
"""The longest ride that a unicorn may take: a metre at least. No place on earth is farther away than the longest."""


@dataclass(frozen=True, slots=True)
class RateCard:
    """What a unicorn charges.

    All amounts are in `currency` (ISO 4217); `max_km` is its longest ride, None for any.
    """

    base: Decimal
    per_km: Decimal
    minimum: Decimal
    currency: str
    max_km: float | None = None

    def price(self, km: float) -> Decimal:
        """Price a ride of `km`: the base fare and so much a kilometre, but never below the minimum, nor nothing.

        Rounds to the currency's smallest amount, half of it up, as a person with a pencil would. Raises
        KeyError for what is no currency.
        """
        smallest = smallest_amount(self.currency)
        fare = max(self.minimum, self.base + self.per_km * Decimal(km))
        return max(smallest, fare.quantize(smallest, ROUND_HALF_UP))

    def covers(self, km: float) -> bool:
        """Tell whether a ride of `km` is not too long."""
        return self.max_km is None or km <= self.max_km
