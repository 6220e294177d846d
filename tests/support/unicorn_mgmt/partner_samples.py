"""A question, a ride, and the secret of each partner."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from infra.rydes.simulators.partners.behaviour import Behaviour
from infra.rydes.simulators.partners.fleets import FLEETS
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

CALLING_BACK = tuple(id_ for id_, fleet in FLEETS.items() if fleet.calls_back)
AT_ONCE = tuple(id_ for id_, fleet in FLEETS.items() if not fleet.calls_back)

SECRETS = {
    id_: {name: f"{name}-of-{id_}-3f1" for name in fleet.secret_values} for id_, fleet in FLEETS.items()
}
"""What each partner's secret holds beside `base_url`."""


def simulated(partner_id: str, **wrong: str) -> Behaviour:
    """The simulated partner, or somebody who would like to be it and has wrong values for its secret."""
    return FLEETS[partner_id]({**SECRETS[partner_id], **wrong})


def known_by(partner_id: str) -> str:
    """The name of the value by which the partner knows us."""
    return FLEETS[partner_id].secret_values[0]


def secret(partner_id: str, base_url: str, **changed: str) -> str:
    """The partner's secret as Secrets Manager has it."""
    return json.dumps({**SECRETS[partner_id], "base_url": base_url, **changed})


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


def credentials(partner_id: str, base_url: str, **changed: str) -> Credentials:
    return Credentials(json.loads(secret(partner_id, base_url, **changed)))


TERMS = Terms(
    "rfq-1", "customer-1", Money(amount=Decimal("12.50"), currency="USD"), time_zone="America/Los_Angeles"
)


ASKED = asked("rfq-1.1", "p-comet", TERMS, NOW + timedelta(seconds=60), NOW)
