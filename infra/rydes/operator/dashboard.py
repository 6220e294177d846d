"""Partners on the terminal: circuit, mode, and how their calls go."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from infra import roster
from infra.rydes.cloud.aws import Account
from infra.rydes.operator.modes import reached, store
from infra.rydes.operator.partner_calls import CALLBACK, Call, Figures, RecentCalls, by_operation
from wild_rydes_circuit_breaker import Mode, Override, Record, Settings, State, Unreadable

_LAYOUT: Any = {"box": SIMPLE_HEAD, "pad_edge": False, "collapse_padding": True, "title_justify": "left"}
_REFRESH_SECONDS = 1.0
_STYLES = {State.CLOSED: "green", State.HALF_OPEN: "yellow", State.OPEN: "red"}


@dataclass(frozen=True)
class Row:
    """A partner with its circuit and the figures of its calls."""

    id: str
    circuit: Record
    operations: dict[str, Figures]
    calls: tuple[Call, ...] = ()
    """The calls that the figures are made of."""

    def mode(self, now: float) -> Override | None:
        """Return the mode that a person has set, unless it has expired."""
        override = self.circuit.override
        return None if override is None or override.lapsed(now) else override


class Dashboard:
    """Shows all partners, or one, with their calls of the last `seconds`."""

    def __init__(self, account: Account, partner_id: str | None, seconds: float) -> None:
        self._circuits = store(account)
        self._calls = RecentCalls(account, seconds, now=time.time)
        self._partner_id = partner_id
        self._seconds = seconds

    def rows(self) -> list[Row]:
        """Read the partners as they are now.

        Raises:
            LocalCloudError: circuits or logs cannot be read.
        """
        with reached():
            calls = self._calls.look()
            return [
                Row(
                    id_,
                    self._circuit(id_),
                    _figures(calls, id_, row),
                    tuple(call for call in calls if call.partner == id_),
                )
                for id_, row in roster.partners().items()
                if self._partner_id in (None, id_)
            ]

    def show(self, console: Console, *, once: bool, as_json: bool) -> None:
        """Print the partners `once`, or on a terminal keep showing them until interrupted.

        Raises:
            LocalCloudError: circuits or logs cannot be read.
        """
        if as_json:
            print(json.dumps(to_json(self.rows(), time.time())))
            return
        if once or not console.is_terminal:
            console.print(self._tables())
            return
        with Live(self._tables(), console=console, auto_refresh=False) as live:
            while True:
                time.sleep(_REFRESH_SECONDS)
                live.update(self._tables(), refresh=True)

    def _circuit(self, partner_id: str) -> Record:
        try:
            return self._circuits.read(partner_id)
        except Unreadable as error:
            return Record(reason=f"{error}; the next call or --mode replaces it by a closed one")

    def _tables(self) -> Group:
        return to_tables(self.rows(), time.time(), self._seconds)


def _figures(calls: Sequence[Call], partner_id: str, row: Mapping[str, Any]) -> dict[str, Figures]:
    slow_ms = Settings(**row.get("breaker", {})).slow_call_duration_threshold * 1000
    return {
        operation: Figures.of(made, slow_ms=None if operation == CALLBACK else slow_ms)
        for operation, made in by_operation(calls, partner_id)
    }


def to_json(found: Iterable[Row], now: float) -> dict[str, Any]:
    """Write the rows for programs: rates in percent, latencies in milliseconds, instants in RFC 3339."""
    return {row.id: _json(row, now) for row in found}


def _json(row: Row, now: float) -> dict[str, Any]:
    circuit, mode = row.circuit, row.mode(now)
    return {
        "state": circuit.state,
        "since": _instant(circuit.since),
        "reason": circuit.reason,
        "retry-at": _instant(circuit.retry_at) if circuit.state is State.OPEN else None,
        "mode": circuit.mode(now),
        "set": {"actor": mode.actor, "reason": mode.reason, "until": _instant(mode.until)} if mode else None,
        "operations": {
            operation: {key.replace("_", "-"): value for key, value in asdict(figures).items()}
            for operation, figures in row.operations.items()
        },
    }


def to_tables(found: Sequence[Row], now: float, seconds: float) -> Group:
    """Write the rows for people, with the calls of the last `seconds`."""
    circuits = Table("partner", "circuit", "mode", **_LAYOUT)
    calls = Table("partner", "", title=f"Calls of the last {_span(seconds)}, milliseconds", **_LAYOUT)
    for heading in ("calls", "failed", "slow", "ours", "refused", "p50", "p90", "p99"):
        calls.add_column(heading, justify="right", no_wrap=True)
    for row in found:
        circuits.add_row(row.id, _circuit(row.circuit, now), _mode(row, now))
        for number, (operation, figures) in enumerate(row.operations.items()):
            calls.add_row(
                "" if number else row.id,
                operation,
                str(figures.calls),
                _figure(figures.failure_rate, " %"),
                _figure(figures.slow_rate, " %"),
                str(figures.ours),
                str(figures.refused),
                *(_figure(value) for value in (figures.p50_ms, figures.p90_ms, figures.p99_ms)),
            )
    return Group(circuits, calls)


def _circuit(record: Record, now: float) -> Text:
    text = Text(record.state, style=_STYLES[record.state])
    if record.since:
        text.append(f" for {_span(now - record.since)}", style="default")
    if record.reason:
        text.append(f"\n{record.reason}", style="dim")
    return text


def _mode(row: Row, now: float) -> Text:
    mode = row.mode(now)
    if mode is None:
        return Text(Mode.AUTO, style="dim")
    ends = "until it is lifted" if mode.until is None else f"for another {_span(mode.until - now)}"
    return Text.assemble((mode.mode, "bold"), f" {ends}", (f"\n{mode.actor}: {mode.reason}", "dim"))


def _figure(value: float | None, unit: str = "") -> str:
    return "-" if value is None else f"{value:.0f}{unit}"


def _span(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def _instant(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None
