"""Each call of each consumer fails, once and for good: see `tests.support.failures`."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.support.failures import Case, OfQueue, OfStream, check, settle_queue, settle_stream
from tests.support.feedback.world import Account, World, an_account, chosen, told, waiting

RECORDS = range(2)
RIDES = [f"ride-{i}" for i in RECORDS]
NUMBERS = [f"+1206555014{i}" for i in RECORDS]


@contextmanager
def _world() -> Iterator[World]:
    with an_account() as account:
        world = World(Account(**account))
        yield world
        world.close()


def of_queue(world: World, consumer: Any, bodies: Sequence[str]) -> Case:
    records = [
        {
            "messageId": str(number),
            "receiptHandle": str(number),
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "0"},
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:feedback-dead",
        }
        for number, body in enumerate(bodies)
    ]
    return OfQueue(consumer, _ids(world), records, lambda i: _conversation(world, i), world.now)


def _ids(world: World) -> list[tuple[str, ...]]:
    keys = map(world.pseudonyms.pseudonym_of, NUMBERS)
    return [(RIDES[i], NUMBERS[i], key, f"in/{i}=", f"responder-{i}") for i, key in enumerate(keys)]


def _conversation(world: World, number: int) -> object:
    """The item of a ride's conversation, which says how often it was written."""
    return next((item for item in world.aws.items() if item["id"]["S"] == f"ride#{RIDES[number]}"), None)


def _opened(world: World) -> None:
    """A conversation with each customer about a ride of its own."""
    for i in RECORDS:
        world.ride(RIDES[i], world.customer(NUMBERS[i]), responder_id=f"responder-{i}")


def _asked(world: World) -> None:
    """Each customer was asked, one after the other."""
    for i in RECORDS:
        world.ride(RIDES[i], world.customer(NUMBERS[i]), responder_id=f"responder-{i}")
        world.pump()


@contextmanager
def rides() -> Iterator[Case]:
    with _world() as world:
        customers = [world.customer(number) for number in NUMBERS]
        yield of_queue(world, world.rides, [world.completed(RIDES[i], customers[i]) for i in RECORDS])


@contextmanager
def replies() -> Iterator[Case]:
    with _world() as world:
        _asked(world)
        bodies = [
            world.reply("8", world.last_sms(NUMBERS[i]), sender=NUMBERS[i], inbound_id=f"in/{i}=")
            for i in RECORDS
        ]
        yield of_queue(world, world.replies, bodies)


@contextmanager
def receipts() -> Iterator[Case]:
    with _world() as world:
        _asked(world)
        bodies = [world.event("TEXT_DELIVERED", world.last_sms(number)) for number in NUMBERS]
        yield of_queue(world, world.receipts, bodies)


@contextmanager
def announcements(*, tallied: bool, corrected: bool) -> Iterator[Case]:
    """Scores as they are heard or corrected, or as their responders' ratings have taken them in."""
    with _world() as world:
        _asked(world)
        world.aws.records()
        for number in NUMBERS:
            world.hear("8", world.last_sms(number), sender=number)
        if corrected:
            world.pump()
            for ride_id in RIDES:
                world.correct(ride_id, 3)
        records = chosen(world.aws.records(), told)
        if tallied:
            world.outbox.handle({"Records": records})
            records = [
                record
                for record in chosen(world.aws.records(), told)
                if "responder#" in record["dynamodb"]["Keys"]["id"]["S"]
            ]
        assert len(records) == len(RECORDS)
        yield OfStream(world.outbox, _ids(world), records, lambda i: _conversation(world, i))


@dataclass
class Outreach:
    """Outreach, with the receipts of what it sends, and the timers that make up for it every hour."""

    world: World
    ids: Sequence[tuple[str, ...]]
    records: Sequence[Any]
    begins: Callable[[Sequence[Any]], None]
    optional: frozenset[str] = frozenset({"SendTextMessage"})

    def handle(self, numbers: Sequence[int], _: int, __: timedelta) -> Collection[int]:
        world = self.world
        self.begins([self.records[i] for i in numbers])
        for _hour in range(2):
            self._acknowledge()
            world.now += timedelta(hours=1)
            with suppress(Exception):  # it runs again in a minute
                world.timers.handle()
            world.outreach.handle({"Records": chosen(world.aws.records(), waiting)})
        return ()

    def _acknowledge(self) -> None:
        """AWS tells of each SMS that it has sent it, again until somebody listens."""
        left = [self.world.event("TEXT_SENT", sms) for sms in self.world.phones.sent]
        for _ in range(2):
            left = self.world.handle(self.world.receipts, *left)

    def effect(self, number: int) -> object:
        """Whether the SMS is sent, or will be."""
        conversation = self.world.conversation(RIDES[number])
        return conversation.last.state == "sent" or self.world.next_due() is not None


@contextmanager
def outreach() -> Iterator[Case]:
    with _world() as world:
        _opened(world)
        records = chosen(world.aws.records(), waiting)
        assert len(records) == len(RECORDS)
        yield Outreach(world, _ids(world), records, lambda some: world.outreach.handle({"Records": some}))


@contextmanager
def timers() -> Iterator[Case]:
    """Nothing has come over the stream: the timers find what waits."""
    with _world() as world:
        _opened(world)
        world.aws.records()
        yield Outreach(world, _ids(world), [None for _ in RECORDS], lambda _: None)


@pytest.mark.slow
@pytest.mark.parametrize("case", [rides, replies, receipts])
def test_a_failing_call_fails_one_message(case: Callable[[], AbstractContextManager[Case]]) -> None:
    assert check(case, settle_queue) > 5


@pytest.mark.slow
@pytest.mark.parametrize("tallied", [False, True], ids=["written", "tallied"])
@pytest.mark.parametrize("corrected", [False, True], ids=["score", "correction"])
def test_a_failing_call_fails_one_record(tallied: bool, corrected: bool) -> None:
    assert check(partial(announcements, tallied=tallied, corrected=corrected), settle_stream) > 3


@pytest.mark.slow
@pytest.mark.parametrize("case", [outreach, timers])
def test_a_failing_call_delays_one_sms(case: Callable[[], AbstractContextManager[Case]]) -> None:
    assert check(case, settle_stream) > 5
