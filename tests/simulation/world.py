"""A world: everything that is deployed, on models of AWS, for one history."""

import json
import os
import random
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.error import URLError
from urllib.request import Request

from infra.rydes.simulators.phones.model import Phones
from tests.simulation.aws.account import Account
from tests.simulation.aws.ids import Ids
from tests.simulation.code import Code, Output
from tests.simulation.deliveries import Deliveries
from tests.simulation.faults import Faults
from tests.simulation.gates import Answer, gate, real_environment
from tests.simulation.http import Session, keys
from tests.simulation.kernel import Future, Kernel, News
from tests.simulation.lambdas import Lambda
from tests.simulation.mappings import QueuePoller, StreamPoller
from tests.simulation.stacks import Stacks
from tests.simulation.trace import Trace

_SINCE = 60.0
"""Seconds for which that has been there with which a history begins."""

Change = Callable[[str, Any, Any], None]
Exchange = Callable[[str, str, Mapping[str, str], bytes, float], Any]


def _nobody(*_: Any) -> Any:
    raise URLError("nobody answers")


class World:
    """One history of the system. It is the host of all code that runs in it.

    Whoever makes it may set `heard_change` (a table's name, and an item before and after), `heard_handled` (a function,
    and the record that it says it has handled), `heard_event` (its name, and its detail), `heard_message` (a queue's
    URL, and the body that was sent there), and `exchange`, which answers partners' requests.
    """

    def __init__(
        self, seed: str, stacks: Stacks, versions: Sequence[Code], faults: Faults, chance: random.Random, *,
        secrets: Mapping[str, str], traced: bool,
    ) -> None:  # fmt: skip
        """`chance` decides what actors do. The first of `versions` of the code is the newest. `secrets` are by ARN."""
        self.stacks = stacks
        self.actors_chance = chance
        self.kernel = Kernel(f"{seed}/schedule")
        self.news = News(self.kernel)
        self.faults = faults
        faults.now = lambda: self.kernel.now
        self.trace = Trace(self.kernel, kept=traced)
        self._handlers_chance = random.getstate()
        random.seed(f"{seed}/handlers")
        self.phones = Phones(lambda: self.kernel.now, Ids("f000"))
        self.aws = Account(
            stacks,
            lambda: self.kernel.now,
            changed=self._changed,
            staleness=self._staleness,
            draw=self.kernel.chance.random,
            secrets=secrets,
            phones=self.phones,
        )
        self.lambda_ = Lambda(self.kernel, versions, faults, self.aws.call, self.trace)
        self.deliveries = Deliveries(self.kernel, self.aws, faults, self.trace)
        self.lambda_.called = self._called
        self._queues = [self.aws.sqs.by_arn[each.queue] for each in stacks.queue_mappings]
        self._streams: dict[str, list[StreamPoller]] = {}
        self._connect()
        self.heard_change: Change = lambda *_: None
        self.heard_handled: Callable[[str, Any], None] = lambda *_: None
        self.heard_event: Callable[[str, Any], None] = lambda *_: None
        self.heard_message: Callable[[str, str], None] = lambda *_: None
        self.exchange: Exchange = _nobody
        self.at_rest: Callable[[], bool] = lambda: False
        """Whether the actors have what they wanted."""
        self._hears = True
        self._connections: dict[str, Callable[[bytes], None]] = {}
        gate.host = self
        self._stdout, sys.stdout = sys.stdout, Output(self.lambda_.hear)

    def _connect(self) -> None:
        """Tie queues and streams to their functions."""
        for mapping, queue in zip(self.stacks.queue_mappings, self._queues, strict=True):
            QueuePoller(mapping, queue, self.kernel, self.lambda_, self.faults, handled=self._handled)
        for each in self.stacks.stream_mappings:
            poller = StreamPoller(each, self.kernel, self.lambda_, self.faults, self._give_up)
            self._streams.setdefault(each.table, []).append(poller)

    def close(self) -> None:
        """End the history."""
        self.lambda_.close()
        gate.host = None
        sys.stdout = self._stdout
        os.environ = real_environment  # noqa: B003 - our own process
        random.setstate(self._handlers_chance)

    def url(self, short: str) -> str:
        """Find the base URL of the API, or the endpoint of the socket, that a function serves."""
        apis = {**self.stacks.apis, **self.stacks.sockets}
        return next(url for url, function in apis.items() if function.short == short)

    def listen(self, url: str, connection: str, heard: Callable[[bytes], None]) -> None:
        """Open a connection of a socket, which hears what is posted to it."""
        self.aws.sockets[url].connect(connection)
        self._connections[connection] = heard

    def hang_up(self, url: str, connection: str) -> None:
        """Close a connection of a socket."""
        self.aws.sockets[url].disconnect(connection)
        self._connections.pop(connection, None)

    def skew(self) -> float:
        """Tell by how many seconds the caller's clock is wrong."""
        current = self.lambda_.current
        return current.worker.skew if current is not None else 0.0

    def open(self, request: Any) -> Any:
        """Answer a request of urllib's: for the keys of the user pool, or a callback."""
        if isinstance(request, str) and request.endswith("jwks.json"):
            return Answer(200, keys())
        if isinstance(request, Request):
            return self._post(request)
        raise URLError("nobody answers")

    def _post(self, request: Request) -> Answer:
        """Take a partner's callback. On its way it may be lost, come late, or come twice."""
        url = next(url for url in self.stacks.apis if request.full_url.startswith(url))
        headers = {name.lower(): value for name, value in request.header_items()}
        path = request.full_url.removeprefix(url)
        session = Session(self, url, request.host, "")
        if self.faults.happens("partner-late"):
            self.kernel.sleep(10 ** self.faults.chance.uniform(-1, 2))
        if self.faults.happens("partner-repeats"):
            self.kernel.sleep(10 ** self.faults.chance.uniform(-1, 1))
            session.send("POST", path, request.data, headers)
        answer = session.send("POST", path, request.data, headers)
        if not answer.status:
            raise URLError("nothing is heard")
        return Answer(answer.status, b"")

    def invoke(self, short: str, event: Mapping[str, Any]) -> Any:
        """Invoke a function and wait for what it returns. Raises InvocationFailed. The caller is a task."""
        future = Future(self.kernel)
        self.lambda_.invoke(self.stacks.by_short_name[short], event, future.set)
        return future.result()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way: no message, no change, no invocation."""
        return (
            self.lambda_.idle
            and self.deliveries.idle
            and not any(queue.messages for queue in self._queues)
            and all(poller.idle for pollers in self._streams.values() for poller in pollers)
        )

    def busy(self) -> str:
        """Tell what is under way."""
        queues = {queue.name: [*queue.messages.values()] for queue in self._queues if queue.messages}
        streams = {table for table, pollers in self._streams.items() if not all(p.idle for p in pollers)}
        return f"queues {queues}, streams {streams}"

    def put(self, table: str, items: Iterable[Any]) -> None:
        """Begin with these items in a table. Nobody is told, and no stale read is as old as they are."""
        self._hears = False
        self.kernel.now -= _SINCE
        for item in items:
            self.aws.dynamodb.put_item({"TableName": table, "Item": item})
        self.kernel.now += _SINCE
        self._hears = True

    def items(self, table: str) -> list[Any]:
        """Read a whole table."""
        return list(self.aws.dynamodb.scan({"TableName": table, "ConsistentRead": True})["Items"])

    def item(self, table: str, key: str) -> Any:
        """Read an item; None if there is none."""
        request = {"TableName": table, "Key": {"id": {"S": key}}, "ConsistentRead": True}
        return self.aws.dynamodb.get_item(request).get("Item")

    def _called(self, service: str, arguments: Any, answer: Any) -> None:
        """See to what a call has left to be done."""
        if service == "events":
            for entry, result in zip(arguments["Entries"], answer["Entries"], strict=True):
                if "EventId" in result:
                    self.heard_event(entry["DetailType"], json.loads(entry["Detail"]))
        elif service == "sqs" and answer and "Successful" in answer:
            taken = {each["Id"] for each in answer["Successful"]}
            for entry in arguments["Entries"]:
                if "MessageBody" in entry and entry["Id"] in taken:
                    self.heard_message(arguments["QueueUrl"], entry["MessageBody"])
        elif service.startswith("apigatewaymanagementapi") and (
            heard := self._connections.get(arguments["ConnectionId"])
        ):
            heard(arguments["Data"])
        self.deliveries.begin()

    def _changed(self, table: str, record: Mapping[str, Any]) -> None:
        if not self._hears:
            return
        change = record["dynamodb"]
        self.heard_change(table, change.get("OldImage"), change.get("NewImage"))
        for poller in self._streams.get(table, ()):
            poller.change(record)

    def _handled(self, function: str, record: Mapping[str, Any]) -> None:
        self.heard_handled(function, record)

    def _give_up(self, queue: str, batch: Mapping[str, Any]) -> None:
        self.aws.sqs.put(self.aws.sqs.by_arn[queue], json.dumps(batch))

    def _staleness(self) -> float:
        """Decide how far a read lags. DynamoDB's lag is usually below a second."""
        return 10 ** self.faults.chance.uniform(-2, 0) if self.faults.happens("read-stale") else 0.0
