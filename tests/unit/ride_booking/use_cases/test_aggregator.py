import json
from datetime import timedelta
from typing import Any

import pytest

import wild_rydes_contracts as contracts
from ride_booking.domain.rfq import Completion, Counts, Quote, Rating
from tests.support import aws
from tests.support.ride_booking.faults import throttle
from tests.support.ride_booking.world import (
    DEADLINE,
    MAX_ATTEMPTS,
    NOW,
    SECRETS,
    World,
    decline,
    quote,
    response,
    rfq,
)
from wild_rydes_messaging.retry import PATIENCE

DONE: dict[str, Any] = {"batchItemFailures": []}


def test_a_batch_about_one_rfq_is_one_read_and_one_write(world: World, calls: list[str]) -> None:
    kept = world.put()
    answers = [response(kept.id, quote(f"u-{i}", f"{i}.50")) for i in range(8)]
    batch = world.taken(
        world.replies,
        *answers,
        response(kept.id, decline("u-no"), asked=("u-no", *(f"u-{i}" for i in range(8)))),
    )
    aws.reads.catch_up()
    calls.clear()

    assert world.aggregator().handle(batch) == DONE
    assert calls == ["GetItem", "UpdateItem"]
    found = world.stored(kept.id)
    assert found.completion == Completion("all-answered", NOW)
    assert found.counts() == Counts(asked=9, quoted=8, declined=1, silent=0, late=0)
    assert found.quotes()[0] == ("u-0", Quote(50, 240, name="Shadowfax"))


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ((3, 3), Rating(3, 3)),
        ((3, 30), Rating(3, 30)),
        ((3, 2), None),
        ((3, 31), None),
        ((10**9, 10**10), Rating(10**9, 10**10)),
    ],
)
def test_a_quote_keeps_its_rating_unless_no_scores_add_up_to_it(
    world: World, told: tuple[int, int], kept: Rating | None
) -> None:
    rfq_id = world.put().id
    count, total = told
    rated = quote("u-a", rating=contracts.Rating(count=count, total=total))
    world.gather(response(rfq_id, rated, asked=("u-a",)))

    assert world.stored(rfq_id).quotes() == [("u-a", Quote(1250, 240, name="Shadowfax", rating=kept))]


def test_each_rfq_of_a_batch_gets_its_own(world: World) -> None:
    one, other = world.put(), world.put()
    world.gather(
        response(one.id, quote("u-a"), asked=("u-a", "u-b")),
        response(other.id, quote("u-b", "7.25", "CHF"), asked=("u-a", "u-b")),
    )

    assert world.stored(one.id).quotes() == [("u-a", Quote(1250, 240, name="Shadowfax"))]
    assert world.stored(other.id).quotes() == [("u-b", Quote(725, 240, "CHF", "Shadowfax"))]


def test_the_same_batch_again_writes_nothing(world: World, calls: list[str]) -> None:
    """As after a worker was killed between its write and its answer."""
    kept = world.put()
    batch = world.taken(world.replies, response(kept.id, quote("u-a"), asked=("u-a", "u-b")))
    world.aggregator().handle(batch)
    before = world.stored(kept.id)
    aws.reads.catch_up()
    calls.clear()

    assert world.aggregator().handle(batch) == DONE
    assert calls == ["GetItem"]
    assert world.stored(kept.id) == before


def test_late_answers_are_noted_and_never_shown(world: World) -> None:
    kept = world.put()
    world.gather(response(kept.id, asked=("u-a", "u-b")))
    world.now = DEADLINE
    world.gather(response(kept.id, quote("u-a")), response(kept.id, quote("u-forged")))

    found = world.stored(kept.id)
    assert found.completion == Completion("deadline", DEADLINE)
    assert found.quotes() == []
    assert found.counts() == Counts(asked=2, quoted=0, declined=0, silent=2, late=1)
    [line] = world.logged("completed")
    assert (line["completed_by"], line["correlation_id"]) == ("deadline", kept.id)


def test_forged_answers_do_not_show(world: World) -> None:
    kept = world.put()
    world.gather(response(kept.id, quote("u-forged", "0.01")))
    world.gather(response(kept.id, quote("u-a"), asked=("u-a",)))

    found = world.stored(kept.id)
    assert [responder for responder, _ in found.quotes()] == ["u-a"]
    assert found.counts().asked == 1


def test_an_answer_to_an_unknown_rfq_is_dropped(world: World) -> None:
    assert world.gather(response("no-such-rfq", quote("u-a"))) == DONE
    assert world.count() == 0
    assert world.parked() == []
    [line] = world.logged("dropped: no such RFQ")
    assert line["correlation_id"] == "no-such-rfq"


@pytest.mark.parametrize(
    "poison",
    [
        "no JSON",
        "[]",
        "{}",
        json.dumps({"metadata": {}, "data": {}}),
        response("rfq", quote("u-a")).replace('"12.50"', '"-1"'),
        response("rfq", quote("u-a")).replace('"event_version":1', '"event_version":2'),
        response("rfq", quote("u-a")).replace('"quote"', '"promise"'),
        response("rfq", quote("u-a")).replace('"u-a"', '"../etc"'),
    ],
)
def test_poison_is_parked_with_its_reason_and_stops_nothing_else(world: World, poison: str) -> None:
    kept = world.put()
    good = response(kept.id, quote("u-a"), asked=("u-a",))

    assert world.gather(poison, good) == DONE
    assert world.stored(kept.id).status == "completed"
    [parked] = world.parked()
    assert parked["body"] == poison
    assert parked["error"] == "Unprocessable"
    assert parked["reason"]


def test_a_throttled_table_brings_the_messages_back_and_loses_none(world: World) -> None:
    kept = world.put()
    batch = world.taken(world.replies, response(kept.id, quote("u-a"), asked=("u-a",)), response(kept.id))
    with throttle(world.dynamodb, "UpdateItem"):
        returned = world.aggregator().handle(batch)

    assert {failure["itemIdentifier"] for failure in returned["batchItemFailures"]} == {
        record["messageId"] for record in batch["Records"]
    }
    assert world.aggregator().handle(batch) == DONE
    assert world.stored(kept.id).status == "completed"


def test_one_rfq_in_trouble_keeps_back_no_other(world: World) -> None:
    stuck, fine = world.put(), world.put()
    batch = world.taken(
        world.replies, response(stuck.id, asked=("u-a",)), response(fine.id, quote("u-a"), asked=("u-a",))
    )
    with throttle(world.dynamodb, "UpdateItem", only=stuck.id):
        returned = world.aggregator().handle(batch)

    assert len(returned["batchItemFailures"]) == 1
    assert world.stored(fine.id).status == "completed"
    assert world.stored(stuck.id) == stuck


def test_what_is_throttled_for_an_hour_is_parked(world: World) -> None:
    kept = world.put()
    body = response(kept.id, quote("u-a"), asked=("u-a",))
    with throttle(world.dynamodb, "UpdateItem"):
        almost = world.gather(body, attempt=10 * MAX_ATTEMPTS, waited=PATIENCE - timedelta(seconds=1))
        assert len(almost["batchItemFailures"]) == 1
        assert world.gather(attempt=10 * MAX_ATTEMPTS, waited=PATIENCE) == DONE

    [parked] = world.parked()
    assert parked["body"] == body
    assert "ThrottlingException" in parked["reason"]


def test_logs_follow_the_rfq_and_tell_nothing_personal(world: World) -> None:
    kept = world.put()
    world.gather(response(kept.id, quote("u-a", "98.76"), asked=("u-a", "u-b")))

    assert [(line["message"], line["correlation_id"]) for line in world.logs] == [
        ("received", kept.id),
        ("gathered", kept.id),
    ]
    [line] = world.logged("gathered")
    assert (line["asked"], line["quoted"], line["changed"]) == (2, 1, True)
    assert not [secret for secret in (*SECRETS, rfq().customer, "98.76") if secret in world.stream.getvalue()]
