"""What an invoice says, before anybody has drawn it: the truth that a reader is held to."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Party:
    """Who is paid, or who pays: a name, and the lines of an address."""

    name: str
    address: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ride:
    """A line of the invoice: a ride's id, its day, and what it costs, above zero."""

    id: str
    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    """One invoice. `net_days` is set where it gives, instead of a due date, the days after its own date.

    `stated_total` is what a forged invoice asks for where that is not the sum of its rides.
    """

    payee: Party
    payer: Party
    number: str
    issued: date
    due: date
    currency: str
    rides: tuple[Ride, ...]
    net_days: int | None = None
    stated_total: Decimal | None = None

    @property
    def total(self) -> Decimal:
        """The amount that the invoice asks for."""
        return (
            sum((ride.amount for ride in self.rides), Decimal(0))
            if self.stated_total is None
            else self.stated_total
        )
