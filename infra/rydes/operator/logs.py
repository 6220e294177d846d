"""What all functions logged, as `rydes logs` prints it: selected, in order of time, and followed."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.text import Text

from infra.rydes.cloud.aws import Account
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import SERVICES
from infra.rydes.operator import log_entry
from infra.rydes.operator.log_events import LONGEST_INVOCATION, LogEvent, events, follow, in_order
from infra.rydes.operator.times import moment, seconds_of

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_STYLES = {"DEBUG": "dim", "WARNING": "yellow", "ERROR": "red", "CRITICAL": "bold red"}
_BY_LAMBDA = re.compile(r"(INIT_START|START|END|REPORT|RESTORE_START|RESTORE_REPORT) ")
CRASH = re.compile(r"\[ERROR\]|Traceback|.*Task timed out")
_WORD_OR_ID = re.compile(r"\w[\w.:/@-]*")
_SECONDS_BETWEEN_LOOKS = 1.0


@dataclass(frozen=True)
class Selection:
    """Which lines to print. Times are milliseconds since 1970."""

    pattern: str = ""
    """A CloudWatch filter pattern."""
    service: str = ""
    level: str = ""
    since: int = 0
    until: int | None = None

    def takes(self, event: LogEvent) -> bool:
        """Whether a line that matches the pattern is of this level or above, and of this time."""
        if self.level:
            level = level_of(event)
            if level is None or LEVELS.index(level) < LEVELS.index(self.level):
                return False
        return self.since <= event.logged_at and (self.until is None or event.logged_at <= self.until)


def select(
    text: str = "",
    *,
    service: str = "",
    level: str = "",
    since: str = "",
    until: str = "",
    last: str = "",
    now: datetime,
) -> Selection:
    """Make a selection of what a person typed; empty options select everything.

    Raises:
        LocalCloudError: an option cannot be read, or two of them contradict each other.
    """
    if text.startswith("{"):
        raise LocalCloudError("The emulator does not filter by fields.", "Give a word or an id, or --level.")
    if service and service not in SERVICES:
        raise LocalCloudError(f"There is no service {service}.", f"Choose one of {', '.join(SERVICES)}.")
    if level and level.upper() not in LEVELS:
        raise LocalCloudError(f"There is no level {level}.", f"Choose one of {', '.join(LEVELS)}.")
    if last and since:
        raise LocalCloudError("--last and --since contradict each other.", "Give one of them.")
    begin = now - timedelta(seconds=seconds_of(last)) if last else moment(since, now) if since else None
    end = moment(until, now) if until else None
    if begin and end and begin > end:
        raise LocalCloudError(
            f"Nothing is both since {begin:%F %T} and until {end:%F %T}.", "Give --until a later time."
        )
    return Selection(
        # CloudWatch takes a hyphen for "without" unless the word is quoted.
        pattern=f'"{text}"' if _WORD_OR_ID.fullmatch(text) else text,
        service=service,
        level=level.upper(),
        since=_milliseconds(begin) if begin else 0,
        until=_milliseconds(end) if end else None,
    )


def read(account: Account, selection: Selection) -> Iterator[LogEvent]:
    """Read what was logged so far, in order of time."""
    # CloudWatch may have a line later than the function wrote it.
    until = None if selection.until is None else selection.until + LONGEST_INVOCATION
    found = events(
        account,
        selection.pattern,
        functions=_functions(selection),
        since=selection.since,
        until=until,
    )
    return filter(selection.takes, in_order(found))


def watch(account: Account, selection: Selection) -> Iterator[LogEvent]:
    """Read what was logged since `selection.since`, and wait for more, for ever."""
    found = follow(
        account,
        selection.pattern,
        functions=_functions(selection),
        since=selection.since,
        wait=lambda: time.sleep(_SECONDS_BETWEEN_LOOKS),
    )
    return filter(selection.takes, found)


def _functions(selection: Selection) -> str:
    return f"{selection.service}-" if selection.service else ""


def level_of(event: LogEvent) -> str | None:
    """The level of a line; None for metrics, and for what Lambda writes about an invocation."""
    if event.entry is None:
        if _BY_LAMBDA.match(event.message):
            return None
        return "ERROR" if CRASH.match(event.message) else "INFO"
    level = event.entry.get("level")
    return level if level in LEVELS else None


def show(found: Iterator[LogEvent], console: Console, *, as_json: bool, today: datetime) -> int:
    """Print events as they come: one line each for people, or, for programs, one JSON object each.

    Returns how many lines were printed. People see neither metrics nor what Lambda writes about an invocation.
    """
    printed = 0
    for event in found:
        if as_json:
            print(json_line(event), flush=True)
            printed += 1
        elif level := level_of(event):
            line = people_line(event, level, today)
            if console.is_terminal:
                console.print(Text(line, style=_STYLES.get(level, "")), soft_wrap=True, highlight=False)
            else:
                print(line, flush=True)
            printed += 1
    return printed


def json_line(event: LogEvent) -> str:
    """The line itself if it is a JSON object, or an object of its text."""
    if event.entry is not None:
        return event.message
    at = datetime.fromtimestamp(event.at / 1000, UTC).isoformat(timespec="milliseconds")
    return json.dumps({"timestamp": at, "function": event.function, "message": event.message})


def people_line(event: LogEvent, level: str, today: datetime) -> str:
    """Time (UTC), level, function, what happened, the details, and last the correlation id."""
    at = datetime.fromtimestamp(event.logged_at / 1000, UTC)
    clock = f"{at:%T}.{at.microsecond // 1000:03}"
    stamp = clock if at.date() == today.date() else f"{at:%F} {clock}"
    words = [event.message]
    if entry := event.entry:
        words = [log_entry.headline(entry)]
        with suppress(KeyError, TypeError):
            words.append(f"waited {event.logged_at - entry['sent_at']:.0f} ms in {entry['queue']}")
        words += [log_entry.written(key, value) for key, value in log_entry.details(entry).items()]
        words += [entry["correlation_id"]] if entry.get("correlation_id") else []
    return f"{stamp} {level:<8} {event.function:<30}  {'  '.join(map(str, words))}"


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
