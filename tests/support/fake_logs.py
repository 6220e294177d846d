"""CloudWatch Logs as the emulator has it: an answer ends at 10,000 events, without a token for the rest."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from infra.naming import PLAIN, Names

MOST = 10_000


class Logs:
    """An account whose functions have logged something."""

    def __init__(self, names: Names = PLAIN) -> None:
        self.names = names
        self._events: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.answers = 0

    def log(self, at: int, message: str, function: str = "ride-booking-api", stream: str = "s") -> None:
        """Let a function log a line, which CloudWatch has at that millisecond."""
        event = {"timestamp": at, "logStreamName": stream, "message": message, "ingestionTime": at}
        self._events[f"/aws/lambda/{function}"].append(event)

    def client(self, service: str, /) -> Any:
        """A client, as far as it is needed."""
        assert service == "logs"
        return self

    def get_paginator(self, operation: str) -> SimpleNamespace:
        """A paginator of boto3."""
        return SimpleNamespace(paginate=getattr(self, operation))

    def describe_log_groups(self, *, logGroupNamePrefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        names = sorted(name for name in self._events if name.startswith(logGroupNamePrefix))
        yield {"logGroups": [{"logGroupName": name} for name in names]}

    def filter_log_events(
        self,
        *,
        logGroupName: str,  # noqa: N803
        filterPattern: str,  # noqa: N803
        startTime: int,  # noqa: N803
        endTime: int = 2**62,  # noqa: N803
    ) -> Iterator[dict[str, Any]]:
        self.answers += 1
        found = [
            event
            for event in sorted(self._events[logGroupName], key=lambda event: int(event["timestamp"]))
            if startTime <= event["timestamp"] <= endTime and filterPattern.strip('"') in event["message"]
        ]
        yield {"events": found[:MOST]}


def line(at: float, message: str, **fields: Any) -> str:
    """A structured line that a function writes at that millisecond since 1970."""
    stamp = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S,")
    stamp += f"{int(at % 1000):03}+0000"
    return json.dumps({"level": "INFO", "message": message, "timestamp": stamp, "service": "s", **fields})
