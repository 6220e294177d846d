import json
from pathlib import Path

import pytest
from pydantic import ValidationError

import ride_booking
from ride_booking.api.asyncapi import asyncapi
from ride_booking.api.socket_messages import Subscription
from tests.support.asyncapi import check_references, validator

CHECKED_IN = Path(ride_booking.__file__).parents[2] / "asyncapi.json"


def test_the_document_that_is_checked_in_is_what_the_code_says() -> None:
    assert json.loads(CHECKED_IN.read_text()) == asyncapi(), "run: make generate"


def test_its_references_lead_somewhere() -> None:
    check_references(asyncapi())


@pytest.mark.parametrize(
    ("message", "fits"),
    [
        ({"action": "subscribe", "rfq-id": "x"}, True),
        ({"action": "unsubscribe", "ride-id": "x.1"}, True),
        ({"action": "watch", "rfq-id": "x"}, False),
        ({"action": "subscribe", "rfq_id": "x"}, False),
        ({"action": "subscribe", "rfq-id": "x" * 65}, False),
        ({"rfq-id": "x"}, False),
    ],
)
def test_what_clients_may_send_is_what_is_read(message: dict[str, str], fits: bool) -> None:
    assert validator(asyncapi(), "receive").is_valid(message) == fits
    if fits:
        Subscription.model_validate_json(json.dumps(message), by_alias=True, by_name=False)
    else:
        with pytest.raises(ValidationError):
            Subscription.model_validate_json(json.dumps(message), by_alias=True, by_name=False)


def test_a_subscription_is_answered_with_the_state_or_a_refusal() -> None:
    answers = asyncapi()["operations"]["take-Subscription"]["reply"]["messages"]
    assert [ref["$ref"] for ref in answers] == [
        "#/channels/socket/messages/State",
        "#/channels/socket/messages/SubscriptionRefused",
    ]
