"""Deliver entries to a batch API: in chunks within its limits, with retries and a receipt for each entry."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from wild_rydes_messaging.backoff import Backoff
from wild_rydes_messaging.errors import reason
from wild_rydes_messaging.transient import is_transient

MAX_ENTRIES = 10
"""PutEvents and SendMessageBatch both take at most 10 entries per call."""

TOO_LARGE = "EntryTooLarge"

# What is refused with one of these is itself at fault, whoever sends it and however often. Any other refusal, such as
# for want of a permission, says something of all that is sent.
_INVALID = frozenset(
    {
        TOO_LARGE,
        "InvalidArgument",
        "InvalidMessageContents",
        "InvalidParameterValue",
        "MalformedDetail",
        "SerializationException",
        "ValidationError",
        "ValidationException",
    }
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of one entry, under the caller's `key`. `error` is None if the entry was accepted.

    `cause` is what sending it has raised if that is no error of AWS: a bug, which it meets again each time.
    """

    key: str
    error: str | None = None
    transient: bool = False
    cause: Exception | None = field(default=None, compare=False)

    @property
    def invalid(self) -> bool:
        """Whether the entry is itself at fault: it will be refused each time."""
        return self.cause is not None or self.error in _INVALID


class DeliveryError(Exception):
    """Some entries were not accepted. `receipts` has the outcome of every entry, in the order given.

    It is `transient` as long as one of those may be accepted later.
    """

    def __init__(self, receipts: Sequence[Receipt]) -> None:
        self.receipts = tuple(receipts)
        failed = self.failed
        first = failed[0]
        why = reason(first.cause) if first.cause else first.error
        super().__init__(f"{len(failed)} of {len(receipts)} not delivered: {first.key}: {why}")

    @property
    def failed(self) -> tuple[Receipt, ...]:
        """The receipts of the entries that were not accepted, in order."""
        return tuple(receipt for receipt in self.receipts if receipt.error)

    @property
    def transient(self) -> bool:
        """Whether the same delivery may get further later."""
        return any(receipt.transient for receipt in self.failed)


E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Entry(Generic[E]):
    """A thing to deliver: the caller's key, the size in bytes as the API counts it, and what is sent."""

    key: str
    size: int
    payload: E


@dataclass(frozen=True, slots=True)
class Retries:
    """How a delivery is retried within one invocation.

    Retries are few and short: a handler has seconds, botocore has already retried each call, and the queue or
    the stream retries after the handler. No attempt begins later than `patience` seconds after the first.
    """

    max_attempts: int = 4
    patience: float = 1.0
    backoff: Backoff = field(default=Backoff(base=0.1, cap=0.4))
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    uniform: Callable[[float, float], float] = field(default=random.uniform)


DEFAULT_RETRIES = Retries()


@dataclass(frozen=True)
class Delivery(Generic[E]):
    """Delivers entries by `send`, which makes one call and returns a receipt for each entry.

    `max_bytes` is the limit of an entry and of a call.
    """

    send: Callable[[Sequence[Entry[E]]], Sequence[Receipt]]
    max_bytes: int
    retries: Retries = DEFAULT_RETRIES

    def deliver(self, entries: Sequence[Entry[E] | Receipt]) -> tuple[Receipt, ...]:
        """Deliver all entries. Return their receipts in order. What could not even be encoded has its receipt already.

        Raises DeliveryError, with all receipts, if any entry was refused or still failed at the last attempt.
        An entry that is too large to send fails alone. So does one because of which a whole call is refused, or
        raises whatever it may be.
        """
        receipts = [self._before_sending(entry) for entry in entries]
        pending = {i: e for i, e in enumerate(entries) if isinstance(e, Entry) and receipts[i].error is None}
        retries = self.retries
        give_up_at = retries.clock() + retries.patience
        for attempt in range(1, retries.max_attempts + 1):
            for chunk in self._chunks(pending):
                for i, receipt in zip(chunk, self._call([*chunk.values()]), strict=True):
                    receipts[i] = receipt
            pending = {i: entry for i, entry in pending.items() if receipts[i].transient}
            wait = retries.backoff.delay(attempt, retries.uniform)
            if not pending or attempt == retries.max_attempts or retries.clock() + wait > give_up_at:
                break
            retries.sleep(wait)
        if any(receipt.error for receipt in receipts):
            raise DeliveryError(receipts)
        return tuple(receipts)

    def _before_sending(self, entry: Entry[E] | Receipt) -> Receipt:
        if isinstance(entry, Receipt):
            return entry
        return Receipt(entry.key, TOO_LARGE if entry.size > self.max_bytes else None)

    def _chunks(self, pending: Mapping[int, Entry[E]]) -> Iterator[dict[int, Entry[E]]]:
        chunk: dict[int, Entry[E]] = {}
        size = 0
        for i, entry in pending.items():
            if chunk and (len(chunk) == MAX_ENTRIES or size + entry.size > self.max_bytes):
                yield chunk
                chunk, size = {}, 0
            chunk[i] = entry
            size += entry.size
        if chunk:
            yield chunk

    def _call(self, chunk: Sequence[Entry[E]]) -> Sequence[Receipt]:
        try:
            return self.send(chunk)
        except (ClientError, BotoCoreError) as error:
            receipts = [failure(entry.key, error) for entry in chunk]
            return self._each_alone(chunk) if len(chunk) > 1 and receipts[0].invalid else receipts
        except Exception:  # noqa: BLE001 - whatever it is, it is one entry's fault at most
            return self._each_alone(chunk)

    def _each_alone(self, chunk: Sequence[Entry[E]]) -> Sequence[Receipt]:
        return [receipt for entry in chunk for receipt in self._alone(entry)]

    def _alone(self, entry: Entry[E]) -> Sequence[Receipt]:
        try:
            return self.send([entry])
        except Exception as error:  # noqa: BLE001 - whatever it is, it holds up no other entry
            return [failure(entry.key, error)]


def failure(key: str, error: Exception) -> Receipt:
    """Make the receipt of an entry whose call has raised `error`."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    cause = None if isinstance(error, (ClientError, BotoCoreError)) else error
    return Receipt(key, code, is_transient(error), cause)
