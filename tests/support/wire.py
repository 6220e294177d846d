"""All calls that a consumer makes to AWS and to partners: seen, counted, and failing where a test says so."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from unittest.mock import patch

import botocore.client

from tests.support.aws import refusal
from unicorn_mgmt.adapters.partners.connections import Connections

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
