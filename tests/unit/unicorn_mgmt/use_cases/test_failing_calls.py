"""Each call of each consumer fails, once and for good: see `tests.support.failures`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from infra.rydes.simulators.partners.server import Server
from tests.support import aws
from tests.support.failures import Case, OfQueue, OfStream, check, settle_queue, settle_stream
from tests.support.unicorn_mgmt.api_client import Client
from tests.support.unicorn_mgmt.invitations import QUOTE, answer, by_hand, respond
from tests.support.unicorn_mgmt.messages import accepted, over, scored
from tests.support.unicorn_mgmt.partner_samples import PARTNERS, TERMS, secret
from tests.support.unicorn_mgmt.world import REQUESTERS, TABLE, World, a_world
from tests.support.wire import PARTNER
from unicorn_mgmt.adapters.partner_queues import CallbackChecks
from unicorn_mgmt.adapters.partners.clients import client_of
from unicorn_mgmt.adapters.partners.line import PartnerLine, line_to
from unicorn_mgmt.domain.callback_due import CallbackDue
from unicorn_mgmt.domain.partner_announcements import orders_of
from unicorn_mgmt.domain.partner_order import RideOrder
from unicorn_mgmt.domain.partner_ride import asked
from unicorn_mgmt.use_cases.owed_callbacks import Expectations, OwedCallbacks
from unicorn_mgmt.use_cases.partner_quotes import PartnerQuotes
from unicorn_mgmt.use_cases.partner_rides import PartnerBookings
from wild_rydes_contracts import RfqRequested
from wild_rydes_contracts.instants import truncated
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.reply import Replies

RECORDS = range(3)


def of_queue(
    world: World, consumer: Any, ids: Sequence[tuple[str, ...]], bodies: Sequence[str], **more: Any
) -> Case:
    taken = world.deliver(*bodies)["Records"]
    records = sorted(taken, key=lambda record: bodies.index(record["body"]))
    return OfQueue(consumer, ids, records, now=world.now, **{"effect": lambda _: None, **more})


@contextmanager
def rfqs() -> Iterator[Case]:
    with a_world() as world:
        for partner in ("p-comet", "p-pegasus"):
            world.partner_queues[partner] = world.sqs.create_queue(QueueName=partner)["QueueUrl"]
        world.add("auto")
        by_hand(world, "hand", "c-1")
        yield of_queue(
            world,
            world.responder(),
            [(f"rfq-{i}",) for i in RECORDS],
            [world.request(f"rfq-{i}") for i in RECORDS],
            # Who cannot be pushed to is not invited; `test_inviter` is about that.
            effect=lambda i: {**(_item(world, f"invitation#rfq-{i}") or {}), "invited": None},
            optional=frozenset({"PostToConnection"}),
        )


@contextmanager
def closings() -> Iterator[Case]:
    with a_world() as world:
        by_hand(world, "hand", "c-1")
        for i in RECORDS:
            respond(world, world.request(f"rfq-{i}"))
        yield of_queue(
            world,
            world.closings(),
            [(f"rfq-{i}",) for i in RECORDS],
            [over(f"rfq-{i}") for i in RECORDS],
            effect=lambda i: _item(world, f"invitation#rfq-{i}"),
            optional=frozenset({"PostToConnection"}),
        )


@contextmanager
def bookings() -> Iterator[Case]:
    with a_world() as world:
        unicorns = [world.add(f"unicorn-{i}") for i in RECORDS]
        busy = world.add("busy")
        world.decide(accepted(busy, "rfq-9.1"))
        who = [*unicorns, busy, "p-comet"]
        rides = [f"rfq-{i}.1" for i in range(len(who))]
        keys = [*unicorns, f"decision#{rides[3]}", f"ride#p-comet#{rides[4]}"]
        yield of_queue(
            world,
            world.bookings(),
            [(ride, key) for ride, key in zip(rides, keys, strict=True)],
            [accepted(one, ride) for one, ride in zip(who, rides, strict=True)],
            effect=lambda i: _item(world, keys[i]),
        )


@contextmanager
def ratings() -> Iterator[Case]:
    with a_world() as world:
        unicorns = [world.add(f"unicorn-{i}") for i in RECORDS]
        yield of_queue(
            world,
            world.ratings(),
            [(unicorn,) for unicorn in unicorns],
            [scored(unicorn, 1, 8) for unicorn in unicorns],
            effect=lambda i: _item(world, unicorns[i]),
        )


@contextmanager
def announcements() -> Iterator[Case]:
    """A ride begins, one is rejected, an invitation is answered, a partner is to be asked, and another ride begins."""
    with a_world() as world:
        world.ride_queues["p-comet"] = world.sqs.create_queue(QueueName="rides")["QueueUrl"]
        first, second = world.add("first", connection="c-1"), world.add("second", connection="c-2")
        by_hand(world, "gandalf", "c-3")
        respond(world, world.request("rfq-2"))
        keys = [first, "decision#rfq-1.1", "invitation#rfq-2", "ride#p-comet#rfq-3.1", second]
        before = [world.item(first), None, world.item(keys[2]), None, world.item(second)]
        world.decide(accepted(first, "rfq-0.1"))
        world.decide(accepted(first, "rfq-1.1"), accepted("p-comet", "rfq-3.1"), accepted(second, "rfq-4.1"))
        assert answer(Client(world), QUOTE, rfq="rfq-2") == 202
        records = [{**world.record(key, old), "eventID": key} for key, old in zip(keys, before, strict=True)]
        ids = [(f"rfq-{i}",) for i in range(len(keys))]
        yield OfStream(world.outbox(), ids, records, optional=frozenset({"PostToConnection"}))


def _item(world: World, key: str) -> Any:
    return world.dynamodb.get_item(TableName=TABLE, Key={"id": {"S": key}}).get("Item")


@contextmanager
def partner(server: Server) -> Iterator[tuple[World, PartnerLine, Callable[..., Consumer[Any]]]]:
    """p-comet, and what its consumers are made from."""
    with a_world() as world:
        world.now = truncated(datetime.now(UTC))  # partners' servers have the real time
        secrets = aws.client("secretsmanager")
        secrets.create_secret(Name="p-comet", SecretString=secret("p-comet", server.url))
        line = line_to(
            replace(PARTNERS["p-comet"], timeout=60, breaker={}),
            dynamodb=world.dynamodb,
            table_name=TABLE,
            secretsmanager=secrets,
            secret_id="p-comet",
            logger=world.logger,
            now=lambda: world.now,
        )
        yield world, line, world.consumer


@contextmanager
def questions(server: Server) -> Iterator[Case]:
    with partner(server) as (world, line, consumer):
        replies = Replies(world.sqs, REQUESTERS.values())
        quotes = PartnerQuotes(
            client_of(line.partner),
            line,
            consumer=consumer(RfqRequested, CallbackDue),
            replies=replies,
            expectations=Expectations(line, CallbackChecks(world.sqs, world.checks), lambda: world.now),
            owed_callbacks=OwedCallbacks(line, world.callbacks, replies, lambda: world.now),
            callback_url="http://127.0.0.1:1/",
            now=lambda: world.now,
        )
        bodies = [world.request(f"rfq-{i}", deadline=world.now + timedelta(minutes=5)) for i in RECORDS]
        yield of_queue(world, quotes, [(f"rfq-{i}",) for i in RECORDS], bodies)


@contextmanager
def orders(server: Server, *, cancelled: bool) -> Iterator[Case]:
    with partner(server) as (world, line, consumer):
        rides = [
            replace(asked(f"rfq-{i}.1", "p-comet", TERMS, world.now + timedelta(minutes=1), world.now))
            for i in RECORDS
        ]
        bodies = []
        for ride in rides:
            world.partner_rides.change("p-comet", ride.id, lambda _, ride=ride: ride)  # type: ignore[misc]
            before, after = (ride, ride.release(world.now)) if cancelled else (None, ride)
            [order] = orders_of(before, after)
            bodies.append(order.to_json())
        worker = PartnerBookings(
            client_of(line.partner),
            line,
            world.partner_rides,
            expectations=Expectations(line, CallbackChecks(world.sqs, world.checks), lambda: world.now),
            consumer=consumer(RideOrder),
            callback_url="http://127.0.0.1:1/",
            logger=world.logger,
            now=lambda: world.now,
            uniform=min,
        )

        def effect(i: int) -> object:
            after = world.partner_rides.change("p-comet", rides[i].id, lambda ride: ride).after
            there = server.behaviour.rides.states().get(rides[i].id)
            return after and after.state, there == "cancelled"

        yield of_queue(world, worker, [(f"rfq-{i}.1",) for i in RECORDS], bodies, effect=effect)


@pytest.mark.slow
@pytest.mark.parametrize("case", [rfqs, closings, bookings, ratings])
def test_a_failing_call_fails_one_message(case: Callable[[], AbstractContextManager[Case]]) -> None:
    assert check(case, settle_queue) > 5


@pytest.mark.slow
def test_a_failing_call_fails_one_record() -> None:
    assert check(announcements, settle_stream) > 5


@pytest.mark.slow
def test_a_failing_call_fails_one_question_to_a_partner(servers: dict[str, Server]) -> None:
    assert check(partial(questions, servers["p-comet"]), settle_queue) > 5


@pytest.mark.slow
@pytest.mark.parametrize("cancelled", [False, True], ids=["booked", "cancelled"])
def test_a_failing_call_fails_one_order_to_a_partner(servers: dict[str, Server], cancelled: bool) -> None:
    passing = () if cancelled else (PARTNER,)  # a booking ends at its deadline
    assert check(partial(orders, servers["p-comet"], cancelled=cancelled), settle_queue, passing) > 5
