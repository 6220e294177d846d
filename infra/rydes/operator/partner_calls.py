"""Calls to partners and their figures, from the records that the functions log."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.rydes.cloud.aws import Account
from infra.rydes.operator.log_events import LATE, records
from infra.rydes.operator.times import instant

RECORD = "partner called"
"""The message of the record that unicorn_mgmt.adapters.partners.call_log writes for each call."""

CALLBACK = "callback"
"""The operation of a record that is not of our call, but of the partner's."""

_FUNCTIONS = ("unicorn-mgmt-p-", "unicorn-mgmt-partner-callbacks")
_FAILED = frozenset({"partner", "throttled", "missing"})
_NOT_MADE = frozenset({"circuit-open", "busy"})


@dataclass(frozen=True, order=True)
class Call:
    """One call. `at` is in seconds since 1970; `outcome` is a kind of answer, or why there is no answer."""

    at: float
    partner: str
    operation: str
    outcome: str
    milliseconds: float
    rfq: str
    circuit: str
    """The state or mode in which the call began."""
    reason: str
    environment: str
    """The environment of the function, under the name by which the circuit knows it."""

    @property
    def made(self) -> bool:
        """Whether the partner was called at all: the circuit was not open, nor too much waiting."""
        return self.outcome not in _NOT_MADE

    @property
    def failed(self) -> bool:
        """Whether the call counts against the partner."""
        return self.outcome in _FAILED


@dataclass(frozen=True)
class Figures:
    """The calls of one operation, summed up. None: there were no calls.

    Rates are percentages of the calls that say something about the partner, as the breaker counts them.
    Latencies are milliseconds of the calls that were made.
    """

    calls: int
    refused: int
    """Calls not made, because the circuit was open or the request had waited for too long."""
    ours: int
    """Calls that failed by our own fault, or were cut short by the deadline."""
    failure_rate: float | None
    slow_rate: float | None
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None

    @classmethod
    def of(cls, calls: Iterable[Call], *, slow_ms: float | None) -> "Figures":
        """Sum up these calls. Calls of `slow_ms` and more are slow; None: slowness says nothing."""
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
    """The calls of the last `seconds`. Each look asks for calls since the look before."""

    def __init__(self, account: Account, seconds: float, *, now: Callable[[], float]) -> None:
        self._account = account
        self._seconds = seconds
        self._now = now
        self._found: set[Call] = set()
        self._looked = 0.0

    def look(self) -> list[Call]:
        """Return all calls, oldest first."""
        now = self._now()
        oldest = now - self._seconds
        since = max(oldest, self._looked - LATE / 1000)
        for functions in _FUNCTIONS:
            for entry in records(self._account, RECORD, functions=functions, since=since):
                self._found.add(_call(entry))
        self._found = {call for call in self._found if call.at >= oldest}
        self._looked = now
        return sorted(self._found)


def by_operation(calls: Iterable[Call], partner: str) -> Iterator[tuple[str, list[Call]]]:
    """Split a partner's calls by operation; quotes come first, callbacks last."""
    mine: dict[str, list[Call]] = {"quote": []}
    for call in calls:
        if call.partner == partner:
            mine.setdefault(call.operation, []).append(call)
    yield from sorted(mine.items(), key=lambda item: (item[0] == CALLBACK, item[0] != "quote", item[0]))


def _call(entry: Mapping[str, Any]) -> Call:
    return Call(
        at=instant(entry["timestamp"]).timestamp(),
        partner=entry["partner"],
        operation=entry["operation"],
        outcome=entry["outcome"],
        milliseconds=float(entry["took_ms"]),
        rfq=entry.get("correlation_id", ""),
        circuit=entry["circuit"],
        reason=entry["reason"],
        environment=entry["environment"],
    )


def _percent(cases: list[bool]) -> float | None:
    return 100 * sum(cases) / len(cases) if cases else None


def _quantile(times: list[float], share: float) -> float | None:
    """Take the nearest rank: a time that was measured."""
    return times[math.ceil(share * len(times)) - 1] if times else None
