"""What a partner is owed: a ride that is booked and driven is in settlement's ledger, once."""

import json
from datetime import timedelta
from decimal import Decimal

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.partners.process import Partners
from tests.e2e.partners.test_partner_rides import BUS, became, book, quotes_of
from tests.support.clients import Customer, Json
from tests.support.logs import messages_about
from tests.support.patience import eventually
from tests.support.rydes_command import rydes
from wild_rydes_contracts import Envelope, Event, QuoteAccepted, RideCompleted
from wild_rydes_contracts.fakes import NOON, fake


def entry(cloud: Cloud, ride_id: str) -> Json:
    dynamodb = cloud.client("dynamodb")
    key = {"id": {"S": f"ride#{ride_id}"}}
    found: Json = dynamodb.get_item(TableName="settlement", Key=key, ConsistentRead=True)
    return dict(found.get("Item", {}))


def owed_to(cloud: Cloud, partner_id: str) -> tuple[Decimal, int]:
    """What `rydes owed` says, in dollars, and for how many rides."""
    answer = rydes(cloud, "owed", partner_id, "--json")
    assert answer.returncode == 0, answer.stderr
    dollars = json.loads(answer.stdout)[partner_id]["owed"].get("USD", {"amount": "0", "rides": 0})
    return Decimal(dollars["amount"]), dollars["rides"]


def say(cloud: Cloud, *events: Envelope[Event]) -> None:
    """Put events on the bus, as their own services do."""
    answer = cloud.client("events").put_events(
        Entries=[
            {
                "EventBusName": BUS,
                "Source": event.data.source,
                "DetailType": event.data.name,
                "Detail": event.to_json(),
            }
            for event in events
        ]
    )
    assert answer["FailedEntryCount"] == 0


def wait_for(cloud: Cloud, ride_id: str, function: str, *messages: str) -> None:
    eventually(
        lambda: messages_about(cloud, ride_id, function),
        f"{function}: {messages} of {ride_id}",
        lambda found: all(found.count(message) >= messages.count(message) for message in messages),
    )


def test_a_partners_ride_is_owed_once_however_often_it_is_told(
    cloud: Cloud, customer: Customer, partners: Partners
) -> None:
    result = quotes_of(customer, "p-nimbus")
    [price] = [quote["price"] for quote in result["quotes"] if quote["responder-id"] == "p-nimbus"]
    before, rides = owed_to(cloud, "p-nimbus")
    ride_id = became(customer, book(customer, result, "p-nimbus"), "completed")["id"]
    eventually(
        lambda: entry(cloud, ride_id),
        f"{ride_id} owed",
        lambda item: {"price", "completed_at"} <= item.keys(),
    )
    item = entry(cloud, ride_id)
    assert (item["payee"]["S"], item["price"]["S"], item["currency"]["S"]) == (
        "p-nimbus",
        price["amount"],
        price["currency"],
    )
    again = (
        fake(QuoteAccepted, ride_id=ride_id, responder_id="p-nimbus", price=price),
        fake(RideCompleted, ride_id=ride_id, responder_id="p-nimbus"),
    )
    say(cloud, *again, *reversed(again))
    wait_for(cloud, ride_id, "settlement-prices", "known", "known")
    wait_for(cloud, ride_id, "settlement-rides", "known", "known")
    assert entry(cloud, ride_id) == item
    amount, count = eventually(lambda: owed_to(cloud, "p-nimbus"), "the ride", lambda owed: owed[1] > rides)
    assert (amount - before, count - rides) == (Decimal(price["amount"]), 1)


def test_a_price_that_comes_after_the_bookings_deadline_is_noted(cloud: Cloud) -> None:
    about: Json = {"ride_id": "owed-late.1", "responder_id": "p-comet"}
    say(cloud, fake(QuoteAccepted, metadata={"deadline": NOON - timedelta(days=1)}, **about))
    wait_for(cloud, about["ride_id"], "settlement-prices", "noted")
    assert "price" in entry(cloud, about["ride_id"])


def test_poison_and_a_contradiction_are_parked_and_what_comes_with_them_is_noted(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="settlement-rides")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    rides = ["owed-1.1", "owed-2.1"]
    say(cloud, *(fake(RideCompleted, ride_id=ride, responder_id="p-comet") for ride in rides))
    for ride in rides:
        wait_for(cloud, ride, "settlement-rides", "over")
    say(cloud, fake(RideCompleted, ride_id=rides[0], responder_id="p-pegasus"))
    parking = sqs.get_queue_url(QueueName="settlement-rides-parking")["QueueUrl"]
    reasons: set[str] = set()

    def look() -> set[str]:
        found = sqs.receive_message(
            QueueUrl=parking, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
        )
        reasons.update(
            each["MessageAttributes"]["reason"]["StringValue"] for each in found.get("Messages", [])
        )
        return reasons

    eventually(look, "both parked", lambda found: "a ride of another partner" in found and len(found) > 1)
    assert entry(cloud, rides[0])["payee"] == {"S": "p-comet"}


def test_a_unicorns_ride_never_comes_there(cloud: Cloud) -> None:
    """The rule leaves it out: it costs nothing."""
    say(cloud, fake(RideCompleted, ride_id="not-owed.1", responder_id="u-shadowfax"))
    say(cloud, fake(RideCompleted, ride_id="not-owed.2", responder_id="p-comet"))
    wait_for(cloud, "not-owed.2", "settlement-rides", "over")
    assert messages_about(cloud, "not-owed.1", "settlement-rides") == []
    assert entry(cloud, "not-owed.1") == {}
