"""Each call of each consumer fails, once and for good: see `tests.support.failures`."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from ride_booking.adapters.watchers import Watchers
from ride_booking.domain.rfq import Rfq
from ride_booking.domain.rfq_batch import batch_id, rfq_id
from ride_booking.use_cases.notifier import Notifier
from tests.support import aws
from tests.support.failures import Case, OfQueue, OfStream, check, settle_queue, settle_stream
from tests.support.ride_booking.connections import quoting
from tests.support.ride_booking.world import (
    BODY,
    DEADLINE,
    NOW,
    TABLE,
    World,
    a_world,
    batch,
    deadline_of,
    news,
    quote,
    record,
    response,
)
from wild_rydes_contracts import RideConfirmed
from wild_rydes_http.sockets import Sockets

RECORDS = 3


def of_queue(
    world: World,
    consumer: Any,
    ids: Sequence[tuple[str, ...]],
    bodies: Sequence[str],
    effect: Callable[[int], object],
) -> Case:
    taken = world.taken(world.replies, *bodies)["Records"]
    records = sorted(taken, key=lambda record: bodies.index(record["body"]))
    return OfQueue(consumer, ids, records, effect, world.now)


def about_rfqs(world: World, consumer: Any, rfqs: Sequence[Rfq], bodies: Sequence[str]) -> Case:
    ids = [(rfq.id,) for rfq in rfqs]
    return of_queue(world, consumer, ids, bodies, lambda i: world.stored(rfqs[i].id))


@contextmanager
def answers() -> Iterator[Case]:
    with a_world() as world:
        rfqs = _rfqs(world)
        bodies = [response(rfq.id, quote("u-a"), asked=("u-a",)) for rfq in rfqs]
        yield about_rfqs(world, world.aggregator(), rfqs, bodies)


@contextmanager
def deadlines() -> Iterator[Case]:
    with a_world() as world:
        rfqs = _rfqs(world)
        bodies = [deadline_of(rfq) for rfq in rfqs]
        world.now = DEADLINE
        yield about_rfqs(world, world.closer(), rfqs, bodies)


@contextmanager
def rides() -> Iterator[Case]:
    with a_world() as world:
        rfqs = _rfqs(world)
        for rfq in rfqs:
            world.gather(response(rfq.id, quote("u-a"), asked=("u-a",)))
            aws.reads.catch_up()
            world.rfqs.change(rfq.id, lambda found: found.book("u-a", NOW))
        yield about_rfqs(world, world.ride_news(), rfqs, [news(RideConfirmed, rfq.id) for rfq in rfqs])


@contextmanager
def batches() -> Iterator[Case]:
    """Each of a client of its own: what a call about a client's open RFQs says is about one batch alone."""
    with a_world() as world:
        clients = [f"client-{number}" for number in range(RECORDS)]
        ids = [batch_id(client, uuid.UUID(int=0), "key") for client in clients]
        bodies = [batch({"rfqs": [BODY]}, *each) for each in zip(ids, clients, strict=True)]
        about = [(id_, rfq_id(id_, 0), client) for id_, client in zip(ids, clients, strict=True)]

        def effect(number: int) -> object:
            rfq = world.rfqs.get(rfq_id(ids[number], 0), consistent=True)
            return rfq, world.batch_table.get(ids[number])

        yield of_queue(world, world.batches(), about, bodies, effect)


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
