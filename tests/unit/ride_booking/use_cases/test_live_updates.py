"""Live updates: who may watch what, and that watchers see every change."""

import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from ride_booking.adapters.rfq_table import to_item
from ride_booking.adapters.watchers import MAX_WATCHERS, Watchers
from ride_booking.api.asyncapi import asyncapi
from ride_booking.api.socket_messages import State
from ride_booking.domain.rfq import Completion, Decline, Quote, Rating, Response, Rfq
from ride_booking.domain.ride import TIME_TO_CONFIRM
from ride_booking.use_cases.notifier import Notifying
from ride_booking.use_cases.socket import Watching
from tests.support.asyncapi import validator
from tests.support.ride_booking.faults import throttle
from tests.support.ride_booking.world import DEADLINE, NOW, TABLE, World, record, rfq
from wild_rydes_http.sockets import Sockets

AS_DOCUMENTED = validator(asyncapi(), "send")
NEVER = "01a1fd55-5472-797f-b00e-2dcdef8f6e19"


class Connections:
    """Stands in for API Gateway's connections: those in `gone` are gone, in `broken` cannot be reached.

    Whatever is sent has to be as documented.
    """

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.gone: set[str] = set()
        self.broken: set[str] = set()

    def post_to_connection(self, *, ConnectionId: str, Data: bytes) -> None:  # noqa: N803 - botocore's names
        code = {1: "GoneException", 2: "LimitExceededException"}.get(
            (ConnectionId in self.gone) + 2 * (ConnectionId in self.broken)
        )
        if code:
            raise ClientError({"Error": {"Code": code, "Message": ""}}, "PostToConnection")
        message = json.loads(Data)
        AS_DOCUMENTED.validate(message)
        self.sent.append((ConnectionId, message))


@pytest.fixture
def sockets() -> Connections:
    return Connections()


def send(
    world: World, sockets: Connections, message: object, sub: str = "cust-1", connection: str = "c-1"
) -> Any:
    """What a message over the socket is answered, if anything."""
    watching = Watching(
        Watchers(world.dynamodb, TABLE),
        Sockets(lambda: sockets),  # type: ignore[arg-type, return-value]
        logger=world.logger,
        now=lambda: world.now,
    )
    before = len(sockets.sent)
    context = {
        "connectionId": connection,
        "eventType": "MESSAGE",
        "authorizer": {"sub": sub, "expires": str(int(NOW.timestamp()) + 3600)},
    }
    body = message if isinstance(message, str) else json.dumps(message)
    assert watching.handle({"requestContext": context, "body": body}) == {"statusCode": 200}
    answers = [text for to, text in sockets.sent[before:] if to == connection]
    return answers[0] if answers else None


def subscribe(world: World, sockets: Connections, rfq_id: str, **other: str) -> Any:
    return send(world, sockets, {"action": "subscribe", "rfq-id": rfq_id}, **other)


def watchers(world: World, rfq_id: str) -> set[str]:
    item = world.dynamodb.get_item(TableName=TABLE, Key={"id": {"S": rfq_id}})["Item"]
    return set(item.get("watchers", {}).get("SS", []))


def test_a_subscription_is_answered_with_the_state_in_one_write(
    world: World, sockets: Connections, calls: list[str]
) -> None:
    kept = world.put()
    world.rfqs.change(kept.id, quoting("u-a"))
    calls.clear()

    assert subscribe(world, sockets, kept.id) == {
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


def test_by_the_id_of_a_ride(world: World, sockets: Connections) -> None:
    kept = world.put()
    world.rfqs.change(kept.id, lambda found: quoting("u-a")(found).book("u-a", NOW))

    answer = send(world, sockets, {"action": "subscribe", "ride-id": f"{kept.id}.1"})
    assert [(ride["id"], ride["status"]) for ride in answer["rides"]] == [(f"{kept.id}.1", "pending")]


def test_a_foreign_rfq_is_refused_as_an_unknown_one_and_nothing_is_written(
    world: World, sockets: Connections
) -> None:
    kept = world.put()

    foreign = subscribe(world, sockets, kept.id, sub="cust-2")
    unknown = subscribe(world, sockets, NEVER, sub="cust-2")
    assert foreign == {"type": "refused", "rfq-id": kept.id, "reason": "no-such-rfq"}
    assert unknown == {"type": "refused", "rfq-id": NEVER, "reason": "no-such-rfq"}
    assert watchers(world, kept.id) == set()
    assert world.count() == 1


def test_an_rfq_has_so_many_watchers(world: World, sockets: Connections) -> None:
    kept = world.put()
    for number in range(MAX_WATCHERS):
        assert subscribe(world, sockets, kept.id, connection=f"c-{number}")["type"] == "snapshot"

    assert subscribe(world, sockets, kept.id, connection="c-more")["reason"] == "too-many-watchers"
    assert subscribe(world, sockets, kept.id, connection="c-0")["type"] == "snapshot"
    assert send(world, sockets, {"action": "unsubscribe", "rfq-id": kept.id}, connection="c-0") is None
    assert subscribe(world, sockets, kept.id, connection="c-more")["type"] == "snapshot"


@pytest.mark.parametrize(
    "message",
    [
        *("", "no JSON", "[]", "1" * 9999),
        {"action": "subscribe"},
        {"action": "look", "rfq-id": NEVER},
        {"action": "subscribe", "rfq-id": 7},
        {"action": "subscribe", "ride-id": "x"},
    ],
)
def test_what_is_not_understood_is_answered_so(world: World, sockets: Connections, message: object) -> None:
    assert send(world, sockets, message) == {"type": "refused", "reason": "not-understood"}


def test_an_expired_token_watches_nothing_more(world: World, sockets: Connections) -> None:
    kept = world.put()
    world.now = DEADLINE.replace(year=2027)
    assert subscribe(world, sockets, kept.id)["reason"] == "token-expired"


def test_a_busy_table_is_an_answer(world: World, sockets: Connections) -> None:
    kept = world.put()
    with throttle(world.dynamodb, "UpdateItem"):
        assert subscribe(world, sockets, kept.id)["reason"] == "try-again"


def test_coming_and_going_write_nothing(world: World, sockets: Connections, calls: list[str]) -> None:
    watching = Watching(
        Watchers(world.dynamodb, TABLE),
        Sockets(lambda: sockets),  # type: ignore[arg-type, return-value]
        logger=world.logger,
        now=lambda: world.now,
    )
    for kind in ("CONNECT", "DISCONNECT"):
        watching.handle({"requestContext": {"connectionId": "c-1", "eventType": kind}})
    assert calls == []
    assert sockets.sent == []


def quoting(responder: str) -> Callable[[Rfq], Rfq]:
    response = Response(asked=frozenset([responder]), answers=((responder, Quote(100, 1)),))
    return lambda found: found.gather([response], NOW)


def watched(new: Rfq, old: Rfq, *connections: str) -> dict[str, Any]:
    made = record(new, old)
    made["dynamodb"]["NewImage"]["watchers"] = {"SS": list(connections)}
    return made


def notify(world: World, sockets: Connections, *records: Mapping[str, Any]) -> None:
    Notifying(
        Sockets(lambda: sockets),  # type: ignore[arg-type, return-value]
        Watchers(world.dynamodb, TABLE),
        logger=world.logger,
        metrics=world.metrics,
    ).handle({"Records": list(records)})


def test_each_watcher_gets_each_change_in_order(world: World, sockets: Connections) -> None:
    old = rfq()
    quoted = quoting("u-a")(old)
    booked = quoted.book("u-a", NOW)
    notify(world, sockets, watched(quoted, old, "c-1", "c-2"), watched(booked, quoted, "c-1"))

    assert [m["status"] for to, m in sockets.sent if to == "c-2"] == ["completed"]
    one, two = [m for to, m in sockets.sent if to == "c-1"]
    assert ([q["quote-id"] for q in one["quotes"]], one["completed-by"]) == (["u-a"], "all-answered")
    assert (two["quotes"], [ride["status"] for ride in two["rides"]]) == ([], ["pending"])


def test_a_quote_comes_with_its_rating(world: World, sockets: Connections) -> None:
    old = rfq()
    rated = Response(asked=frozenset(["u-a"]), answers=(("u-a", Quote(100, 1, rating=Rating(12, 103))),))
    notify(world, sockets, watched(old.gather([rated], NOW), old, "c-1"))

    [(_, update)] = sockets.sent
    assert [quote["rating"] for quote in update["quotes"]] == [{"score": 8.6, "count": 12}]


def test_what_no_customer_sees_is_not_pushed(world: World, sockets: Connections) -> None:
    old = rfq()
    declined = old.gather(
        [Response(asked=frozenset(["u-a", "u-b"]), answers=(("u-a", Decline("far")),))], NOW
    )
    notify(world, sockets, watched(declined, old, "c-1"), watched(old, old, "c-1"))
    assert sockets.sent == []


def test_a_connection_that_is_gone_watches_no_more(
    world: World, sockets: Connections, calls: list[str]
) -> None:
    kept = world.put()
    for connection in ("c-1", "c-2"):
        subscribe(world, sockets, kept.id, connection=connection)
    sockets.sent.clear()
    sockets.gone.add("c-1")
    calls.clear()
    quoted = quoting("u-a")(kept)
    notify(
        world, sockets, watched(quoted, kept, "c-1", "c-2"), watched(quoted.book("u-a", NOW), quoted, "c-1")
    )

    assert watchers(world, kept.id) == {"c-2"}
    assert [to for to, _ in sockets.sent] == ["c-2"]
    assert calls.count("UpdateItem") == 1


def test_a_push_that_fails_brings_the_batch_back(world: World, sockets: Connections) -> None:
    old = rfq()
    sockets.broken.add("c-1")
    with pytest.raises(ClientError):
        notify(world, sockets, watched(quoting("u-a")(old), old, "c-1", "c-2"))
    assert [to for to, _ in sockets.sent] == ["c-2"]


def test_a_record_that_makes_no_sense_is_left_to_the_outbox(world: World, sockets: Connections) -> None:
    old = rfq()
    poison = watched(quoting("u-a")(old), old, "c-1")
    del poison["dynamodb"]["OldImage"]["deadline"]
    notify(world, sockets, poison, watched(quoting("u-b")(old), old, "c-1"))
    assert [m["quotes"][0]["quote-id"] for _, m in sockets.sent] == ["u-b"]


def test_an_rfq_nobody_watches_says_nothing_of_watchers(world: World) -> None:
    assert "watchers" not in to_item(rfq(), b"")


steps = st.one_of(
    st.sampled_from(["u-a", "u-b", "u-c"]).map(quoting),
    st.just(lambda found: found.close(DEADLINE)),
    st.sampled_from(["u-a", "u-b"]).map(lambda key: lambda found: booking(found, key)),
    st.just(lambda found: found.change_ride(1, lambda ride: ride.confirm(NOW))),
    st.just(lambda found: found.change_ride(1, lambda ride: ride.time_out(NOW + TIME_TO_CONFIRM))),
)


def booking(found: Rfq, responder: str) -> Rfq:
    may = found.completion and responder in dict(found.quotes()) and not any(r.live for r in found.rides)
    return found.book(responder, NOW) if may else found


@given(st.lists(steps, max_size=12), st.data())
def test_snapshot_and_updates_make_the_state_whatever_comes_twice_or_first(
    changes: list[Callable[[Rfq], Rfq]], data: st.DataObject
) -> None:
    """A client that keeps what is newer than its snapshot sees what a fresh snapshot shows."""
    states = [rfq()]
    for change in changes:
        after = change(states[-1])
        if after != states[-1]:
            states.append(Rfq(**{**fields(after), "revision": states[-1].revision + 1}))
    start = data.draw(st.integers(0, len(states) - 1))
    updates = [State.update(old, new) for old, new in pairwise(states)]
    pushed = [update for update in updates if update]
    repeated = data.draw(st.integers(0, len(pushed)))
    seen = State.snapshot(states[start])
    quotes = {quote.quote_id: quote for quote in seen.quotes}
    rides = {ride.id: ride for ride in seen.rides}
    last = seen
    for update in [*pushed[:repeated], *pushed]:
        if update.revision > last.revision:
            quotes |= {quote.quote_id: quote for quote in update.quotes}
            rides |= {ride.id: ride for ride in update.rides}
            last = update
    whole = State.snapshot(states[-1])
    assert quotes == {quote.quote_id: quote for quote in whole.quotes}
    assert rides == {ride.id: ride for ride in whole.rides}
    assert (last.status, last.completed_by) == (whole.status, whole.completed_by)


def fields(of: Rfq) -> dict[str, Any]:
    return {name: getattr(of, name) for name in Rfq.__dataclass_fields__}


def test_completion_alone_is_an_update() -> None:
    old = rfq()
    new = Rfq(**{**fields(old), "completion": Completion("deadline", DEADLINE)})
    update = State.update(old, new)
    assert update
    assert update.completed_by == "deadline"
