"""Each call of each consumer fails, once and for good: see `tests.support.failures`."""

import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from ride_booking.adapters.watchers import Watchers
from ride_booking.domain.rfq import Rfq
from ride_booking.use_cases.notifier import Notifier
from tests.support import aws
from tests.support.failures import Case, check, settle_queue, settle_stream
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


@dataclass
class OfQueue:
    """A consumer of a queue, by what makes it from a world, and the bodies of its messages."""

    world: World
    consumer: Any
    rfqs: Sequence[Rfq]
    bodies: Sequence[str]
    optional: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.ids = [rfq.id for rfq in self.rfqs]
        taken = self.world.taken(self.world.replies, *self.bodies)["Records"]
        self._records = [next(r for r in taken if r["body"] == body) for body in self.bodies]

    def handle(self, numbers: Sequence[int], attempt: int, waited: timedelta) -> Collection[int]:
        first = str(int((self.world.now - waited).timestamp() * 1000))
        told = {"ApproximateReceiveCount": str(attempt), "ApproximateFirstReceiveTimestamp": first}
        records = [
            {**self._records[i], "attributes": {**self._records[i]["attributes"], **told}} for i in numbers
        ]
        answer = self.consumer.handle({"Records": records})
        back = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        return [i for i in numbers if self._records[i]["messageId"] in back]

    def effect(self, number: int) -> object:
        return self.world.stored(self.ids[number])


@dataclass
class OfStream:
    """A consumer of the table's stream."""

    consumer: Any
    ids: Sequence[str]
    records: Sequence[Any]
    optional: frozenset[str] = field(default_factory=frozenset)

    def handle(self, numbers: Sequence[int], _: int, __: timedelta) -> Collection[int]:
        self.consumer.handle({"Records": [self.records[i] for i in numbers]})
        return ()

    def effect(self, _: int) -> object:
        return None


@contextmanager
def answers() -> Iterator[Case]:
    with a_world() as world:
        rfqs = _rfqs(world)
        bodies = [response(rfq.id, quote("u-a"), asked=("u-a",)) for rfq in rfqs]
        yield OfQueue(world, world.aggregator(), rfqs, bodies)


@contextmanager
def deadlines() -> Iterator[Case]:
    with a_world() as world:
        rfqs = _rfqs(world)
        bodies = [deadline_of(rfq) for rfq in rfqs]
        world.now = DEADLINE
        yield OfQueue(world, world.closer(), rfqs, bodies)


@contextmanager
def rides() -> Iterator[Case]:
    with a_world() as world:
        rfqs = _rfqs(world)
        for rfq in rfqs:
            world.gather(response(rfq.id, quote("u-a"), asked=("u-a",)))
            world.rfqs.change(rfq.id, lambda found: found.book("u-a", NOW))
        yield OfQueue(world, world.ride_news(), rfqs, [news(RideConfirmed, rfq.id) for rfq in rfqs])


@contextmanager
def announcements() -> Iterator[Case]:
    with a_world() as world:
        rfqs = _rfqs(world, document=True)
        yield OfStream(
            world.outbox(),
            [rfq.id for rfq in rfqs],
            [record(rfq) for rfq in rfqs],
            frozenset({"PutObject"}),
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
        yield OfStream(notifier, [rfq.id for rfq in rfqs], records, frozenset({"PostToConnection"}))


def _rfqs(world: World, **other: Any) -> list[Rfq]:
    return [world.put(id=str(uuid.UUID(int=number, version=4)), **other) for number in range(RECORDS)]


@pytest.mark.slow
@pytest.mark.parametrize("case", [answers, deadlines, rides])
def test_a_failing_call_fails_one_message(case: Callable[[], AbstractContextManager[Case]]) -> None:
    assert check(case, settle_queue) > 10


@pytest.mark.slow
@pytest.mark.parametrize("case", [announcements, pushes])
def test_a_failing_call_fails_one_record(case: Callable[[], AbstractContextManager[Case]]) -> None:
    assert check(case, settle_stream) > 10
