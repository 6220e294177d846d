from datetime import timedelta
from typing import Any

import pytest

from ride_booking.domain.rfq import Completion
from tests.support import aws
from tests.support.ride_booking.faults import throttle
from tests.support.ride_booking.world import (
    DEADLINE,
    MAX_ATTEMPTS,
    World,
    deadline_of,
    quote,
    record,
    response,
    rfq,
)

DONE: dict[str, Any] = {"batchItemFailures": []}


def timer(world: World, attempt: int = 1, **other: Any) -> dict[str, Any]:
    """The batch with the deadline message of a new RFQ, as the outbox sends it when the deadline has come."""
    now, world.now = world.now, DEADLINE
    kept = world.put(**other)
    world.outbox().handle({"Records": [record(kept)]})
    world.now = now
    return {"id": kept.id, **world.taken(world.deadlines, attempt=attempt)}


def test_closes_what_still_runs_at_its_deadline(world: World) -> None:
    batch = timer(world)
    world.gather(response(batch["id"], quote("u-a"), asked=("u-a", "u-b")))
    world.now = DEADLINE

    assert world.closer().handle(batch) == DONE
    found = world.stored(batch["id"])
    assert found.completion == Completion("deadline", DEADLINE)
    assert [responder for responder, _ in found.quotes()] == ["u-a"]
    [line] = world.logged("completed")
    assert (line["completed_by"], line["correlation_id"]) == ("deadline", batch["id"])


def test_is_not_dropped_for_being_past_the_deadline(world: World) -> None:
    batch = timer(world)
    world.now = DEADLINE + timedelta(hours=6)

    world.closer().handle(batch)
    assert world.stored(batch["id"]).completion == Completion("deadline", DEADLINE)


def test_what_is_completed_already_stays_as_it_is(world: World, calls: list[str]) -> None:
    batch = timer(world)
    world.gather(response(batch["id"], quote("u-a"), asked=("u-a",)))
    before = world.stored(batch["id"])
    world.now = DEADLINE
    aws.reads.catch_up()
    calls.clear()

    assert world.closer().handle(batch) == DONE
    assert world.closer().handle(batch) == DONE
    assert calls == ["GetItem", "GetItem"]
    assert world.stored(batch["id"]) == before


@pytest.mark.parametrize("attempt", [1, MAX_ATTEMPTS])
def test_a_message_that_comes_early_returns_later(world: World, attempt: int) -> None:
    batch = timer(world, attempt)
    world.now = DEADLINE - timedelta(seconds=1.2)
    postponed: list[int] = []
    world.sqs.meta.events.register(
        "provide-client-params.sqs.ChangeMessageVisibilityBatch",
        lambda params, **_: postponed.append(params["Entries"][0]["VisibilityTimeout"]),
    )

    assert len(world.closer().handle(batch)["batchItemFailures"]) == 1
    assert postponed == [2]
    assert world.stored(batch["id"]).status == "running"
    assert world.parked() == []


def test_the_deadline_of_an_unknown_rfq_is_dropped(world: World) -> None:
    batch = timer(world)
    world.dynamodb.delete_item(TableName="ride-booking", Key={"id": {"S": batch["id"]}})
    world.now = DEADLINE

    assert world.closer().handle(batch) == DONE
    assert world.count() == 0
    assert world.logged("dropped: no such RFQ")[0]["correlation_id"] == batch["id"]


def test_a_throttled_table_brings_the_message_back(world: World) -> None:
    batch = timer(world)
    world.now = DEADLINE
    with throttle(world.dynamodb, "GetItem"):
        assert len(world.closer().handle(batch)["batchItemFailures"]) == 1

    assert world.closer().handle(batch) == DONE
    assert world.stored(batch["id"]).status == "completed"


def test_poison_is_parked_with_its_reason(world: World) -> None:
    assert world.closer().handle(world.taken(world.deadlines, '{"metadata": 1}')) == DONE
    [parked] = world.parked()
    assert parked["reason"].startswith("no valid RfqDeadline")


def test_the_whole_way_of_an_rfq_each_step_taken_twice(world: World) -> None:
    """As if each worker was killed after its work and before it could say so."""
    new = world.put()
    for _ in range(2):
        world.outbox().handle({"Records": [record(new)]})
    for _ in range(2):
        world.gather(response(new.id, quote("u-a"), asked=("u-a", "u-b")))
    world.now = DEADLINE
    running = world.stored(new.id)
    batch = world.taken(world.deadlines, deadline_of(new))
    for _ in range(2):
        world.closer().handle(batch)
        world.outbox().handle({"Records": [record(world.stored(new.id), running)]})

    assert len(world.logged("completed")) == 1
    events = {(e["detail-type"], e["detail"]["metadata"]["event_id"]) for e in world.published()}
    assert sorted(name for name, _ in events) == ["RfqCompleted", "RfqRequested"]
    assert world.stored(new.id).completion == Completion("deadline", DEADLINE)
    assert [responder for responder, _ in world.stored(new.id).quotes()] == ["u-a"]
    assert rfq().customer not in world.stream.getvalue()
