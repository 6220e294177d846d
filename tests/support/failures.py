"""A consumer's batch, over and over again, with a failure at each call that it makes to AWS or to a partner.

Each run has a world of its own, in which every clock stands still and every id repeats.
"""

import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Protocol
from unittest.mock import patch

from tests.support import aws
from tests.support.epoch import milliseconds
from tests.support.wire import Bug, Call, Failure, Json, Throttled, Wire
from wild_rydes_messaging.retry import PATIENCE


class Case(Protocol):
    """A consumer in a world of its own, with a batch of records.

    `ids` has some texts for each record: whatever is about it holds one of them. What the calls in `optional` do may be
    missing for a record that a failure has met: that one call, or all that it makes, for good.
    """

    ids: Sequence[tuple[str, ...]]
    optional: frozenset[str]

    def handle(self, numbers: Sequence[int], attempt: int, waited: timedelta) -> Collection[int]:
        """Hand it these records of the batch; those that come back."""

    def effect(self, number: int) -> object:
        """What a record has come to, as far as `Wire.told` does not say it."""


@dataclass
class OfQueue:
    """A consumer of a queue, and its messages as Lambda hands them over at `now`."""

    consumer: Any
    ids: Sequence[tuple[str, ...]]
    records: Sequence[Json]
    effect: Callable[[int], object]
    now: datetime
    optional: frozenset[str] = frozenset()

    def handle(self, numbers: Sequence[int], attempt: int, waited: timedelta) -> Collection[int]:
        first = str(milliseconds(self.now - waited))
        told = {"ApproximateReceiveCount": str(attempt), "ApproximateFirstReceiveTimestamp": first}
        records = [
            {**self.records[i], "attributes": {**self.records[i]["attributes"], **told}} for i in numbers
        ]
        answer = self.consumer.handle({"Records": records})
        back = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        return [i for i in numbers if self.records[i]["messageId"] in back]


@dataclass
class OfStream:
    """A consumer of a table's stream, and the records."""

    consumer: Any
    ids: Sequence[tuple[str, ...]]
    records: Sequence[Json]
    effect: Callable[[int], object] = lambda _: None
    optional: frozenset[str] = frozenset()

    def handle(self, numbers: Sequence[int], _: int, __: timedelta) -> Collection[int]:
        self.consumer.handle({"Records": [self.records[i] for i in numbers]})
        return ()


@contextmanager
def repeatable() -> Iterator[None]:
    """Ids that are the same in each run."""
    numbers = count(1)
    with patch("uuid.uuid4", lambda: uuid.UUID(int=next(numbers), version=4)):
        yield


ROUNDS = 8
"""How often a record comes back before an hour is over: more often than a bug may."""


def settle_queue(case: Case, wire: Wire) -> Collection[int]:
    """Have a batch of a queue's messages handled until none comes back, as Lambda and the queue do."""
    left: Collection[int] = range(len(case.ids))
    for attempt in range(1, ROUNDS + 2):
        waited = PATIENCE if attempt > ROUNDS else timedelta()
        with suppress(Exception), wire.open():  # an exception brings all of them back
            left = case.handle(sorted(left), attempt, waited)
        if not left:
            break
    return left


def settle_stream(case: Case, wire: Wire) -> list[int]:
    """Have a batch of a stream's records handled as Lambda does: halved, in order; those it gives up in the end."""

    def settle(numbers: Sequence[int]) -> Iterator[int]:
        with suppress(Exception), wire.open():
            case.handle(numbers, 1, timedelta())
            return
        if len(numbers) > 1:
            half = len(numbers) // 2
            yield from settle(numbers[:half])
            yield from settle(numbers[half:])
            return
        for attempt in range(2, ROUNDS + 1):
            with suppress(Exception), wire.open():
                case.handle(numbers, attempt, timedelta())
                return
        yield from numbers

    return list(settle(range(len(case.ids))))


def failures(calls: Sequence[Call], records: int, passing: Collection[str]) -> Iterator[Failure]:
    """Each failure that these calls may meet; calls in `passing` never fail for good.

    What fails for good is about one record, which has neighbours on both sides where there are three.
    """
    for call in dict.fromkeys(calls):
        yield Failure(Throttled(), call)
        yield Failure(Bug(), call)
    victim = records // 2
    for operation in dict.fromkeys(
        call.operation for call in calls if call.about and call.operation not in passing
    ):
        call = Call(operation, frozenset({victim}), 0)
        yield Failure(Throttled(), call, victim)
        yield Failure(Bug(), call, victim)


Settle = Callable[[Case, Wire], Collection[int]]


def check(
    open_case: Callable[[], AbstractContextManager[Case]], settle: Settle, passing: Collection[str] = ()
) -> int:
    """Let each call fail, one in each run: every record takes effect once, or is parked alone with its reason.

    Operations in `passing` do not fail for good. Returns how many failures there were.
    """
    calls, expected = _run(open_case, settle, None)
    assert all(outcome.well for outcome in expected), expected
    wrong = []
    tried = list(failures(calls, len(expected), passing))
    for failure in tried:
        _, found = _run(open_case, settle, failure)
        for number, (outcome, good) in enumerate(zip(found, expected, strict=True)):
            if not _as_it_should(failure, number, outcome, good, stream=settle is settle_stream):
                wrong.append(f"{failure}: {number}: {outcome}, not {good}")
    assert not wrong, "\n".join(wrong)
    return len(tried)


@dataclass(frozen=True)
class Outcome:
    """What has become of a record."""

    effect: object
    told: set[str]
    parked: list[str]
    given_up: bool
    optional: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def well(self) -> bool:
        return not self.parked and not self.given_up

    def without_optional(self) -> "Outcome":
        """As if nobody cared for what its optional calls do."""
        return replace(self, told={what for what in self.told if what.partition(" ")[0] not in self.optional})


def _run(
    open_case: Callable[[], AbstractContextManager[Case]], settle: Settle, failure: Failure | None
) -> tuple[list[Call], list[Outcome]]:
    with repeatable(), open_case() as case:
        wire = Wire(case.ids, failure)
        aws.reads.catch_up()  # with what was before
        given_up = settle(case, wire)
        aws.reads.catch_up()
        numbers = range(len(case.ids))
        return wire.calls, [
            Outcome(case.effect(i), wire.told(i), wire.parked(i), i in given_up, case.optional)
            for i in numbers
        ]


def _as_it_should(failure: Failure, number: int, found: Outcome, good: Outcome, *, stream: bool) -> bool:
    bug, for_good = isinstance(failure.kind, Bug), failure.victim is not None
    about = failure.call.about
    met = number == failure.victim if for_good else number in about or (bug and stream and not about)
    if found == good:
        return True
    if not met:
        return False
    if found.without_optional() == good.without_optional():
        return for_good or failure.call.operation in found.optional
    if found.parked and not found.given_up:
        return for_good or (bug and stream)
    # Lambda gives it up after hours in which AWS was in trouble all the time, and says where in the stream it is.
    return found.given_up and for_good and stream and not bug
