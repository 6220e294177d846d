"""Watchers see every change, in order."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ride_booking.adapters.watchers import Watchers
from ride_booking.api.socket_messages import MAX_BYTES
from ride_booking.domain.rfq import MAX_RESPONDERS, Decline, Quote, Rating, Response, Rfq
from ride_booking.use_cases.notifier import Notifier
from tests.support.aws import refusal
from tests.support.ride_booking.connections import Connections, quoting, subscribe, watchers
from tests.support.ride_booking.faults import throttle
from tests.support.ride_booking.world import NOW, TABLE, World, record, rfq
from wild_rydes_http.sockets import Sockets


def watched(new: Rfq, old: Rfq, *connections: str) -> dict[str, Any]:
    made = record(new, old)
    made["dynamodb"]["NewImage"]["watchers"] = {"SS": list(connections)}
    return made


def notify(world: World, connections: Connections, *records: Mapping[str, Any]) -> None:
    Notifier(
        sockets=Sockets(lambda: connections),  # type: ignore[arg-type, return-value]
        watchers=Watchers(world.dynamodb, TABLE),
        logger=world.logger,
        metrics=world.metrics,
        now=lambda: world.now,
    ).handle({"Records": list(records)})


def test_each_watcher_gets_each_change_in_order(world: World, connections: Connections) -> None:
    old = rfq()
    quoted = quoting("u-a")(old)
    booked = quoted.book("u-a", NOW)
    notify(world, connections, watched(quoted, old, "c-1", "c-2"), watched(booked, quoted, "c-1"))

    assert [m["status"] for to, m in connections.sent if to == "c-2"] == ["completed"]
    one, two = [m for to, m in connections.sent if to == "c-1"]
    assert ([q["quote-id"] for q in one["quotes"]], one["completed-by"]) == (["u-a"], "all-answered")
    assert (two["quotes"], [ride["status"] for ride in two["rides"]]) == ([], ["pending"])


def test_a_quote_comes_with_its_rating(world: World, connections: Connections) -> None:
    old = rfq()
    rated = Response(asked=frozenset(["u-a"]), answers=(("u-a", Quote(100, 1, rating=Rating(12, 103))),))
    notify(world, connections, watched(old.gather([rated], NOW), old, "c-1"))

    [(_, update)] = connections.sent
    assert [quote["rating"] for quote in update["quotes"]] == [{"score": 8.6, "count": 12}]


def test_what_no_customer_sees_is_not_pushed(world: World, connections: Connections) -> None:
    old = rfq()
    declined = old.gather(
        [Response(asked=frozenset(["u-a", "u-b"]), answers=(("u-a", Decline("far")),))], NOW
    )
    notify(world, connections, watched(declined, old, "c-1"), watched(old, old, "c-1"))
    assert connections.sent == []


def test_a_connection_that_is_gone_watches_no_more(
    world: World, connections: Connections, calls: list[str]
) -> None:
    kept = world.put()
    for connection in ("c-1", "c-2"):
        subscribe(world, connections, kept.id, connection=connection)
    connections.sent.clear()
    connections.gone.add("c-1")
    calls.clear()
    quoted = quoting("u-a")(kept)
    notify(
        world,
        connections,
        watched(quoted, kept, "c-1", "c-2"),
        watched(quoted.book("u-a", NOW), quoted, "c-1"),
    )

    assert watchers(world, kept.id) == {"c-2"}
    assert [to for to, _ in connections.sent] == ["c-2"]
    assert calls.count("UpdateItem") == 1


def test_an_update_that_no_socket_takes_leaves_out_the_dearest_quotes(
    world: World, connections: Connections
) -> None:
    old = rfq()
    answers = tuple((f"u-{n:04}", Quote(100 + n, 1, name="x" * 40)) for n in range(MAX_RESPONDERS))
    many = old.gather([Response(asked=frozenset(key for key, _ in answers), answers=answers)], NOW)
    notify(world, connections, watched(many, old, "c-1"))

    [(_, update)] = connections.sent
    assert len(json.dumps(update)) < MAX_BYTES
    assert len(update["quotes"]) + update["quotes-left-out"] == MAX_RESPONDERS
    assert [quote["quote-id"] for quote in update["quotes"]] == [
        key for key, _ in answers[: len(update["quotes"])]
    ]


def test_a_push_that_is_refused_for_good_is_counted_and_holds_up_no_other(
    world: World, connections: Connections
) -> None:
    old = rfq()
    connections.broken["c-1"] = refusal("PayloadTooLargeException", 413)
    notify(world, connections, watched(quoting("u-a")(old), old, "c-1", "c-2"))
    assert [to for to, _ in connections.sent] == ["c-2"]
    [line] = world.logged("push refused")
    assert (line["connection_id"], line["error"]) == ("c-1", "ClientError")
    assert world.metrics.metric_set["PushesRefused"]["Value"] == [1.0]


PASSING = [refusal("LimitExceededException", 429), refusal("InternalServerError", 500)]


@pytest.mark.parametrize("error", PASSING)
def test_a_batch_of_which_nothing_is_taken_for_now_comes_back(
    world: World, connections: Connections, error: ClientError
) -> None:
    old = rfq()
    connections.broken |= {"c-1": error, "c-2": error}
    with pytest.raises(ClientError):
        notify(world, connections, watched(quoting("u-a")(old), old, "c-1", "c-2"))
    assert "PushesRefused" not in world.metrics.metric_set


@pytest.mark.parametrize("error", PASSING)
def test_a_connection_in_trouble_of_its_own_holds_up_no_other(
    world: World, connections: Connections, error: ClientError
) -> None:
    old = rfq()
    connections.broken["c-1"] = error
    notify(world, connections, watched(quoting("u-a")(old), old, "c-1", "c-2"))
    assert [to for to, _ in connections.sent] == ["c-2"]
    assert world.metrics.metric_set["PushesRefused"]["Value"] == [1.0]


def test_a_connection_that_is_gone_shows_that_the_service_works(
    world: World, connections: Connections
) -> None:
    kept = world.put()
    connections.gone.add("c-2")
    connections.broken["c-1"] = refusal("LimitExceededException", 429)
    notify(world, connections, watched(quoting("u-a")(kept), kept, "c-1", "c-2"))
    assert world.metrics.metric_set["PushesRefused"]["Value"] == [1.0]


def test_a_lone_phone_that_is_stuck_holds_up_its_shard_for_some_seconds(
    world: World, connections: Connections
) -> None:
    old = rfq()
    connections.broken["c-1"] = refusal("LimitExceededException", 429)
    world.now = NOW + timedelta(seconds=6)
    notify(world, connections, watched(quoting("u-a")(old), old, "c-1"))
    assert world.metrics.metric_set["PushesRefused"]["Value"] == [1.0]


def test_a_watcher_that_cannot_be_removed_holds_up_no_other(world: World, connections: Connections) -> None:
    kept = world.put()
    connections.gone.add("c-1")
    with throttle(world.dynamodb, "UpdateItem"):
        notify(world, connections, watched(quoting("u-a")(kept), kept, "c-1", "c-2"))
    assert [to for to, _ in connections.sent] == ["c-2"]


def test_a_record_that_makes_no_sense_is_left_to_the_outbox(world: World, connections: Connections) -> None:
    old = rfq()
    poison = watched(quoting("u-a")(old), old, "c-1")
    del poison["dynamodb"]["OldImage"]["deadline"]
    notify(world, connections, poison, watched(quoting("u-b")(old), old, "c-1"))
    assert [m["quotes"][0]["quote-id"] for _, m in connections.sent] == ["u-b"]
