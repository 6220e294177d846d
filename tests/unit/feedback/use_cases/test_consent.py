"""Who is texted: a customer who has agreed to it, on a number that is known to be theirs."""

from datetime import timedelta

import pytest

from feedback.domain.consent import Consent
from tests.support.feedback.world import NOON, SEATTLE, World


@pytest.mark.parametrize(
    ("attributes", "reason", "metric"),
    [
        ({"phone_number_verified": "false"}, "number-unverified", "SmsNumberUnverified"),
        ({"phone_number_verified": None}, "number-unverified", "SmsNumberUnverified"),
        ({"custom:sms_consent_at": None}, "no-consent", "SmsNoConsent"),
    ],
)
def test_who_has_not_agreed_is_not_texted(
    world: World, attributes: dict[str, str | None], reason: str, metric: str
) -> None:
    """And nobody is woken for it: it is counted apart from what AWS refuses."""
    world.ride("r", world.customer(**attributes))
    world.pump()
    assert (world.phones.requests, world.states("r")) == (0, ["refused"])
    assert world.conversation("r").last.reason == reason
    assert metric in world.metrics.metric_set
    assert "SmsRefused" not in world.metrics.metric_set
    world.pass_time(days=3)
    assert world.conversation("r").ending == "undeliverable"


def test_consent_is_asked_for_at_each_sms_and_the_last_one_seen_is_kept(world: World) -> None:
    """A customer who revokes it after the first question gets no second."""
    customer = world.customer()
    world.ride("r", customer)
    world.pump()
    standing = world.table.standing(world.pseudonyms.pseudonym_of(SEATTLE))
    assert standing.customer_id == customer
    assert standing.consent == Consent(NOON - timedelta(days=30), "app", "customer")
    world.set_customer(customer, **{"custom:sms_consent_at": None})
    world.hear("2", world.last_sms())
    world.pump()
    assert world.states("r") == ["sent", "refused"]
    assert world.table.standing(standing.key).consent == standing.consent
