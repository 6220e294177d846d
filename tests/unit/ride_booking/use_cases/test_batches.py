"""Batches of RFQs: each RFQ has its outcome, whatever comes, however often and when."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ride_booking.adapters.batch_table import BatchOutcome
from ride_booking.domain.rfq_batch import MAX_RFQS, batch_id, is_of, rfq_id
from tests.support import modelled
from tests.support.ride_booking.faults import throttle
from tests.support.ride_booking.world import BATCH as ID
from tests.support.ride_booking.world import BODY, MAX_ATTEMPTS, NOW, World, batch, clients, furnish

DONE: dict[str, Any] = {"batchItemFailures": []}


def handle(world: World, *bodies: str, attempt: int = 1) -> dict[str, Any]:
    return world.batches().handle(world.taken(world.replies, *bodies, attempt=attempt))


def outcome(world: World, id_: str = ID) -> BatchOutcome:
    found = world.batch_table.get(id_)
    assert found
    return found


def problems(world: World) -> list[Any]:
    return [json.loads(each.problem) if each.problem else None for each in outcome(world).outcomes]


def test_each_rfq_is_submitted_or_refused_for_itself(world: World) -> None:
    bad = {"from": {"lat": 91, "lon": 0}, "to": BODY["to"], "extra": 1}
    someone = {**BODY, "customer": "cust-2"}
    assert handle(world, batch({"rfqs": [BODY, bad, 7, someone, {**BODY, "respond-within": 60}]})) == DONE

    found = [each.rfq_id for each in outcome(world).outcomes]
    assert found == [rfq_id(ID, 0), None, None, None, rfq_id(ID, 4)]
    assert world.stored(rfq_id(ID, 4)).deadline == NOW + timedelta(seconds=60)
    assert {error["field"] for error in problems(world)[1]["errors"]} == {"from.lat", "extra"}
    assert [each and each["status"] for each in problems(world)] == [None, 400, 400, 403, None]


@pytest.mark.parametrize(
    "content",
    [
        *("", "nonsense", "{", "[]", "7", "null", "{}"),
        *('{"rfqs": []}', '{"rfqs": 1}', '{"rfqs": [1], "more": 1}'),
        "[" * 100_000,
        '{"rfqs": [' + ",".join(["1"] * (MAX_RFQS + 1)) + "]}",
    ],
    ids=lambda content: content[:20],
)
def test_what_is_no_batch_says_so(world: World, content: str) -> None:
    assert handle(world, batch(content)) == DONE
    found = outcome(world)
    assert json.loads(found.problem or "")["status"] == 400
    assert found.outcomes == []
    assert world.parked() == []


def test_the_most_that_a_batch_may_hold_fits_whatever_is_wrong_with_it(world: World) -> None:
    worst = {f"unknown-{n}" + "x" * 150: n for n in range(6)}
    assert handle(world, batch({"rfqs": [worst] * MAX_RFQS})) == DONE
    assert len(outcome(world).outcomes) == MAX_RFQS


def test_a_batch_that_comes_twice_is_handled_once(world: World, calls: list[str]) -> None:
    body = batch({"rfqs": [BODY, 7]})
    handle(world, body, body)
    before = outcome(world)
    calls.clear()

    world.now += timedelta(hours=1)
    assert handle(world, body) == DONE
    assert outcome(world) == before
    assert world.count() == 1
    assert "PutItem" not in calls


@pytest.mark.parametrize(
    ("fails", "only"),
    [
        ("PutItem", rfq_id(ID, 1)),
        ("PutItem", f"batch#{ID}"),
        ("UpdateItem", f"/{rfq_id(ID, 1)}"),
        ("GetItem", ""),
    ],
)
def test_a_worker_that_dies_in_the_middle_leaves_nothing_that_is_done_twice(
    world: World, fails: str, only: str
) -> None:
    body = batch({"rfqs": [BODY, BODY]})
    with throttle(world.dynamodb, fails, only):
        assert handle(world, body)["batchItemFailures"]

    world.now += timedelta(seconds=9)
    assert handle(world, body, attempt=2) == DONE
    assert [each.rfq_id for each in outcome(world).outcomes] == [rfq_id(ID, 0), rfq_id(ID, 1)]
    assert world.count() == 2


def test_what_a_dead_worker_has_submitted_stays_accepted_however_late_the_batch_comes_again(
    world: World,
) -> None:
    body = batch({"rfqs": [{**BODY, "respond-within": 60}] * 2})
    with throttle(world.dynamodb, "PutItem", rfq_id(ID, 1)):
        assert handle(world, body)["batchItemFailures"]

    world.now += timedelta(minutes=3)
    assert handle(world, body, attempt=2) == DONE
    assert [each.rfq_id for each in outcome(world).outcomes] == [rfq_id(ID, 0), None]
    assert [each and each["status"] for each in problems(world)] == [None, 503]


def test_another_body_under_the_id_of_a_batch_that_is_not_done_is_told_of_each_rfq(world: World) -> None:
    first, another = (
        world.taken(world.replies, batch({"rfqs": rfqs}))
        for rfqs in ([BODY, BODY], [{**BODY, "respond-within": 60}])
    )
    with throttle(world.dynamodb, "PutItem", rfq_id(ID, 1)):
        assert world.batches().handle(first)["batchItemFailures"]

    assert world.batches().handle(another) == DONE
    assert world.batches().handle(first) == DONE
    assert [each and each["status"] for each in problems(world)] == [422]
    assert outcome(world).reused
    assert world.parked() == []


def test_another_body_under_the_same_id_is_ignored_and_said_to_be(world: World) -> None:
    handle(world, batch({"rfqs": [BODY]}))
    handle(world, batch({"rfqs": [BODY, BODY]}))
    found = outcome(world)
    assert (len(found.outcomes), found.reused) == (1, True)
    assert world.count() == 1


def test_an_rfq_that_waited_for_too_long_is_refused(world: World) -> None:
    world.now = NOW + timedelta(seconds=60)
    handle(world, batch({"rfqs": [{**BODY, "respond-within": 60}, {**BODY, "respond-within": 61}]}))
    assert [each and each["status"] for each in problems(world)] == [503, None]
    assert world.stored(rfq_id(ID, 1)).deadline == world.now + timedelta(seconds=61)


def test_no_more_are_open_than_the_tier_allows(world: World) -> None:
    handle(world, batch({"rfqs": [BODY] * 7}))
    assert [each and each["status"] for each in problems(world)] == [None] * 5 + [429] * 2


@pytest.mark.parametrize(
    "body",
    [
        batch({"rfqs": [BODY]}, customer="cust-2"),
        batch({"rfqs": [BODY]}).replace("content", "contents"),
        "{",
    ],
)
def test_poison_is_parked_with_the_reason_and_stops_nothing(world: World, body: str) -> None:
    assert handle(world, body, batch({"rfqs": [BODY]})) == DONE
    [parked] = world.parked()
    assert parked["body"] == body
    assert len(outcome(world).outcomes) == 1


def test_a_bug_is_given_some_attempts_and_then_parked(world: World) -> None:
    body = batch({"rfqs": [BODY]}, tier="platinum")  # no longer one of ours
    assert handle(world, body)["batchItemFailures"]
    handle(world, body, attempt=MAX_ATTEMPTS)
    assert [parked["body"] for parked in world.parked()][:1] == [body]


SENT = [
    batch({"rfqs": [BODY] * n}, batch_id(who, uuid.UUID(int=n), None), who)
    for who in ("a", "b")
    for n in (1, 2)
]


@settings(max_examples=5)  # each has a world of its own
@given(st.permutations([*SENT, *SENT, "{", "{"]), st.integers(1, 4))
def test_the_order_is_of_no_account_and_none_is_handled_twice(bodies: list[str], at_once: int) -> None:
    with modelled.account(furnish) as queues:
        world = World(**clients(), **queues)
        for first in range(0, len(bodies), at_once):
            assert handle(world, *bodies[first : first + at_once]) == DONE
            world.now += timedelta(seconds=9)
        for who in ("a", "b"):
            for n in (1, 2):
                id_ = batch_id(who, uuid.UUID(int=n), None)
                assert [each.rfq_id for each in outcome(world, id_).outcomes] == [
                    rfq_id(id_, i) for i in range(n)
                ]
        assert world.count() == 6
        assert [parked["body"] for parked in world.parked()] == ["{", "{"]


@given(st.text())
def test_no_content_is_a_surprise(content: str) -> None:
    with modelled.account(furnish) as queues:
        world = World(**clients(), **queues)
        text = content.encode("utf-8", "replace").decode()
        assert handle(world, batch(text)) == DONE
        assert outcome(world).problem


@given(st.text(min_size=1), st.text(min_size=1), st.uuids(), st.none() | st.text(min_size=1))
def test_a_batch_is_its_owners_alone(one: str, other: str, request: uuid.UUID, key: str | None) -> None:
    made = batch_id(one, request, key)
    assert is_of(made, one)
    assert is_of(made, other) == (one == other)
    assert not is_of(made[:-1], one)
