"""The lines that functions have logged, as CloudWatch bills them."""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

_GROUPS = "/aws/lambda/"
_BY_LAMBDA = re.compile(r"(INIT_START|START|END|REPORT) ")
"""What Lambda itself logs. Our functions have it left out, other than on the emulator: see `ServiceFunction`."""


class FunctionLogs:
    """The lines since the last `reset`, by function."""

    def __init__(self, logs: Any) -> None:
        self._logs = logs
        self._since = 0

    def reset(self) -> None:
        """Forget what was logged so far."""
        self._since = int(time.time() * 1000)

    def lines(self) -> Mapping[str, Sequence[str]]:
        """Read them all."""
        groups = self._logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=_GROUPS)
        names = [group["logGroupName"] for page in groups for group in page["logGroups"]]
        return {name.removeprefix(_GROUPS): self._lines(name) for name in names}

    def _lines(self, group: str) -> Sequence[str]:
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=self._since
        )
        messages = [event["message"].rstrip() for page in pages for event in page["events"]]
        return [message for message in messages if message and not _BY_LAMBDA.match(message)]
