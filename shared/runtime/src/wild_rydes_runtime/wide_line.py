"""One wide log line an invocation: CloudWatch bills every byte, and most of a line is the same in all of them.

The lines up to INFO are steps of the wide line: what all of them share is said once, and `ms` is how long after the
first a step was logged. A warning or an error is a line of its own, at once; so is everything at the level DEBUG.
An invocation that is killed leaves no steps. https://stripe.com/blog/canonical-log-lines
"""

import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, Self, cast

from aws_lambda_powertools import Logger

Entry = Mapping[str, Any]
"""The fields of a log line."""

STEPS: Final = "steps"
COUNTS: Final = "counts"
"""The field with what has been counted, by name. A wide line has the sums, where CloudWatch can add them up."""

_OF_A_STEP: Final = frozenset({"message", "timestamp", COUNTS})
_WRITTEN_ONCE: Final = frozenset({"timestamp", COUNTS})
_NEEDLESS: Final = ("location", "xray_trace_id")

_text = partial(json.dumps, separators=(",", ":"), ensure_ascii=False, default=str)


class WideLine(logging.Handler):
    """Takes the place of a logger's own handler, whose stream it writes to. `of` makes one."""

    def __init__(self, own: "logging.StreamHandler[Any]", *, every_line_alone: bool) -> None:
        super().__init__()
        self._own = own
        self._every_line_alone = every_line_alone
        self._steps: list[Entry] = []
        self.setFormatter(own.formatter)

    @classmethod
    def of(cls, logger: Logger) -> Self:
        """Find or make that of a logger. Loggers of one service share their handlers."""
        [own] = logger.handlers
        if isinstance(own, cls):
            return own
        line = cls(
            cast("logging.StreamHandler[Any]", own), every_line_alone=logger.log_level <= logging.DEBUG
        )
        logger.handlers[:] = [line]
        logger.append_keys(**dict.fromkeys(_NEEDLESS))  # Powertools leaves out what is None
        return line

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a step, or write a line at once."""
        entry = json.loads(self.format(record))
        entry["timestamp"] = _written(datetime.fromtimestamp(record.created, UTC))
        if record.levelno > logging.INFO or self._every_line_alone:
            self._write(entry)
        else:
            self._steps.append(entry)

    def end(self) -> None:
        """Write the steps, if there are any: the invocation ends."""
        steps, self._steps = self._steps, []
        if steps:
            self._write(widened(steps))

    def _write(self, entry: Entry) -> None:
        self._own.stream.write(f"{_text(entry)}\n")
        self._own.flush()


def widened(steps: list[Entry]) -> Entry:
    """Make one line of several. One alone stays as it is."""
    first, *others = steps
    if not others:
        return first
    shared = {
        key: value
        for key, value in first.items()
        if key not in _OF_A_STEP and all(key in step and step[key] == value for step in others)
    }
    began = _instant(first)
    counts: Counter[str] = Counter()
    for step in steps:
        counts.update(step.get(COUNTS, {}))
    return {
        "level": "INFO",
        "timestamp": first["timestamp"],
        **shared,
        **({COUNTS: dict(counts)} if counts else {}),
        STEPS: [
            {
                **{key: value for key, value in step.items() if key not in shared.keys() | _WRITTEN_ONCE},
                "ms": round((_instant(step) - began) / timedelta(milliseconds=1)),
            }
            for step in steps
        ],
    }


def narrowed(entry: Entry) -> Iterator[Entry]:
    """Take a line apart into those that were logged. The last of them has counted everything."""
    if STEPS not in entry:
        yield entry
        return
    shared = {key: value for key, value in entry.items() if key not in (STEPS, COUNTS)}
    began = _instant(entry)
    lines = [
        {
            **shared,
            **{key: value for key, value in step.items() if key != "ms"},
            "timestamp": _written(began + timedelta(milliseconds=step["ms"])),
        }
        for step in entry[STEPS]
    ]
    if COUNTS in entry:
        lines[-1][COUNTS] = entry[COUNTS]
    yield from lines


def _instant(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["timestamp"])


def _written(at: datetime) -> str:
    # As Lambda's JSON log format reads it:
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
