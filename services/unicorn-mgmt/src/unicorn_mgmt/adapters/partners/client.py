"""What a partner's client does: translate our requests into its language, and its answers into ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import TypeAdapter

from unicorn_mgmt.adapters.partners.credentials import Credentials
from unicorn_mgmt.adapters.partners.roster import Partner
from unicorn_mgmt.adapters.partners.transport import Exchange
from unicorn_mgmt.domain.partner_ride import Confirmed, Declined, RideNews
from wild_rydes_contracts import Decline, Metadata, Money, Quote, RfqRequested
from wild_rydes_contracts.scalars import ConversationId

TOLERANCE = 300
"""Seconds by which a callback's time may differ from ours."""

_ID: TypeAdapter[str] = TypeAdapter(ConversationId)
_SECONDS = re.compile("[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Question:
    """An RFQ for one partner.

    `callback_url` is where the partner may answer later, until `answer_by`; None if nobody listens there.
    """

    partner: Partner
    rfq: RfqRequested
    metadata: Metadata
    callback_url: str | None
    answer_by: datetime


@dataclass(frozen=True, slots=True)
class Booking:
    """A ride to book or cancel at a partner, which has quoted this `price` for `rfq_id`.

    The partner posts news of the ride to `callback_url`, the first of them until `answer_by`. After the `deadline` a
    yes is of no use.
    """

    partner: Partner
    ride_id: str
    rfq_id: str
    price: Money
    deadline: datetime | None
    callback_url: str
    answer_by: datetime


@dataclass(frozen=True, slots=True)
class Callback:
    """What somebody has posted to the callback URL at `now` (seconds since 1970).

    Header names are in lower case.
    """

    partner: Partner
    headers: Mapping[str, str]
    body: bytes
    now: float

    def is_fresh(self, at: str) -> bool:
        """Tell whether `at`, its time in whole seconds since 1970, is close to ours.

        An old callback is not taken again.
        """
        return bool(_SECONDS.fullmatch(at)) and abs(self.now - int(at)) <= TOLERANCE


@dataclass(frozen=True, slots=True)
class QuoteHeard:
    """An answer to an RFQ. `reference` is the sealed metadata that came with the question."""

    reference: str
    answer: Quote | Decline


@dataclass(frozen=True, slots=True)
class RideHeard:
    """News of a ride. `ride_id` is our own. Raises ValueError if it is no id at all."""

    ride_id: str
    news: RideNews

    def __post_init__(self) -> None:
        _ID.validate_python(self.ride_id)


class PartnerClient(Protocol):
    """Speaks one partner's language.

    An instance serves one thread and lives as long as its worker: it may keep tokens.

    Every method that calls raises CallFailed or one of its subclasses if there is no answer.
    """

    def quote(
        self, question: Question, exchange: Exchange, credentials: Credentials
    ) -> Quote | Decline | None:
        """Ask for a quote.

        Return None if the partner will call back with its answer. A proper refusal is a Decline.
        """

    def book(
        self, booking: Booking, exchange: Exchange, credentials: Credentials
    ) -> Confirmed | Declined | None:
        """Book a ride.

        Return None if the partner will call back with its answer. A proper refusal is Declined. Asked again
        for a ride that it knows by its id, the partner answers as before.
        """

    def cancel(self, booking: Booking, exchange: Exchange, credentials: Credentials) -> None:
        """Make sure that the partner does not have this ride, now or later, whether or not it ever had it."""

    def heard(self, callback: Callback, credentials: Credentials) -> QuoteHeard | RideHeard:
        """Read a callback.

        Raises Forged if the partner has not sent it, or not lately, and CallFailed if it cannot be read.
        """
