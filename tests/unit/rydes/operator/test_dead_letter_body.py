"""Of a parked body nothing is seen that a stranger could have put there about a person."""

import json

import pytest

from infra.rydes.operator.dead_letter_body import shown
from wild_rydes_contracts import RideCompleted
from wild_rydes_contracts.fakes import fake, on_the_bus

SECRETS = ("Wilhelmina", "Geheim", "wilhelmina", "4 2 5 5 5 5 0 1 9 9", "5550199", "Main Street", "@")
SNS = {
    "Type": "Notification",
    "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
    "Message": json.dumps(
        {
            "originationNumber": "+14255550199",
            "messageBody": "my name is Wilhelmina Geheim, call me: 4 2 5 5 5 5 0 1 9 9",
            "inboundMessageId": "in-1",
        }
    ),
}


@pytest.mark.parametrize(
    "body",
    [
        SNS,
        "Wilhelmina Geheim",
        ["Wilhelmina Geheim", 7],
        {"customer_name": "wilhelmina", "street": "Main Street 1", "email": "w@geheim.example"},
        {"Wilhelmina Geheim": 1, "data": {"Geheim +14255550199": "x"}},
        {"detail": {"data": {"time_zone": "Wilhelmina Geheim", "completed_at": "Main Street 1"}}},
        {"detail-type": "Wilhelmina Geheim"},
        {"detail": {"metadata": {"correlation_id": "+14255550199"}}},
        {"data": {"rfq_id": {"Wilhelmina Geheim": "Main Street"}, "note": {"rfq_id": "wilhelmina"}}},
    ],
)
def test_what_a_stranger_wrote_is_hidden(body: object) -> None:
    told = json.dumps(shown(body))
    assert not [secret for secret in SECRETS if secret in told], told


def test_a_message_of_ours_is_seen_whole() -> None:
    event = on_the_bus(fake(RideCompleted))
    assert shown(event) == event | {"account": "…12"}, "twelve digits may be a phone number"


def test_ids_of_aws_and_the_last_digits_are_seen() -> None:
    told = shown(SNS)
    assert told["MessageId"] == SNS["MessageId"]
    assert json.loads(told["Message"]) == {
        "originationNumber": "…99",
        "messageBody": "…",
        "inboundMessageId": "in-1",
    }
