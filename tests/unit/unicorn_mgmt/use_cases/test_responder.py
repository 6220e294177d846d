import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.support.unicorn_mgmt.faults import throttled
from tests.support.unicorn_mgmt.partner_samples import PARTNERS
from tests.support.unicorn_mgmt.world import CARD, MAX_ATTEMPTS, NOW, REQUESTERS, SPACE_NEEDLE, World
from unicorn_mgmt.domain.unicorn import Place
from unicorn_mgmt.domain.vicinity import MAX_FOUND

NEXT_DOOR = Place(SPACE_NEEDLE.lat + 0.01, SPACE_NEEDLE.lon)
TACOMA = Place(47.25288, -122.44429)
EVERYTHING_DONE: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}


def test_one_response_tells_who_was_asked_and_what_they_answer(world: World) -> None:
    near, far = world.add("near"), world.add("far", at=NEXT_DOOR)
    by_hand = world.add("by hand", auto_quote=False, connection="c-1")
    lame = world.add("lame", at=NEXT_DOOR, card=replace(CARD, max_km=5))
    world.add("in Tacoma", at=TACOMA)
    world.add("at home", at=None)

    assert world.responder().handle(world.deliver(world.request())) == EVERYTHING_DONE

    [response] = world.answers()
    asked = response["data"]["asked"]
    assert (set(asked[:2]), set(asked[2:])) == ({near, by_hand}, {far, lame})
    answers = {answer["responder_id"]: answer for answer in response["data"]["answers"]}
    assert answers.keys() == {near, far, lame}
    assert answers[lame] == {"kind": "decline", "responder_id": lame, "reason": "too-far"}
    assert answers[near] == {
        "kind": "quote",
        "responder_id": near,
        "display_name": "near",
        "price": {"amount": "26.99", "currency": "USD"},  # 3.00 + 19.99 km at 1.20
        "pickup_in_seconds": 0,
    }
    assert answers[far]["pickup_in_seconds"] == 67  # 1.112 km at 60 km/h


def test_the_response_continues_the_conversation(world: World) -> None:
    request = world.request("rfq-7")
    world.responder().handle(world.deliver(request))
    [response] = world.answers()
    metadata = response["metadata"]
    assert metadata["correlation_id"] == "rfq-7"
    assert metadata["causation_id"] == json.loads(request)["detail"]["metadata"]["event_id"]
    assert metadata["occurred_at"] == "2026-11-21T09:00:00Z"
    assert not {"reply_to", "deadline"} & metadata.keys()


def test_with_nobody_in_reach_nobody_is_asked(world: World) -> None:
    world.add("in Tacoma", at=TACOMA)
    world.responder().handle(world.deliver(world.request()))
    [response] = world.answers()
    assert response["data"] == {"asked": [], "answers": []}


@pytest.mark.slow
def test_no_more_than_the_cap_are_asked(world: World) -> None:
    for i in range(MAX_FOUND + 3):
        world.add(f"unicorn {i}")
    world.responder().handle(world.deliver(world.request()))
    [response] = world.answers()
    assert len(response["data"]["asked"]) == len(response["data"]["answers"]) == MAX_FOUND


def test_a_batch_is_answered_with_one_call_and_each_cell_is_read_once(world: World, calls: list[str]) -> None:
    world.add("near")
    alone, batch = (
        world.deliver(world.request()),
        world.deliver(*(world.request(f"rfq-{i}") for i in range(10))),
    )
    calls.clear()
    responder = world.responder()
    responder.handle(alone)
    queries = calls.count("Query")
    calls.clear()
    responder.handle(batch)
    assert calls.count("Query") == queries
    assert calls.count("SendMessageBatch") == 1
    assert set(calls) == {"Query", "SendMessageBatch"}


def test_cells_are_read_anew_in_the_next_batch(world: World) -> None:
    responder = world.responder()
    responder.handle(world.deliver(world.request()))
    late = world.add("late")
    responder.handle(world.deliver(world.request()))
    assert [answer["data"]["asked"] for answer in world.answers()] == [[], [late]]


def test_a_duplicate_gives_the_same_answer_under_the_same_id(world: World) -> None:
    world.add("near")
    request = world.request()
    world.responder().handle(world.deliver(request, request))
    world.responder().handle(world.deliver(request))
    first, *others = world.answers()
    assert others == [first, first]


def test_an_rfq_past_its_deadline_is_dropped_before_any_read(world: World, calls: list[str]) -> None:
    event = world.deliver(world.request(deadline=NOW - timedelta(seconds=1)))
    calls.clear()
    assert world.responder().handle(event) == EVERYTHING_DONE
    assert calls == []


@pytest.mark.parametrize(
    "address",
    [
        "arn:aws:sqs:us-east-1:123456789012:payroll",
        "arn:aws:sqs:us-east-1:999999999999:wild-rydes-reply-ride-booking",
        "arn:aws:sqs:us-east-1:123456789012:wild-rydes-reply-x:y",
    ],
)
def test_a_foreign_return_address_is_parked_before_any_read(
    world: World, calls: list[str], address: str
) -> None:
    event = world.deliver(world.request(reply_to=address))
    calls.clear()
    assert world.responder().handle(event) == EVERYTHING_DONE
    assert calls == ["SendMessage"]  # to the dead-letter queue
    [parked] = world.parked()
    assert parked["error"] == "ForbiddenReturnAddress"
    assert "return address" in parked["reason"]


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param("", marks=pytest.mark.moto),  # SQS takes no such message
        "not json",
        "[]",
        '{"detail-type": "RfqRequested"}',
        '{"detail-type": "SomethingElse", "detail": {}}',
    ],
)
def test_poison_is_parked_with_its_reason_and_stops_nothing_else(world: World, poison: str) -> None:
    event = world.deliver(world.request(), world.request("rfq-2"))
    event["Records"][0]["body"] = poison
    assert world.responder().handle(event) == EVERYTHING_DONE
    [parked] = world.parked()
    assert parked["error"] == "Unprocessable"
    assert parked["reason"]
    assert len(world.answers()) == 1


def test_coordinates_out_of_range_are_poison(world: World) -> None:
    event = world.deliver(world.request(start={"lat": 91, "lon": 0}))
    world.responder().handle(event)
    [parked] = world.parked()
    assert "start.lat" in parked["reason"]


def test_a_failing_receipt_retries_its_message_alone(world: World) -> None:
    event = world.deliver(world.request(), world.request("rfq-2", source="wildrydes.nowhere"))
    returned = world.responder().handle(event)
    [failed] = [r["messageId"] for r in event["Records"] if "rfq-2" in r["body"]]
    assert returned == {"batchItemFailures": [{"itemIdentifier": failed}]}
    assert [answer["metadata"]["correlation_id"] for answer in world.answers()] == ["rfq-1"]
    assert [line["correlation_id"] for line in world.logs if line["message"] == "replied"] == ["rfq-1"]
    assert world.parked() == []


def test_a_reply_that_is_never_taken_is_parked_at_the_last_attempt(world: World) -> None:
    event = world.deliver(world.request(source="wildrydes.nowhere"), attempt=MAX_ATTEMPTS)
    assert world.responder().handle(event) == EVERYTHING_DONE
    [parked] = world.parked()
    assert parked["error"] == "DeliveryError"
    assert "NonExistentQueue" in parked["reason"] or "QueueDoesNotExist" in parked["reason"]


def test_a_second_requester_gets_its_answers_at_its_own_address(world: World) -> None:
    world.add("near")
    address = world.sqs.create_queue(QueueName="wild-rydes-reply-concierge")["QueueUrl"]
    event = world.deliver(world.request(), world.request("rfq-2", source="wildrydes.concierge"))
    assert world.responder().handle(event) == EVERYTHING_DONE
    [ours] = world.answers()
    [theirs] = world.sqs.receive_message(QueueUrl=address)["Messages"]
    assert ours["metadata"]["correlation_id"] == "rfq-1"
    assert json.loads(theirs["Body"])["metadata"]["correlation_id"] == "rfq-2"


@pytest.mark.parametrize(
    ("wrong", "error", "reason"),
    [
        ({"source": "wildrydes.rogue"}, "Unprocessable", "RfqRequested from a foreign source"),
        (
            {"source": "wildrydes.concierge", "reply_to": REQUESTERS["wildrydes.ride-booking"]},
            "ForbiddenReturnAddress",
            "return address is not that of wildrydes.concierge",
        ),
        (
            {"reply_to": REQUESTERS["wildrydes.concierge"]},
            "ForbiddenReturnAddress",
            "return address is not that of wildrydes.ride-booking",
        ),
    ],
    ids=["a foreign source", "another's address", "the other way round"],
)
def test_a_foreign_source_or_address_gets_nothing_and_is_parked(
    world: World, wrong: dict[str, str], error: str, reason: str
) -> None:
    world.add("near")
    event = world.deliver(world.request("rfq-1", **wrong), world.request("rfq-2"))
    assert world.responder().handle(event) == EVERYTHING_DONE
    assert [answer["metadata"]["correlation_id"] for answer in world.answers()] == ["rfq-2"]
    [parked] = world.parked()
    assert (parked["error"], parked["reason"]) == (error, reason)


@pytest.mark.moto
def test_throttled_queries_are_retried(world: World) -> None:
    near = world.add("near")
    event = world.deliver(world.request())
    with throttled(world.dynamodb, "dynamodb.Query", times=1) as refused:
        assert world.responder().handle(event) == EVERYTHING_DONE
    assert refused
    [response] = world.answers()
    assert response["data"]["asked"] == [near]


@pytest.mark.moto
def test_a_table_that_stays_throttled_fails_its_messages_alone(world: World) -> None:
    event = world.deliver(world.request())
    with throttled(world.dynamodb, "dynamodb.Query", times=1000):
        returned = world.responder().handle(event)
    assert returned == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
    assert world.answers() == world.parked() == []


def test_logs_tell_the_counts_and_no_coordinates_or_names(world: World) -> None:
    world.add("Bucephalus", card=replace(CARD, base=Decimal("77.77")))
    world.add("by hand", auto_quote=False, connection="c-1")
    world.responder().handle(world.deliver(world.request("rfq-7"), world.request(start={"lat": 47.62051})))
    [replied] = [line for line in world.logs if line["message"] == "replied"]
    assert (replied["correlation_id"], replied["asked"], replied["answered"]) == ("rfq-7", 2, 1)
    text = world.stream.getvalue()
    assert not [secret for secret in ("47.6", "122.3", "Bucephalus", "77.77") if secret in text]


def test_partners_that_serve_the_place_are_asked_too_each_by_its_own_queue(world: World) -> None:
    near = world.add("near")
    world.partner_queues |= {id_: world.sqs.create_queue(QueueName=id_)["QueueUrl"] for id_ in PARTNERS}
    assert world.responder().handle(world.deliver(world.request())) == EVERYTHING_DONE
    [response] = world.answers()
    assert response["data"]["asked"] == [near, *PARTNERS]
    assert [answer["responder_id"] for answer in response["data"]["answers"]] == [near]
    for url in world.partner_queues.values():
        [forwarded] = world.answers(url)
        assert forwarded["detail"]["data"]["rfq_id"] == "rfq-1"


def test_a_partners_queue_that_fails_brings_the_request_back(world: World) -> None:
    world.partner_queues["p-comet"] = world.sqs.create_queue(QueueName="p-comet")["QueueUrl"]
    world.sqs.delete_queue(QueueUrl=world.partner_queues["p-comet"])
    event = world.deliver(world.request())
    returned = world.responder().handle(event)
    assert returned == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
    again = world.responder().handle(event)
    assert again == returned
    first, second = world.answers()  # who was asked was told all the same, under one id
    assert first["metadata"]["event_id"] == second["metadata"]["event_id"]


def test_a_place_that_no_partner_serves_asks_none(world: World) -> None:
    world.partner_queues["p-comet"] = world.sqs.create_queue(QueueName="p-comet")["QueueUrl"]
    world.responder().handle(world.deliver(world.request(start={"lat": -33.86, "lon": 151.21})))
    [response] = world.answers()
    assert response["data"]["asked"] == []
    assert world.answers(world.partner_queues["p-comet"]) == []
