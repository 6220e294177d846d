"""What the functions logged, read from CloudWatch Logs in order of time."""

import heapq
import json
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.rydes.cloud.aws import Account
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import SERVICES
from infra.rydes.operator.times import instant
from wild_rydes_runtime.wide_line import STEPS, narrowed

LONGEST_INVOCATION = 60_000
"""Milliseconds by which CloudWatch's time of a line may be later than the line's own: the emulator writes
all lines of an invocation when it ends, and no function may take longer than this.
"""
LATE = 15_000
"""Milliseconds that CloudWatch may take to show a line."""

_LOG_GROUPS = "/aws/lambda/"
_QUOTED = re.compile(r'"([^"]*)"')
_MOST = 10_000
"""Events in one answer. The emulator gives no token for the rest."""


@dataclass(frozen=True)
class LogEvent:
    """A logged line. Two events are equal only if they are the same one."""

    at: int
    """When CloudWatch has it, in milliseconds since 1970."""
    function: str
    """The plain name."""
    stream: str
    message: str
    copy: int = 0
    """How many equal lines the stream has before this one in the same millisecond."""
    step: int = 0
    """Which step of a wide line it is."""

    @cached_property
    def entry(self) -> dict[str, Any] | None:
        """The fields of a structured line; None if the line is just text."""
        try:
            entry = json.loads(self.message)
        except ValueError:
            return None
        return entry if isinstance(entry, dict) else None

    @cached_property
    def logged_at(self) -> float:
        """When the function wrote the line, in milliseconds since 1970; CloudWatch's time, if it is just text."""
        written = (self.entry or {}).get("timestamp")
        return instant(written).timestamp() * 1000 if isinstance(written, str) else self.at

    def narrowed(self, pattern: str) -> Iterator["LogEvent"]:
        """Take a wide line apart into those of its steps that match the pattern, as far as it is one quoted text."""
        if STEPS not in (self.entry or {}):
            yield self
            return
        quoted = _QUOTED.fullmatch(pattern)
        for number, entry in enumerate(narrowed(self.entry or {})):
            text = json.dumps(entry, ensure_ascii=False)
            if quoted is None or quoted[1] in text:
                yield replace(self, message=text, step=number)


@contextmanager
def reached() -> Generator[None, None, None]:
    """Turn errors of CloudWatch inside this context into one line.

    Raises:
        LocalCloudError: the logs cannot be read.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise LocalCloudError(
            f"The logs cannot be read: {str(error).rstrip('.')}.",
            "Is the cloud still up? `uv run rydes status`",
        ) from error


def events(
    account: Account, pattern: str = "", *, functions: str = "", since: int = 0, until: int | None = None
) -> Iterator[LogEvent]:
    """Read all events that match a CloudWatch filter pattern, in the order of CloudWatch's times.

    Steps of a wide line are events of their own.

    Args:
        account: whose logs.
        pattern: all events, if it is empty.
        functions: what the functions' plain names begin with; by default all functions of the environment.
        since: the first millisecond.
        until: the last millisecond, if there is one.
    """
    logs = account.client("logs")
    groups = [
        group["logGroupName"]
        for prefix in ([functions] if functions else [f"{service}-" for service in SERVICES])
        for page in logs.get_paginator("describe_log_groups").paginate(
            logGroupNamePrefix=f"{_LOG_GROUPS}{account.names.of(prefix)}"
        )
        for group in page["logGroups"]
    ]
    selected = {"filterPattern": pattern} if until is None else {"filterPattern": pattern, "endTime": until}
    for event in heapq.merge(
        *(
            _of_one(logs, group, account.names.plain(group.removeprefix(_LOG_GROUPS)), selected, since)
            for group in groups
        ),
        key=lambda event: event.at,
    ):
        yield from event.narrowed(pattern)


def _of_one(
    logs: Any,  # noqa: ANN401 - a client of boto3
    group: str,
    function: str,
    selected: Mapping[str, Any],
    since: int,
) -> Iterator[LogEvent]:
    """Read one function's events in windows: each begins in the millisecond that cut off the one before."""
    known: set[LogEvent] = set()
    while True:
        copies: Counter[tuple[int, str, str]] = Counter()
        latest, answered = since, 0
        of_latest: set[LogEvent] = set()
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=since, **selected
        )
        for page in pages:
            answered = len(page["events"])
            for found in page["events"]:
                line = (found["timestamp"], found["logStreamName"], found["message"].rstrip())
                event = LogEvent(line[0], function, *line[1:], copies[line])
                copies[line] += 1
                if event.at > latest:
                    latest, of_latest = event.at, set()
                of_latest.add(event)
                if event not in known:
                    yield event
        if answered < _MOST:
            return
        # A millisecond that fills an answer by itself is left behind, or reading would never end.
        since, known = (latest, of_latest) if latest > since else (since + 1, set())


def in_order(found: Iterable[LogEvent]) -> Iterator[LogEvent]:
    """Sort events by the times at which the functions wrote them, holding back no more than need be."""
    waiting: list[tuple[float, int, LogEvent]] = []
    for number, event in enumerate(found):
        while waiting and waiting[0][0] <= event.at - LONGEST_INVOCATION:
            yield heapq.heappop(waiting)[-1]
        heapq.heappush(waiting, (event.logged_at, number, event))
    while waiting:
        yield heapq.heappop(waiting)[-1]


def follow(
    account: Account, pattern: str = "", *, functions: str = "", since: int, wait: Callable[[], object]
) -> Iterator[LogEvent]:
    """Read events since that millisecond, and go on for ever with those that come, each of them once.

    An event may come up to `LATE` milliseconds after one with a later time. `wait` pauses between two looks.
    """
    seen: set[LogEvent] = set()
    start = since
    while True:
        fresh = [
            event for event in events(account, pattern, functions=functions, since=start) if event not in seen
        ]
        yield from in_order(fresh)
        seen.update(fresh)
        start = max(start, max((event.at for event in fresh), default=0) - LATE)
        seen = {event for event in seen if event.at >= start}
        wait()


def records(account: Account, message: str, *, functions: str, since: float) -> Iterator[dict[str, Any]]:
    """Read the structured lines with this message, since so many seconds after 1970.

    Args:
        account: whose logs.
        message: the whole message.
        functions: what the functions' plain names begin with.
        since: seconds.
    """
    for event in events(account, f'"{message}"', functions=functions, since=int(since * 1000)):
        if event.entry and event.entry.get("message") == message:
            yield event.entry
