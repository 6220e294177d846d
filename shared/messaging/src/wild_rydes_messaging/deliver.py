"""Deliver entries to a batch API: chunks within its limits, retries of just what failed, a receipt for each entry."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from wild_rydes_messaging.backoff import Backoff

MAX_ENTRIES = 10
"""Both PutEvents and SendMessageBatch take at most 10 entries a call."""

# A call refused with one of these was not at fault itself: the same call may succeed later.
_TRANSIENT = frozenset(
    {
        "InternalError",
        "InternalException",
        "InternalFailure",
        "KmsThrottled",
        "OverLimit",
        "RequestThrottled",
        "RequestTimeout",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one entry. `key` is the caller's; `error` is None when it was accepted."""

    key: str
    error: str | None = None
    transient: bool = False


class DeliveryError(Exception):
    """Some entries were not accepted. `receipts` tells for every entry, in the order given."""

    def __init__(self, receipts: Sequence[Receipt]) -> None:
        self.receipts = tuple(receipts)
        failed = self.failed
        super().__init__(
            f"{len(failed)} of {len(receipts)} not delivered: {failed[0].key}: {failed[0].error}"
        )

    @property
    def failed(self) -> tuple[Receipt, ...]:
        """The receipts of the entries that were not accepted."""
        return tuple(receipt for receipt in self.receipts if receipt.error)


E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Entry(Generic[E]):
    """One thing to deliver: the caller's key for it, its size in bytes as the API counts it, and what is sent."""

    key: str
    size: int
    payload: E


@dataclass(frozen=True)
class Delivery(Generic[E]):
    """Delivers entries by `send`, which makes one call and answers a receipt for each entry it was given.

    `max_bytes` limits both one entry and one call. In-process retries are few and short: a handler has seconds, and
    behind it stand the queue's or the stream's own retries.
    """

    send: Callable[[Sequence[Entry[E]]], Sequence[Receipt]]
    max_bytes: int
    backoff: Backoff = field(default=Backoff(base=0.05, cap=0.4))
    max_attempts: int = 4
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = field(default=random.uniform)

    def deliver(self, entries: Sequence[Entry[E]]) -> tuple[Receipt, ...]:
        """Deliver all entries; return their receipts in order.

        Raises DeliveryError with all receipts when any entry was refused, or was still failing after the last attempt.
        An entry too large to send fails alone.
        """
        receipts = [
            Receipt(e.key, "EntryTooLarge") if e.size > self.max_bytes else Receipt(e.key) for e in entries
        ]
        pending = [i for i, receipt in enumerate(receipts) if receipt.error is None]
        attempt = 0
        while pending:
            attempt += 1
            for chunk in self._chunks(entries, pending):
                for i, receipt in zip(chunk, self._call([entries[i] for i in chunk]), strict=True):
                    receipts[i] = receipt
            pending = [i for i in pending if receipts[i].transient]
            if attempt == self.max_attempts:
                break
            if pending:
                self.sleep(self.backoff.delay(attempt, self.uniform))
        if any(receipt.error for receipt in receipts):
            raise DeliveryError(receipts)
        return tuple(receipts)

    def _chunks(self, entries: Sequence[Entry[E]], pending: Sequence[int]) -> Iterator[list[int]]:
        chunk: list[int] = []
        size = 0
        for i in pending:
            if chunk and (len(chunk) == MAX_ENTRIES or size + entries[i].size > self.max_bytes):
                yield chunk
                chunk, size = [], 0
            chunk.append(i)
            size += entries[i].size
        if chunk:
            yield chunk

    def _call(self, chunk: Sequence[Entry[E]]) -> Sequence[Receipt]:
        try:
            return self.send(chunk)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            return [Receipt(entry.key, code, is_transient(code)) for entry in chunk]
        except BotoCoreError as error:  # no answer: connection refused or reset, timeout
            return [Receipt(entry.key, type(error).__name__, transient=True) for entry in chunk]


def is_transient(code: str) -> bool:
    """Whether an AWS error code says that the same call may succeed later."""
    return code in _TRANSIENT
