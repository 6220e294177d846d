"""How calls to partners go, from the records that their functions log."""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.local import trace
from infra.local.aws import Account

RECORD = "partner called"
"""The message of the record that unicorn_mgmt.partners.tracking leaves of each call."""

CALLBACK = "callback"
"""The operation of a record that is no call of ours, but the partner's."""

_FUNCTIONS = ("unicorn-mgmt-p-", "unicorn-mgmt-callback")
_FAILED = frozenset({"partner", "throttled"})
_LATE = 15.0
"""Seconds that CloudWatch may take to show a line."""


@dataclass(frozen=True)
class Call:
    """One record. `at` in seconds since 1970; `outcome` is a kind of answer, or why there is none."""

    at: float
    partner: str
    operation: str
    outcome: str
    milliseconds: float
    rfq: str
    environment: str

    @property
    def made(self) -> bool:
        """Whether the partner was called at all."""
        return self.outcome != "circuit-open"

    @property
    def failed(self) -> bool:
        """Whether it counts against the partner."""
        return self.outcome in _FAILED


@dataclass(frozen=True)
class Figures:
    """Calls of one operation, summed up. Rates are percentages of those that say something of the partner, as the
    breaker counts them; latencies are milliseconds of the calls that were made. None: there were none.
    """

    calls: int
    refused: int
    """Not made, as the circuit was open."""
    ours: int
    """Failed by our own fault, or cut short by the deadline."""
    failure_rate: float | None
    slow_rate: float | None
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None

    @classmethod
    def of(cls, calls: Iterable[Call], *, slow_ms: float | None) -> "Figures":
        """Of these calls; those of `slow_ms` and more are slow, if that is a word for them."""
        calls = list(calls)
        made = [call for call in calls if call.made]
        telling = [call for call in made if call.outcome != "ours"]
        times = sorted(call.milliseconds for call in made)
        return cls(
            calls=len(made),
            refused=len(calls) - len(made),
            ours=len(made) - len(telling),
            failure_rate=_percent([call.failed for call in telling]),
            slow_rate=_percent([call.milliseconds >= slow_ms for call in telling] if slow_ms else []),
            p50_ms=_quantile(times, 0.5),
            p90_ms=_quantile(times, 0.9),
            p99_ms=_quantile(times, 0.99),
        )


class RecentCalls:
    """The calls of the last `seconds`; each look asks for what is new since the one before."""

    def __init__(self, account: Account, seconds: float, *, now: Callable[[], float]) -> None:
        self._account = account
        self._seconds = seconds
        self._now = now
        self._found: dict[str, Call] = {}
        self._looked = 0.0

    def look(self) -> list[Call]:
        """All of them, oldest first."""
        now = self._now()
        oldest = now - self._seconds
        since = max(oldest, self._looked - _LATE)
        for functions in _FUNCTIONS:
            for _, event in trace.events(self._account, f'"{RECORD}"', functions=functions, since=since):
                if call := _call(event["message"]):
                    # Of equal lines in the same millisecond one is as good as the other.
                    self._found[event["message"]] = call
        self._found = {id_: call for id_, call in self._found.items() if call.at >= oldest}
        self._looked = now
        return sorted(self._found.values(), key=lambda call: call.at)


def by_operation(calls: Iterable[Call], partner: str) -> Iterator[tuple[str, list[Call]]]:
    """A partner's calls, operation by operation; quotes first, callbacks last."""
    mine: dict[str, list[Call]] = {"quote": []}
    for call in calls:
        if call.partner == partner:
            mine.setdefault(call.operation, []).append(call)
    yield from sorted(mine.items(), key=lambda item: (item[0] == CALLBACK, item[0] != "quote", item[0]))


def _call(message: str) -> Call | None:
    try:
        entry: dict[str, Any] = json.loads(message)
        if entry["message"] != RECORD:
            return None
        return Call(
            at=datetime.fromisoformat(entry["timestamp"].replace(",", ".")).timestamp(),
            partner=entry["partner"],
            operation=entry["operation"],
            outcome=entry["outcome"],
            milliseconds=float(entry["took_ms"]),
            rfq=entry.get("correlation_id", ""),
            environment=entry.get("environment", ""),
        )
    except (ValueError, KeyError, TypeError):
        return None  # another line with these words in it


def _percent(cases: list[bool]) -> float | None:
    return 100 * sum(cases) / len(cases) if cases else None


def _quantile(times: list[float], share: float) -> float | None:
    """The nearest rank: a time that was measured."""
    return times[math.ceil(share * len(times)) - 1] if times else None
