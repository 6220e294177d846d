"""A question, a ride, and the secrets of all partners in one."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tests.support.unicorn_mgmt.world import NOW
from unicorn_mgmt.adapters.partners.client import Question
from unicorn_mgmt.adapters.partners.credentials import Credentials
from unicorn_mgmt.adapters.partners.roster import roster
from unicorn_mgmt.domain.partner_ride import Terms, asked
from wild_rydes_contracts import Coordinates, Metadata, Money, RfqRequested
from wild_rydes_contracts.metadata import first_of

PARTNERS = roster()
SPACE_NEEDLE = Coordinates(lat=47.62051, lon=-122.34928)
AIRPORT = Coordinates(lat=47.44369, lon=-122.30132)
TOKYO = Coordinates(lat=35.68, lon=139.69)
REPLY_TO = "arn:aws:sqs:us-east-1:123456789012:wild-rydes-reply-ride-booking"

CREDENTIALS = {
    "api_key": "comet-key-3f1",
    "webhook_token": "comet-token-51c",
    "access_id": "wild-rydes",
    "signing_key": "pegasus-key-9a2",
    "client_id": "wild-rydes",
    "client_secret": "nimbus-secret-77c",
    "callback_key": "callback-key-b04",
    "reference_key": "reference-key-e55",
}


def metadata(rfq_id: str = "rfq-1", *, seconds: float = 60) -> Metadata:
    now = datetime.now(UTC)
    return first_of(
        RfqRequested,
        correlation_id=rfq_id,
        occurred_at=now,
        reply_to=REPLY_TO,
        deadline=now + timedelta(seconds=seconds),
    )


def question(
    partner_id: str, destination: Coordinates = AIRPORT, callback_url: str | None = "http://127.0.0.1:1/"
) -> Question:
    rfq = RfqRequested(rfq_id="rfq-1", start=SPACE_NEEDLE, destination=destination)
    asked = metadata()
    assert asked.deadline
    return Question(PARTNERS[partner_id], rfq, asked, callback_url, asked.deadline)


def credentials(base_url: str, **changed: str) -> Credentials:
    return Credentials({**CREDENTIALS, "base_url": base_url, **changed})


TERMS = Terms("rfq-1", "customer-1", Money(amount=Decimal("12.50"), currency="USD"))


ASKED = asked("rfq-1.1", "p-comet", TERMS, NOW + timedelta(seconds=60), NOW)
