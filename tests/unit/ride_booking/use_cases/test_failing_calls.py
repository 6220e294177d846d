"""Each call of each consumer fails, once and for good: see `tests.support.failures`."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from ride_booking.adapters.watchers import Watchers
from ride_booking.domain.rfq import Rfq
from ride_booking.use_cases.notifier import Notifier
from tests.support import aws
from tests.support.failures import Case, OfQueue, OfStream, check, settle_queue, settle_stream
from tests.support.ride_booking.connections import quoting
from tests.support.ride_booking.world import (
    DEADLINE,
    NOW,
    TABLE,
    World,
    a_world,
    deadline_of,
    news,
    quote,
    record,
    response,
)
from wild_rydes_contracts import RideConfirmed
from wild_rydes_http.sockets import Sockets

RECORDS = 3


def of_queue(world: World, consumer: Any, rfqs: Sequence[Rfq], bodies: Sequence[str]) -> Case:
    taken = world.taken(world.replies, *bodies)["Records"]
    records = sorted(taken, key=lambda record: bodies.index(record["body"]))
    return OfQueue(
        consumer, [(rfq.id,) for rfq in rfqs], records, lambda i: world.stored(rfqs[i].id), world.now
    )


@contextmanager
def answers() -> Iterator[Case]:
    with a_world() as world:
        rfqs = _rfqs(world)
        bodies = [response(rfq.id, quote("u-a"), asked=("u-a",)) for rfq in rfqs]
        yield of_queue(world, world.aggregator(), rfqs, bodies)


@contextmanager
def deadlines() -> Iterator[Case]:
    with a_world() as world:
        rfqs = _rfqs(world)
        bodies = [deadline_of(rfq) for rfq in rfqs]
        world.now = DEADLINE
        yield of_queue(world, world.closer(), rfqs, bodies)


@contextmanager
def rides() -> Iterator[Case]:
    with a_world() as world:
        rfqs = _rfqs(world)
        for rfq in rfqs:
            world.gather(response(rfq.id, quote("u-a"), asked=("u-a",)))
            aws.reads.catch_up()
            world.rfqs.change(rfq.id, lambda found: found.book("u-a", NOW))
        yield of_queue(world, world.ride_news(), rfqs, [news(RideConfirmed, rfq.id) for rfq in rfqs])


@contextmanager
def batches() -> Iterator[Case]:
    with a_world() as world:
        # Each of a client's own: a call about what clients share, such as the slots of their RFQs, is about one alone.
        clients = [f"cust-{number}" for number in range(RECORDS)]
        ids = [batch_id(client, uuid.UUID(int=0), "key") for client in clients]
        table = BatchTable(world.dynamodb, TABLE)
        bodies = [
            batch({"rfqs": [BODY, 7]}, id_, client) for id_, client in zip(ids, clients, strict=True)
        ]
        about = [(id_, rfq_id(id_, 0), client) for id_, client in zip(ids, clients, strict=True)]
        taken = world.taken(world.replies, *bodies)["Records"]
        records = sorted(taken, key=lambda record: bodies.index(record["body"]))
        yield OfQueue(world.batches(), about, records, lambda i: (table.get(ids[i]), world.count()), world.now)


@contextmanager
def announcements() -> Iterator[Case]:
    with a_world() as world:
        rfqs = _rfqs(world, document=True)
        yield OfStream(
            world.outbox(),
            [(rfq.id,) for rfq in rfqs],
            [record(rfq) for rfq in rfqs],
            optional=frozenset({"PutObject"}),
        )


@contextmanager
def pushes() -> Iterator[Case]:
    with a_world() as world:
        records = []
        rfqs = _rfqs(world)
        for number, rfq in enumerate(rfqs):
            changed = record(quoting("u-a")(rfq), rfq)
            changed["dynamodb"]["NewImage"]["watchers"] = {"SS": [f"c-{number}"]}
            records.append(changed)
        notifier = Notifier(
            sockets=Sockets(lambda: aws.client("apigatewaymanagementapi", url="https://socket/v1")),
            watchers=Watchers(world.dynamodb, TABLE),
            logger=world.logger,
            metrics=world.metrics,
            now=lambda: world.now,
        )
        yield OfStream(
            notifier, [(rfq.id,) for rfq in rfqs], records, optional=frozenset({"PostToConnection"})
        )


def _rfqs(world: World, **other: Any) -> list[Rfq]:
    return [world.put(id=str(uuid.UUID(int=number, version=4)), **other) for number in range(RECORDS)]


@pytest.mark.slow
@pytest.mark.parametrize("case", [answers, deadlines, rides, batches])
def test_a_failing_call_fails_one_message(case: Callable[[], AbstractContextManager[Case]]) -> None:
    assert check(case, settle_queue) > 5


@pytest.mark.slow
@pytest.mark.parametrize("case", [announcements, pushes])
def test_a_failing_call_fails_one_record(case: Callable[[], AbstractContextManager[Case]]) -> None:
    assert check(case, settle_stream) > 5
