"""What a partner's module does: translate what we ask into the partner's language, and what it says into ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Protocol

from unicorn_mgmt.adapters.partners.credentials import Credentials
from unicorn_mgmt.adapters.partners.roster import Partner
from unicorn_mgmt.adapters.partners.transport import Call
from unicorn_mgmt.domain.partner_ride import Confirmed, Refused, RideNews
from wild_rydes_contracts import Decline, Metadata, Money, Quote, RfqRequested


@dataclass(frozen=True, slots=True)
class Question:
    """An RFQ for one partner. `callback_url` is where the partner may answer later; None where nobody listens."""

    partner: Partner
    rfq: RfqRequested
    metadata: Metadata
    callback_url: str | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """A ride that is wanted of a partner, or no longer: `rfq_id` is what it quoted for, at this `price`.

    The partner tells what becomes of the ride at `callback_url`. After the `deadline` a yes is of no use.
    """

    partner: Partner
    ride_id: str
    rfq_id: str
    price: Money
    deadline: datetime | None
    callback_url: str


@dataclass(frozen=True, slots=True)
class Callback:
    """What came in at the callback URL at `now` (seconds since 1970), from whoever. Header names are in lower case."""

    partner: Partner
    headers: Mapping[str, str]
    body: bytes
    now: float


@dataclass(frozen=True, slots=True)
class QuoteHeard:
    """An answer to the question whose sealed metadata the partner quotes."""

    reference: str
    answer: Quote | Decline


@dataclass(frozen=True, slots=True)
class RideHeard:
    """News of a ride, named by our id."""

    ride_id: str
    news: RideNews


class Integration(Protocol):
    """One instance serves one thread, and lives as long as its worker: it may keep tokens.

    All that call raise CallFailed or one of its kinds when there is no answer.
    """

    def quote(self, question: Question, call: Call, credentials: Credentials) -> Quote | Decline | None:
        """The partner's answer; None if it will call back with it. A proper refusal is a Decline."""

    def book(self, booking: Booking, call: Call, credentials: Credentials) -> Confirmed | Refused | None:
        """Whether the partner takes the ride; None if it will call back with that.

        A proper refusal is Refused. Asked again for a ride that it knows by its id, the partner answers as before.
        """

    def cancel(self, booking: Booking, call: Call, credentials: Credentials) -> None:
        """See to it that the partner does not have this ride, now or later, whether or not it ever had."""

    def heard(self, callback: Callback, credentials: Credentials) -> QuoteHeard | RideHeard:
        """What a callback says.

        Raises Forged when the partner has not sent it, or not lately, and CallFailed when it cannot be read.
        """


def integration_of(partner: Partner) -> Integration:
    """A partner's integration: the class `Integration` of the module that its row names."""
    module = import_module(f"unicorn_mgmt.adapters.partners.{partner.integration}")
    made: Integration = module.Integration()
    return made
