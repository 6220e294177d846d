"""Who may watch what, over the RFQ socket."""

import pytest
from botocore.exceptions import ClientError

from ride_booking.adapters.watchers import MAX_WATCHERS, TooManyWatchers, Watchers
from tests.support.ride_booking.connections import (
    Connections,
    quoting,
    send,
    socket_events,
    subscribe,
    watchers,
)
from tests.support.ride_booking.faults import throttle
from tests.support.ride_booking.world import DEADLINE, NOW, TABLE, World

NEVER = "01a1fd55-5472-797f-b00e-2dcdef8f6e19"


def test_a_subscription_is_answered_with_the_state_in_one_write(
    world: World, connections: Connections, calls: list[str]
) -> None:
    kept = world.put()
    world.rfqs.change(kept.id, quoting("u-a"))
    calls.clear()

    assert subscribe(world, connections, kept.id) == {
        "type": "snapshot",
        "rfq-id": kept.id,
        "revision": 1,
        "status": "completed",
        "completed-by": "all-answered",
        "quotes": [
            {
                "quote-id": "u-a",
                "responder-id": "u-a",
                "price": {"amount": "1.00", "currency": "USD"},
                "pickup-in-seconds": 1,
            }
        ],
        "rides": [],
    }
    assert calls == ["UpdateItem"]
    assert watchers(world, kept.id) == {"c-1"}


def test_by_the_id_of_a_ride(world: World, connections: Connections) -> None:
    kept = world.put()
    world.rfqs.change(kept.id, lambda found: quoting("u-a")(found).book("u-a", NOW))

    answer = send(world, connections, {"action": "subscribe", "ride-id": f"{kept.id}.1"})
    assert [(ride["id"], ride["status"]) for ride in answer["rides"]] == [(f"{kept.id}.1", "pending")]


def test_a_foreign_rfq_is_refused_as_an_unknown_one_and_nothing_is_written(
    world: World, connections: Connections
) -> None:
    kept = world.put()

    foreign = subscribe(world, connections, kept.id, sub="cust-2")
    unknown = subscribe(world, connections, NEVER, sub="cust-2")
    assert foreign == {"type": "refused", "rfq-id": kept.id, "reason": "no-such-rfq"}
    assert unknown == {"type": "refused", "rfq-id": NEVER, "reason": "no-such-rfq"}
    assert watchers(world, kept.id) == set()
    assert world.count() == 1


def test_who_watches_already_takes_no_further_place(world: World, connections: Connections) -> None:
    kept = world.put()
    for number in range(MAX_WATCHERS):
        assert subscribe(world, connections, kept.id, connection=f"c-{number}")["type"] == "snapshot"

    connections.sent.clear()
    assert subscribe(world, connections, kept.id, connection="c-0")["type"] == "snapshot"
    assert send(world, connections, {"action": "unsubscribe", "rfq-id": kept.id}, connection="c-0") is None
    assert subscribe(world, connections, kept.id, connection="c-more")["type"] == "snapshot"
    assert len(watchers(world, kept.id)) == MAX_WATCHERS
    assert {message["type"] for _, message in connections.sent} == {"snapshot"}


def test_ten_lines_that_died_without_a_word_lock_nobody_out(world: World, connections: Connections) -> None:
    """Nothing says that they are dead. Whoever is still there comes back, and so all who are have a place."""
    kept = world.put()
    for number in range(MAX_WATCHERS):
        subscribe(world, connections, kept.id, connection=f"c-{number}")
    alive = {"c-3", "c-7"}

    connections.sent.clear()
    assert subscribe(world, connections, kept.id, connection="c-new")["type"] == "snapshot"
    told = {to for to, message in connections.sent if message.get("reason") == "subscribe-again"}
    assert told == {f"c-{number}" for number in range(MAX_WATCHERS)}
    for connection in sorted(told & alive):
        assert subscribe(world, connections, kept.id, connection=connection)["type"] == "snapshot"
    assert watchers(world, kept.id) == {"c-new", *alive}


def test_who_came_in_between_is_not_replaced_unheard(world: World, connections: Connections) -> None:
    kept = world.put()
    for number in range(MAX_WATCHERS):
        subscribe(world, connections, kept.id, connection=f"c-{number}")
    table = Watchers(world.dynamodb, TABLE)
    with pytest.raises(TooManyWatchers) as full:
        table.add(kept.id, "cust-1", "c-new")
    table.remove(kept.id, "c-0")
    table.add(kept.id, "cust-1", "c-other")
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        table.replace(full.value, "c-new")
    assert "c-other" in watchers(world, kept.id)


@pytest.mark.slow
def test_who_reconnects_always_gets_a_place_whatever_became_of_the_connections_before(
    world: World, connections: Connections
) -> None:
    kept = world.put()
    for number in range(3 * MAX_WATCHERS):
        connections.gone.update({f"c-{number - 1}"} if number != 1 else ())  # c-0 stays
        assert subscribe(world, connections, kept.id, connection=f"c-{number}")["type"] == "snapshot"
    assert "c-0" in watchers(world, kept.id)
    assert len(watchers(world, kept.id)) <= MAX_WATCHERS


@pytest.mark.parametrize(
    "message",
    [
        *("", "no JSON", "[]", "1" * 9999),
        {"action": "subscribe"},
        {"action": "look", "rfq-id": NEVER},
        {"action": "subscribe", "rfq-id": 7},
        {"action": "subscribe", "ride-id": "x"},
        {"action": "subscribe", "ride-id": ".1"},
        {"action": "unsubscribe", "ride-id": ".1"},
    ],
)
def test_what_is_not_understood_is_answered_so(
    world: World, connections: Connections, message: object
) -> None:
    assert send(world, connections, message) == {"type": "refused", "reason": "not-understood"}


def test_an_expired_token_watches_nothing_more(world: World, connections: Connections) -> None:
    kept = world.put()
    world.now = DEADLINE.replace(year=2027)
    assert subscribe(world, connections, kept.id)["reason"] == "token-expired"


def test_a_busy_table_is_an_answer(world: World, connections: Connections) -> None:
    kept = world.put()
    with throttle(world.dynamodb, "UpdateItem"):
        assert subscribe(world, connections, kept.id)["reason"] == "try-again"


def test_unsubscribing_twice_or_from_what_is_not_there_is_no_error(
    world: World, connections: Connections
) -> None:
    for rfq_id in (world.put().id, NEVER):
        assert send(world, connections, {"action": "unsubscribe", "rfq-id": rfq_id}) is None
    assert world.count() == 1


def test_a_busy_table_is_an_answer_to_who_unsubscribes_too(world: World, connections: Connections) -> None:
    kept = world.put()
    with throttle(world.dynamodb, "UpdateItem"):
        answer = send(world, connections, {"action": "unsubscribe", "rfq-id": kept.id})
    assert answer["reason"] == "try-again"


def test_coming_and_going_write_nothing(world: World, connections: Connections, calls: list[str]) -> None:
    events = socket_events(world, connections)
    for kind in ("CONNECT", "DISCONNECT"):
        events.handle({"requestContext": {"connectionId": "c-1", "eventType": kind}})
    assert calls == []
    assert connections.sent == []
