import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from tests.support.unicorn_mgmt.partner_samples import PARTNERS, metadata
from tests.support.unicorn_mgmt.world import MAX_ATTEMPTS, SPACE_NEEDLE, World
from unicorn_mgmt.adapters.partner_queues import CallbackChecks, RequestQueues
from unicorn_mgmt.adapters.partners.roster import Area
from unicorn_mgmt.domain.callback_due import CallbackDue, OpenCall, expected
from unicorn_mgmt.domain.unicorn import Place
from wild_rydes_contracts import Envelope, RfqRequested
from wild_rydes_messaging.consume import Consumer, Received

TACOMA = Place(47.25288, -122.44429)  # 40.2 km from Seattle
SYDNEY = Place(-33.86, 151.21)


def received(world: World, *rfqs: str) -> list[Received[RfqRequested]]:
    consumer = Consumer(
        RfqRequested,
        sqs=world.sqs,
        parking_lot=world.parking_lot,
        logger=world.logger,
        metrics=world.metrics,
        max_attempts=MAX_ATTEMPTS,
    )
    deadline = datetime.now(UTC) + timedelta(seconds=60)
    return list(consumer.receive(world.deliver(*(world.request(r, deadline=deadline) for r in rfqs))))


def queues(world: World) -> dict[str, str]:
    return {id_: world.sqs.create_queue(QueueName=f"partner-{id_}")["QueueUrl"] for id_ in PARTNERS}


def taken(world: World, url: str) -> list[str]:
    answer = world.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [message["Body"] for message in answer.get("Messages", [])]


def test_who_serves_a_place_is_asked(world: World) -> None:
    near, far = (
        replace(PARTNERS["p-comet"], id=id_, area=Area(47.6062, -122.3321, radius_km))
        for id_, radius_km in (("p-near", 40), ("p-far", 41))
    )
    partners = {partner.id: partner for partner in (near, far)}
    forwarding = RequestQueues(world.sqs, partners, dict.fromkeys(partners, "https://queue"))
    assert forwarding.serving(SPACE_NEEDLE) == ("p-near", "p-far")
    assert forwarding.serving(TACOMA) == ("p-far",)
    assert forwarding.serving(SYDNEY) == ()


def test_a_partner_without_a_queue_is_not_asked(world: World) -> None:
    assert RequestQueues(world.sqs, PARTNERS, {}).serving(SPACE_NEEDLE) == ()


def test_each_partner_gets_the_event_as_it_came(world: World) -> None:
    urls = queues(world)
    first, second = sorted(received(world, "rfq-1", "rfq-2"), key=lambda m: m.data.rfq_id)
    both = [(first, ["p-comet", "p-nimbus"]), (second, ["p-comet"])]
    assert RequestQueues(world.sqs, PARTNERS, urls).forward(both) == []
    bodies = [json.loads(body) for body in taken(world, urls["p-comet"])]
    assert {b["detail"]["data"]["rfq_id"]: b["detail"]["metadata"]["event_id"] for b in bodies} == {
        "rfq-1": str(first.metadata.event_id),
        "rfq-2": str(second.metadata.event_id),
    }
    assert {(b["source"], b["detail-type"]) for b in bodies} == {("wildrydes.ride-booking", "RfqRequested")}
    assert len(taken(world, urls["p-nimbus"])) == 1
    assert taken(world, urls["p-pegasus"]) == []


def test_a_queue_that_fails_keeps_nothing_from_the_others(world: World) -> None:
    urls = queues(world)
    world.sqs.delete_queue(QueueUrl=urls["p-comet"])
    [message] = received(world, "rfq-1")
    failed = RequestQueues(world.sqs, PARTNERS, urls).forward([(message, list(PARTNERS))])
    [(key, error)] = [(receipt.key, receipt.error) for receipt in failed]
    assert key == message.message_id
    assert error
    assert error.startswith("p-comet: ")
    assert len(taken(world, urls["p-pegasus"])) == 1


def test_partners_do_not_wait_for_each_other(world: World) -> None:
    """One after the other, none of these sends would end."""
    urls = queues(world)
    [message] = received(world, "rfq-1")
    all_at_once = threading.Barrier(len(PARTNERS), timeout=5)
    send = world.sqs.send_message_batch
    with patch.object(
        world.sqs, "send_message_batch", lambda **batch: (all_at_once.wait(), send(**batch))[1]
    ):
        assert RequestQueues(world.sqs, PARTNERS, urls).forward([(message, list(PARTNERS))]) == []
    assert [len(taken(world, url)) for url in urls.values()] == [1] * len(PARTNERS)


def test_what_is_to_be_looked_at_comes_after_its_time(world: World) -> None:
    now = datetime.now(UTC)
    call = OpenCall(took=0.1, mode="AUTO", epoch=3, row=1.5, probe="here/1")
    check = expected(metadata(), "p-nimbus", "rfq-1", due=now + timedelta(seconds=10), call=call, now=now)
    CallbackChecks(world.sqs, world.checks).send(check, 0.2)
    attributes = world.sqs.get_queue_attributes(QueueUrl=world.checks, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"
    assert attributes["ApproximateNumberOfMessages"] == "0"


def test_a_check_is_read_as_it_was_sent() -> None:
    now = datetime.now(UTC)
    call = OpenCall(took=0.1, mode="AUTO", epoch=3, row=1.5, probe="here/1")
    check = expected(metadata(), "p-nimbus", "rfq-1", due=now + timedelta(seconds=10), call=call, now=now)
    read = Envelope[CallbackDue].model_validate_json(check.to_json())
    assert read.to_json() == check.to_json()
    assert read.data.call == call
