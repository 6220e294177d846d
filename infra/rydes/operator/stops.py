"""Stop a function, and start it again as it was. Who, when and why is kept.

A function that reads queues or a stream is stopped by disabling that: messages wait, for as long as their queue or stream
keeps them. Any other is stopped by a reserved concurrency of 0: whoever calls it is refused.
"""

import difflib
import getpass
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from infra.naming import AUDIT_LOG, PARAMETER_PREFIX
from infra.rydes.cloud.aws import AwsAccount
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System

_STOPPED: Final = f"{PARAMETER_PREFIX}stopped/"
_PATIENCE: Final = 120
"""Seconds that an event source may take to begin or to end."""
_SETTLED: Final = {"Enabled", "Disabled"}


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A function that is stopped, and what is to be restored: its event sources, or else its reserved concurrency."""

    function: str
    by: str
    at: str
    reason: str
    sources: list[str] = field(default_factory=list)
    reserved: int | None = None


@dataclass(frozen=True)
class Stops:
    """The stopped functions of one environment. Methods raise botocore's errors.

    The parameter `/wild-rydes/stopped/<function>` exists for as long as a function is stopped. It is written first and
    deleted last: whatever ends in between, `start` knows what was there.
    """

    system: System
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep

    def all(self) -> list[Stop]:
        """List what is stopped, by name."""
        prefix = self.system.names.of(_STOPPED)
        pages = self._client("ssm").get_paginator("get_parameters_by_path").paginate(Path=prefix)
        found = [Stop(**json.loads(each["Value"])) for page in pages for each in page["Parameters"]]
        return sorted(found, key=lambda stop: stop.function)

    def stop(self, function: str, reason: str) -> Stop:
        """Stop a function.

        Raises:
            LocalCloudError: there is no such function, or it is stopped.
        """
        self._check(function)
        ssm = self._client("ssm")
        sources = self._sources(function)
        reserved = (
            None
            if sources
            else self._client("lambda")
            .get_function_concurrency(FunctionName=self._own(function))
            .get("ReservedConcurrentExecutions")
        )
        stop = Stop(
            function=function,
            by=self._who(),
            at=self.now().isoformat(timespec="seconds"),
            reason=reason,
            sources=[each["UUID"] for each in sources if each["State"] not in {"Disabled", "Disabling"}],
            reserved=reserved,
        )
        try:
            ssm.put_parameter(
                Name=self._parameter(function), Type="String", Value=json.dumps(asdict(stop)), Overwrite=False
            )
        except ssm.exceptions.ParameterAlreadyExists:
            raise self._stopped_already(function) from None
        for source in sources:
            self._enable(source["UUID"], enabled=False)
        if not sources:
            self._client("lambda").put_function_concurrency(
                FunctionName=self._own(function), ReservedConcurrentExecutions=0
            )
        self._audit("stop", stop)
        return stop

    def start(self, function: str, reason: str) -> Stop:
        """Start a function again, and return how it was stopped.

        Raises:
            LocalCloudError: there is no such function, or it is not stopped.
        """
        self._check(function)
        ssm, functions = self._client("ssm"), self._client("lambda")
        stop = next((each for each in self.all() if each.function == function), None)
        if stop is None:
            raise LocalCloudError(
                f"{function} is not stopped.", "`uv run rydes stop --list` shows what is stopped."
            )
        for source in stop.sources:
            self._enable(source, enabled=True)
        if not self._sources(function):
            if stop.reserved is None:
                functions.delete_function_concurrency(FunctionName=self._own(function))
            else:
                functions.put_function_concurrency(
                    FunctionName=self._own(function), ReservedConcurrentExecutions=stop.reserved
                )
        ssm.delete_parameter(Name=self._parameter(function))
        self._audit(
            "start", Stop(function=function, by=self._who(), at=self.now().isoformat(), reason=reason)
        )
        return stop

    def _client(self, service: str) -> Any:  # noqa: ANN401 - a client of boto3
        return self.system.client(service)

    def _own(self, function: str) -> str:
        return self.system.names.of(function)

    def _parameter(self, function: str) -> str:
        return self.system.names.of(_STOPPED + function)

    def _check(self, function: str) -> None:
        functions = self._client("lambda")
        try:
            functions.get_function_configuration(FunctionName=self._own(function))
        except functions.exceptions.ResourceNotFoundException:
            pages = functions.get_paginator("list_functions").paginate()
            known = [self.system.names.plain(f["FunctionName"]) for page in pages for f in page["Functions"]]
            close = difflib.get_close_matches(function, known, 1) or sorted(known)[:1]
            raise LocalCloudError(
                f"There is no function {function}.", f"Did you mean {close[0]}?" if close else "Deploy it."
            ) from None

    def _stopped_already(self, function: str) -> LocalCloudError:
        stop = next((each for each in self.all() if each.function == function), None)
        since = f" since {stop.at}, by {stop.by}: {stop.reason or 'no reason given'}" if stop else ""
        return LocalCloudError(f"{function} is stopped{since}.", f"Start it: `uv run rydes start {function}`")

    def _sources(self, function: str) -> list[dict[str, Any]]:
        """List the event sources of a function, also those of its alias."""
        pages = self._client("lambda").get_paginator("list_event_source_mappings").paginate()
        mappings = [each for page in pages for each in page["EventSourceMappings"]]
        name = self._own(function)
        return [each for each in mappings if name in each["FunctionArn"].split(":")]

    def _enable(self, source: str, *, enabled: bool) -> None:
        """Enable or disable an event source, and wait until it is: one that is changing refuses to be changed."""
        functions = self._client("lambda")
        functions.update_event_source_mapping(UUID=source, Enabled=enabled)
        for _ in range(_PATIENCE):
            if functions.get_event_source_mapping(UUID=source)["State"] in _SETTLED:
                return
            self.sleep(1)
        raise LocalCloudError(
            f"The event source {source} does not settle.",
            "Look at it in the console, then repeat the command that undoes this one.",
        )

    def _who(self) -> str:
        if isinstance(self.system, AwsAccount):
            return str(self._client("sts").get_caller_identity()["Arn"])
        return getpass.getuser()

    def _audit(self, action: str, stop: Stop) -> None:
        logs, group = self._client("logs"), self.system.names.of(AUDIT_LOG)
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=group, logStreamName="operators")
        event = {
            "action": action,
            "function": stop.function,
            "by": stop.by,
            "at": stop.at,
            "reason": stop.reason,
        }
        logs.put_log_events(
            logGroupName=group,
            logStreamName="operators",
            logEvents=[{"timestamp": int(self.now().timestamp() * 1000), "message": json.dumps(event)}],
        )
