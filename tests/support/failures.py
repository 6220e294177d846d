"""A consumer's batch, over and over again, with a failure at each call that it makes to AWS or to a partner.

Each run has a world of its own, in which every clock stands still and every id repeats.
"""

import json
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from threading import Lock
from typing import Any, Protocol
from unittest.mock import patch

import botocore.client

from tests.support.aws import refusal
from unicorn_mgmt.adapters.partners.connections import Connections
from wild_rydes_messaging.retry import PATIENCE

Json = dict[str, Any]
PARTNER = "partner"
"""The operation of a call to a partner."""


@dataclass(frozen=True)
class Call:
    """A call: what it is about, by the numbers of records, and the how-manieth such call it is."""

    operation: str
    about: frozenset[int]
    nth: int

    def __str__(self) -> str:
        return f"{self.operation} {self.nth} about {sorted(self.about)}"


class Throttled:
    """AWS, or the way there, is in trouble that passes."""

    def __str__(self) -> str:
        return "throttled"

    def error(self) -> Exception:
        return refusal("ThrottlingException")


class Bug:
    """Nobody knows why."""

    def __str__(self) -> str:
        return "bug"

    def error(self) -> Exception:
        return ZeroDivisionError("on purpose")


@dataclass(frozen=True)
class Failure:
    """What a call meets: once, or for good, and then each call of this operation about the record `victim`."""

    kind: Throttled | Bug
    call: Call
    victim: int | None = None

    def __str__(self) -> str:
        once = "once" if self.victim is None else f"for good for {self.victim}"
        return f"{self.kind} {once} at {self.call}"

    def meets(self, call: Call) -> bool:
        if self.victim is None:
            return call == self.call
        return call.operation == self.call.operation and self.victim in call.about


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
        first = str(int((self.now - waited).timestamp() * 1000))
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


@dataclass
class Wire:
    """All calls between a consumer and the world, which it makes while the wire is open."""

    ids: Sequence[tuple[str, ...]]
    failure: Failure | None = None
    calls: list[Call] = field(default_factory=list)
    sent: list[tuple[str, Json]] = field(default_factory=list)
    """The calls that went well, with their parameters."""

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._seen: Counter[tuple[str, frozenset[int]]] = Counter()

    def about(self, content: object) -> frozenset[int]:
        text = json.dumps(content, default=_text)
        return frozenset(i for i, ids in enumerate(self.ids) if any(id_ in text for id_ in ids))

    def pass_on(self, operation: str, content: Any, make: Callable[[Any], Any]) -> Any:
        about = self.about(content)
        with self._lock:
            self._seen[operation, about] += 1
            call = Call(operation, about, self._seen[operation, about])
            self.calls.append(call)
        failed: Collection[int] = ()
        if self.failure and self.failure.meets(call):
            if self.failure.victim is None or isinstance(self.failure.kind, Bug) or operation not in _BATCHES:
                raise self.failure.kind.error()
            failed = [
                i for i, entry in enumerate(content["Entries"]) if self.failure.victim in self.about(entry)
            ]
        return self._made(operation, content, make, failed)

    def _made(self, operation: str, content: Any, make: Callable[[Any], Any], failed: Collection[int]) -> Any:
        """Make a call, but of a batch without these entries, for which AWS then says that it is throttled."""
        if failed:
            entries = content["Entries"]
            content = {**content, "Entries": [e for i, e in enumerate(entries) if i not in failed]}
        answer = make(content) if not failed or content["Entries"] else {}
        with self._lock:
            self.sent.append((operation, content))
        return _BATCHES[operation](answer, entries, failed) if failed else answer

    @contextmanager
    def open(self) -> Iterator[None]:
        make, request = botocore.client.BaseClient._make_api_call, Connections.request  # type: ignore[attr-defined]

        def call(client: Any, operation: str, parameters: Any) -> Any:
            return self.pass_on(
                operation,
                parameters,
                lambda sent: (
                    _PRETENDED[operation](sent) if operation in _PRETENDED else make(client, operation, sent)
                ),
            )

        def ask(connections: Any, method: str, url: str, **more: Any) -> Any:
            content = {"url": url, "body": more.get("body", b"")}
            return self.pass_on(PARTNER, content, lambda _: request(connections, method, url, **more))

        with (
            patch.object(botocore.client.BaseClient, "_make_api_call", call),
            patch.object(Connections, "request", ask),
        ):
            yield

    def told(self, number: int) -> set[str]:
        """What has gone out about a record: events and messages by their ids, all else by how often it went."""
        told: Counter[str] = Counter()
        for operation, parameters in self.sent:
            for content in _contents(operation, parameters):
                if number in self.about(content):
                    told[f"{operation} {_identity(content)}"] += 1
        return {
            f"{what} x {often}" if what.startswith("SendTextMessage") else what
            for what, often in told.items()
        }

    def parked(self, number: int) -> list[str]:
        """The reasons with which a record, or what it announces, was parked."""
        return [
            parameters["MessageAttributes"]["reason"]["StringValue"]
            for operation, parameters in self.sent
            if operation == "SendMessage" and number in self.about(parameters["MessageBody"])
        ]


def _some_throttled(answer: Json, entries: Sequence[Json], failed: Collection[int]) -> Json:
    throttled = [{"Id": entries[i]["Id"], "Code": "RequestThrottled", "SenderFault": False} for i in failed]
    return {**answer, "Failed": [*answer.get("Failed", ()), *throttled]}


def _some_events_throttled(answer: Json, entries: Sequence[Json], failed: Collection[int]) -> Json:
    taken = iter(answer.get("Entries", ()))
    told = [{"ErrorCode": "ThrottlingException"} if i in failed else next(taken) for i in range(len(entries))]
    return {"FailedEntryCount": len(failed), "Entries": told}


_BATCHES: Mapping[str, Callable[[Json, Sequence[Json], Collection[int]], Json]] = {
    "PutEvents": _some_events_throttled,
    "SendMessageBatch": _some_throttled,
    "ChangeMessageVisibilityBatch": _some_throttled,
}
_OUTGOING: Mapping[str, Callable[[Json], Sequence[Any]]] = {
    "PutEvents": lambda p: [json.loads(entry["Detail"]) for entry in p["Entries"]],
    "SendMessageBatch": lambda p: [json.loads(entry["MessageBody"]) for entry in p["Entries"]],
    "PostToConnection": lambda p: [{"to": p["ConnectionId"], "data": json.loads(p["Data"])}],
    "SendTextMessage": lambda p: [{"context": p["Context"]}],
    "PutObject": lambda p: [{"key": p["Key"]}],
}
_PRETENDED: Mapping[str, Callable[[Json], Any]] = {
    "PostToConnection": lambda _: {},
}


def _contents(operation: str, parameters: Json) -> Sequence[Any]:
    return _OUTGOING[operation](parameters) if operation in _OUTGOING else ()


def _identity(content: Json) -> str:
    """The id that a repetition has as well, or all of it."""
    metadata = content.get("metadata") or content.get("detail", {}).get("metadata")
    return str(metadata["event_id"]) if metadata else json.dumps(content, sort_keys=True)


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


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
    """Each failure that these calls may meet; calls in `passing` never fail for good."""
    for call in dict.fromkeys(calls):
        yield Failure(Throttled(), call)
        yield Failure(Bug(), call)
    for operation in dict.fromkeys(
        call.operation for call in calls if call.about and call.operation not in passing
    ):
        for victim in range(records):
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
        given_up = settle(case, wire)
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
