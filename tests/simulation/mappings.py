"""Lambda's event source mappings: from queues and streams to functions."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zlib import crc32

from tests.simulation.aws.queues import Message, Queue
from tests.simulation.faults import Faults
from tests.simulation.kernel import Kernel
from tests.simulation.stacks import QueueMapping, StreamMapping

if TYPE_CHECKING:  # its gates are for the whole process, and the tests of this module are in another
    from tests.simulation.lambdas import InvocationFailed, Lambda

_POLL = 0.01
"""Seconds until a message that is there is taken."""
_SHARDS = 2
_PAUSE = 0.5
"""Seconds until a batch that has failed comes again, at first."""
_LONGEST_PAUSE = 60.0


class QueuePoller:
    """Brings a queue's messages to a function, in any order, and again until they are handled."""

    def __init__(
        self,
        mapping: QueueMapping,
        queue: Queue,
        kernel: Kernel,
        lambda_: "Lambda",
        faults: Faults,
        *,
        handled: Callable[[str, Mapping[str, Any]], None],
    ) -> None:
        """`handled` is called with the function and each record that it says it has handled."""
        self._mapping = mapping
        self._queue = queue
        self._kernel = kernel
        self._lambda = lambda_
        self._faults = faults
        self._handled = handled
        self._busy = 0
        self._next = float("inf")
        queue.heard = self.look

    def look(self) -> None:
        """See when there is something to take."""
        if not self._queue.messages or self._busy >= self._mapping.most_at_once:
            return
        wait = _POLL * (0.5 + self._kernel.chance.random())
        if self._faults.happens("message-late"):
            wait += 10 ** self._faults.chance.uniform(-1, 2)
        at = max(self._kernel.now, self._queue.next_visible()) + wait
        if at < self._next:
            self._next = at
            self._kernel.after(at - self._kernel.now, lambda: self._poll(at))

    def _poll(self, at: float) -> None:
        if at != self._next:
            return  # somebody has looked sooner
        self._next = float("inf")
        visible = self._queue.visible()
        if visible and self._busy < self._mapping.most_at_once:
            self._deliver(self._chosen(visible))
        self.look()

    def _chosen(self, visible: list[Message]) -> list[Message]:
        if len(visible) == 1:
            return visible
        self._kernel.chance.shuffle(visible)
        most = self._mapping.batch_size
        if self._faults.happens("batch-split"):
            most = self._faults.chance.randint(1, most)
        return visible[:most]

    def _deliver(self, messages: list[Message]) -> None:
        taken = self._queue.take(messages)
        records = self._queue.records(taken)
        self._invoke(records, lambda result, error: self._done(records, result, error))
        if self._faults.happens("message-doubled"):
            again = self._faults.chance.choice(taken)
            wait = 10 ** self._faults.chance.uniform(-2, 1)
            self._kernel.after(wait, lambda: self._once_more(again))

    def _once_more(self, message: Message) -> None:
        """A queue delivers at least once: even a message that is in flight, or was deleted."""
        was_there = message.id in self._queue.messages
        records = self._queue.records(self._queue.take([message]))

        def done(_: Any, __: "InvocationFailed | None") -> None:
            if not was_there:
                self._queue.messages.pop(message.id, None)

        self._invoke(records, done)

    def _invoke(
        self, records: Sequence[Mapping[str, Any]], done: "Callable[[Any, InvocationFailed | None], None]"
    ) -> None:
        self._busy += 1

        def over(result: Any, error: "InvocationFailed | None") -> None:
            self._busy -= 1
            done(result, error)
            self.look()

        self._lambda.invoke(self._mapping.function, {"Records": records}, over)

    def _done(
        self, records: Sequence[Mapping[str, Any]], result: Any, error: "InvocationFailed | None"
    ) -> None:
        if error is not None:
            return  # they are visible again after their time
        said = (result or {}).get("batchItemFailures", ()) if self._mapping.reports else ()
        failed = {entry["itemIdentifier"] for entry in said}
        for record in records:
            id_ = record["messageId"]
            if id_ in failed:
                continue
            self._handled(self._mapping.function.short, record)
            message = self._queue.messages.get(id_)
            if (
                message is not None
                and message.handle == record["receiptHandle"]
                and not self._faults.happens("message-not-deleted")
            ):
                del self._queue.messages[id_]


class StreamPoller:
    """Brings a table's changes to a function: those of one item in their order, a failing batch until it is handled."""

    def __init__(
        self,
        mapping: StreamMapping,
        kernel: Kernel,
        lambda_: "Lambda",
        faults: Faults,
        give_up: Callable[[str, Mapping[str, Any]], None],
    ) -> None:
        self._mapping = mapping
        self._kernel = kernel
        self._lambda = lambda_
        self._faults = faults
        self._give_up = give_up
        self._shards = [_Shard() for _ in range(_SHARDS)]

    def change(self, record: Mapping[str, Any]) -> None:
        """Take in a change."""
        if not any(matches(record) for matches in self._mapping.filters):
            return
        key = next(iter(record["dynamodb"]["Keys"].values()))
        shard = self._shards[crc32(str(key).encode()) % _SHARDS]
        shard.records.append((self._kernel.now, record))
        self._look(shard)

    @property
    def idle(self) -> bool:
        """Whether all has been handled."""
        return not any(shard.records or shard.busy for shard in self._shards)

    def _look(self, shard: "_Shard", pause: float = 0.0) -> None:
        if shard.busy or not shard.records:
            return
        shard.busy = True
        wait = pause or 0.02 * (0.5 + self._kernel.chance.random())
        if self._faults.happens("records-late"):
            wait += 10 ** self._faults.chance.uniform(-1, 2)
        self._kernel.after(wait, lambda: self._deliver(shard))

    def _deliver(self, shard: "_Shard") -> None:
        most = shard.most or self._mapping.batch_size
        if not shard.failures and self._faults.happens("batch-split"):
            most = self._faults.chance.randint(1, most)
        batch = [shard.records[i] for i in range(min(most, len(shard.records)))]
        self._lambda.invoke(
            self._mapping.function,
            {"Records": [record for _, record in batch]},
            lambda _, error: self._done(shard, batch, error),
        )

    def _done(
        self,
        shard: "_Shard",
        batch: Sequence[tuple[float, Mapping[str, Any]]],
        error: "InvocationFailed | None",
    ) -> None:
        shard.busy = False
        if error is None and not self._faults.happens("records-repeated"):
            self._advance(shard, len(batch))
            self._look(shard)
            return
        if self._kernel.now - batch[0][0] > self._mapping.longest:
            self._give_up(self._mapping.failed_to, {"records": len(batch)})
            self._advance(shard, len(batch))
        elif error is not None:
            shard.failures += 1
            if self._mapping.bisect and len(batch) > 1:
                shard.most = len(batch) // 2
        self._look(shard, min(_LONGEST_PAUSE, _PAUSE * 2 ** min(shard.failures, 10)))

    def _advance(self, shard: "_Shard", count: int) -> None:
        for _ in range(count):
            shard.records.popleft()
        shard.failures = shard.most = 0


class _Shard:
    """What of a shard has not been handled, and how its first batch has fared."""

    def __init__(self) -> None:
        self.records: deque[tuple[float, Mapping[str, Any]]] = deque()
        self.busy = False
        self.failures = 0
        self.most = 0
