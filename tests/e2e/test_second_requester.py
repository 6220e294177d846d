"""Another requester than ride-booking asks for quotes, with IAM enforced, and nobody whom unicorn-mgmt does not name."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from infra.naming import BUS_NAME
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import ACCOUNT, REGION
from tests.support.clients import INBOX, Customer, Fleet, Json, Place, Queues
from tests.support.patience import eventually
from tests.support.rydes_command import rydes
from tests.support.sessions import client_as
from wild_rydes_contracts import Envelope, RfqRequested
from wild_rydes_contracts.fakes import fake, on_the_bus

CONCIERGE = "docs/examples/concierge"


@pytest.fixture(scope="module")
def desk(cloud: Cloud) -> Iterator[Callable[[Json], Json]]:
    """The desk of concierge: call it with a ride, or with a request's id."""
    answer = rydes(cloud, "deploy", CONCIERGE)
    assert answer.returncode == 0, answer.stderr

    def call(event: Json) -> Json:
        said = cloud.client("lambda").invoke(FunctionName="concierge-desk", Payload=json.dumps(event))
        assert "FunctionError" not in said, said["Payload"].read()
        found: Json = json.loads(said["Payload"].read())
        return found

    yield call
    answer = rydes(cloud, "destroy", CONCIERGE)
    assert answer.returncode == 0, answer.stderr


def ride(place: Place) -> Json:
    asked = place.ride()
    return {"start": asked["from"], "destination": asked["to"]}


def test_a_second_requester_gets_its_quotes(
    desk: Callable[[Json], Json], customer: Customer, fleet: Fleet, place: Place
) -> None:
    """Those by rate card, and those that come later, by hand. Customers at the same place get theirs all the same."""
    by_card, by_hand = fleet.unicorn(place), fleet.connected(place, auto_quote=False)
    rfq_id = desk(ride(place))["rfq_id"]

    def quoted() -> set[str]:
        return {quote["responder_id"] for quote in desk({"rfq_id": rfq_id})["quotes"]}

    eventually(quoted, "a quote at the desk", lambda found: by_card in found)
    price = {"price": {"amount": "9.50", "currency": "USD"}, "pickup-in-seconds": 60}
    eventually(
        lambda: by_hand.answer(rfq_id, price).status_code,
        "an answer by hand",
        lambda status: status == 202,
    )
    eventually(quoted, "both quotes at the desk", lambda found: by_hand.id in found)
    rfq = customer.submit(place)
    eventually(lambda: customer.http.get(f"{rfq}/quotes").json()["quotes"], "a quote for the customer")


@pytest.mark.parametrize(
    ("source", "requester"),
    [
        ("wildrydes.concierge", "ride-booking"),
        ("wildrydes.ride-booking", "concierge"),
        ("wildrydes.concierge", "stranger"),
    ],
    ids=["another's address", "the other way round", "nobody's address"],
)
def test_a_foreign_address_gets_nothing_and_its_request_is_parked(
    cloud: Cloud, queues: Queues, source: str, requester: str
) -> None:
    asked = request(requester)
    publish(cloud, source, asked)
    parked = queues.parked(INBOX, asked.metadata.correlation_id)
    assert parked["attributes"]["error"] == "ForbiddenReturnAddress"
    assert parked["attributes"]["reason"] == f"return address is not that of {source}"


def test_a_foreign_source_is_not_heard_and_not_answered(
    cloud: Cloud, queues: Queues, desk: Callable[[Json], Json], fleet: Fleet, place: Place
) -> None:
    """Its event stays with its publisher: no rule lets it in. A forged one in the inbox is parked."""
    fleet.unicorn(place)
    stranger = request("concierge", **ride(place))
    publish(cloud, "wildrydes.stranger", stranger)
    forged = request("concierge", **ride(place))
    queues.send(INBOX, json.dumps({**on_the_bus(forged), "source": "wildrydes.stranger"}))
    parked = queues.parked(INBOX, forged.metadata.correlation_id)
    assert "foreign source" in parked["attributes"]["reason"]
    for asked in (stranger, forged):
        assert desk({"rfq_id": asked.metadata.correlation_id})["quotes"] == []
    assert stranger.metadata.correlation_id not in json.dumps(queues.dead_letters(INBOX), default=str)


def test_the_responder_may_answer_no_queue_but_those_of_requesters(cloud: Cloud) -> None:
    """IAM has the last word, whatever the code does."""
    root = cloud.client("sqs")
    stranger = root.create_queue(QueueName="wild-rydes-reply-stranger")["QueueUrl"]
    try:
        with pytest.raises(ClientError, match="AccessDenied"):
            client_as(cloud, "unicorn-mgmt-responder", "sqs").send_message(
                QueueUrl=stranger, MessageBody="{}"
            )
    finally:
        root.delete_queue(QueueUrl=stranger)


def request(requester: str, **trip: Json) -> Envelope[RfqRequested]:
    """An RFQ that is to be answered at the address of a requester."""
    rfq_id = f"foreign-{uuid.uuid4()}"
    address = f"arn:aws:sqs:{REGION}:{ACCOUNT}:wild-rydes-reply-{requester}"
    said = {
        "event_id": uuid.uuid4(),
        "reply_to": address,
        "occurred_at": datetime.now(UTC),
        "deadline": datetime.now(UTC) + timedelta(hours=1),
    }
    places = {name: {"lat": place["lat"], "lon": place["lon"]} for name, place in trip.items()}
    return fake(RfqRequested, metadata=said, rfq_id=rfq_id, **places)


def publish(cloud: Cloud, source: str, envelope: Envelope[RfqRequested]) -> None:
    entry = {
        "EventBusName": BUS_NAME,
        "Source": source,
        "DetailType": RfqRequested.name,
        "Detail": envelope.to_json(),
    }
    assert cloud.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
