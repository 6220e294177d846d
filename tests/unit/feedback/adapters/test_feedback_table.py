"""The table's expressions, each met and unmet. On moto, and in memory: what stands in for the table does as the table does."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from feedback.adapters.feedback_table import Lookup, Repeated, Store, TooSoon
from feedback.domain.conversation import Conversation
from feedback.domain.number import Heard, Number
from tests.support.feedback.memory import Memory
from tests.support.feedback.world import MACHINE, NOON, Moto, World
from wild_rydes_dynamodb.change import Conflict
from wild_rydes_dynamodb.instants import from_number

DAY = timedelta(days=1)


@pytest.fixture(params=["moto", "memory"])
def aws(request: pytest.FixtureRequest) -> Moto | Memory:
    name = {"moto": "world_on_moto", "memory": "world"}[request.param]
    world: World = request.getfixturevalue(name)
    return world.aws


@pytest.fixture
def store(aws: Moto | Memory) -> Store:
    return Store(aws.dynamodb, aws.table, MACHINE)


def opened(ride_id: str = "r", *, customer: str = "c", days: float = 0) -> Conversation:
    return MACHINE.opened(
        ride_id=ride_id,
        responder_id="u-silver",
        customer_id=customer,
        correlation_id="rfq-1",
        now=NOON + days * DAY,
    )


def found(store: Store, ride_id: str = "r") -> Conversation:
    conversation = store.conversation(ride_id)
    assert conversation
    return conversation


def by_id(aws: Moto | Memory) -> dict[str, Any]:
    return {item["id"]["S"]: item for item in aws.items()}


def test_a_ride_has_one_conversation(store: Store) -> None:
    assert store.open(opened())
    assert found(store) == replace(opened(), revision=1)
    assert not store.open(opened(days=2))
    assert found(store).created_at == NOON
    assert store.conversation("another") is None


def test_a_customer_has_one_a_day_and_a_known_ride_is_known_rather_than_too_soon(store: Store) -> None:
    assert store.open(opened())
    with pytest.raises(TooSoon):
        store.open(opened("next", days=0.99))
    assert not store.open(opened(days=0.5))
    assert store.open(opened("of-another", customer="d"))
    assert store.open(opened("next", days=1))


def test_what_somebody_else_has_written_meanwhile_is_stale_and_nothing_is_written(
    aws: Moto | Memory, store: Store
) -> None:
    store.open(opened())
    seen, number = found(store), store.number("n")
    store.write(replace(seen, muted=True), number, now=NOON)
    before = by_id(aws)
    for conversation, standing in (
        (seen, store.number("n")),
        (found(store), number),
        (seen, number),
        (replace(opened(), revision=0), None),
    ):
        with pytest.raises(Conflict):
            store.write(conversation, standing, Lookup("sms-1", "r"), "in-1", now=NOON)
    assert by_id(aws) == before
    assert found(store).muted
    assert store.ride_of("sms-1") is None


def test_an_inbound_message_counts_once_even_if_all_else_is_stale(aws: Moto | Memory, store: Store) -> None:
    store.open(opened())
    seen = found(store)
    store.write(replace(seen, muted=True), Number("n").noted(Heard("d", "r", NOON)), None, "in-1", now=NOON)
    before = by_id(aws)
    with pytest.raises(Repeated):
        store.write(found(store), store.number("n"), None, "in-1", now=NOON + DAY)
    with pytest.raises(Repeated):
        store.write(seen, Number("n"), None, "in-1", now=NOON + DAY)
    assert by_id(aws) == before
    store.write(found(store), store.number("n"), None, "in-2", now=NOON)
    assert store.number("n").heard == (Heard("d", "r", NOON),)
    assert (found(store).revision, store.number("n").revision) == (3, 2)


def test_an_sms_is_known_by_its_id(store: Store) -> None:
    store.write(lookup=Lookup("sms-1", "r"), now=NOON)
    store.write(lookup=Lookup("sms-1", "r"), now=NOON)
    assert (store.ride_of("sms-1"), store.ride_of("sms-2")) == ("r", None)


def test_what_is_due_is_found_the_longest_overdue_first(store: Store) -> None:
    for ride_id, days in (("late", 0.2), ("early", 0.1), ("later", 0.3)):
        store.open(opened(ride_id, customer=ride_id, days=days))
    over = found(store, "later")
    store.write(replace(over.with_last(over.last.ended("dropped", NOON)), stage=None), now=NOON)
    look_after = timedelta(seconds=MACHINE.limits.look_again_after)
    assert list(store.due(NOON + 0.1 * DAY)) == []
    assert list(store.due(NOON + 0.1 * DAY + look_after)) == ["early"]
    assert list(store.due(NOON + 9 * DAY)) == ["early", "late"]


def test_a_score_is_added_once(aws: Moto | Memory, store: Store) -> None:
    for ride_id, score in (("a", 9), ("b", 4)):
        store.open(opened(ride_id, customer=ride_id))
        store.write(MACHINE.heard(found(store, ride_id), str(score), NOON), now=NOON)
        answered = found(store, ride_id)
        assert store.tally(answered)
        assert not store.tally(answered)
        assert found(store, ride_id) == replace(answered, tallied=True, revision=answered.revision + 1)
    responder = by_id(aws)["responder#u-silver"]
    assert {name: responder[name] for name in ("scores", "total")} == {
        "scores": {"N": "2"},
        "total": {"N": "13"},
    }
    latest = responder["latest"]["M"]
    assert (latest["ride_id"]["S"], latest["score"]["N"], from_number(latest["answered_at"])) == (
        "b",
        "4",
        NOON,
    )


def test_a_rule_is_applied_again_to_what_somebody_faster_wrote(store: Store) -> None:
    store.open(opened())
    rivals = [replace(found(store), muted=True)]

    def slow(conversation: Conversation) -> Conversation:
        if rivals:
            store.write(rivals.pop(), now=NOON)
        return replace(conversation, reminded=True)

    after = store.change("r", slow, NOON)
    assert after
    assert found(store) == replace(after, revision=3) == after
    assert (found(store).muted, found(store).reminded) == (True, True)
    assert store.change("unknown", slow, NOON) is None


def test_what_changes_nothing_is_not_written(aws: Moto | Memory, store: Store) -> None:
    store.open(opened())
    before = by_id(aws)
    store.change("r", lambda same: same, NOON)
    assert by_id(aws) == before


def test_the_stream_tells_of_each_write_before_and_after(aws: Moto | Memory, store: Store) -> None:
    store.open(opened())
    store.write(replace(found(store), muted=True), now=NOON)
    changes = [record["dynamodb"] for record in aws.records()]
    first, second = (change for change in changes if change["Keys"] == {"id": {"S": "ride#r"}})
    assert "OldImage" not in first
    assert second["OldImage"] == first["NewImage"]
    assert second["NewImage"] == by_id(aws)["ride#r"]
