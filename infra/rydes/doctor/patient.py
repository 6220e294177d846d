"""The system that is examined, and what several examinations need of it. It is read once, all at the same time."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from infra.naming import PARAMETER_PREFIX
from infra.rydes.cloud.aws import AwsAccount
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import SERVICES
from infra.rydes.cloud.system import System

STOPPED: Final = f"{PARAMETER_PREFIX}stopped/"
"""What begins the parameter of a function that `rydes stop` has stopped."""
LATELY: Final = timedelta(minutes=15)
"""How far back crashes, throttles and lags count as of now."""
_QUERIES_A_CALL: Final = 500

T = TypeVar("T")
Metric = tuple[str, str, str, str, str]
"""Namespace, name, the one dimension and its value, and the statistic."""


class Patient:
    """One environment. What cannot be read raises botocore's error where it is asked for, each time."""

    def __init__(self, system: System, now: datetime, pool: Executor) -> None:
        self.system = system
        self.now = now
        self._alarms = pool.submit(self._read_alarms)
        self._mappings = pool.submit(self._read_mappings)
        self._functions = pool.submit(self._read_functions)
        self._pool = pool

    @property
    def on_aws(self) -> bool:
        """Whether CloudWatch measures it. A local cloud has no metrics, only log lines."""
        return isinstance(self.system, AwsAccount)

    @property
    def alarms(self) -> Sequence[Mapping[str, Any]]:
        """All alarms of the environment's stacks."""
        return self._alarms.result()

    @property
    def mappings(self) -> Sequence[Mapping[str, Any]]:
        """All event source mappings of the environment's functions."""
        return self._mappings.result()

    @property
    def functions(self) -> Mapping[str, Mapping[str, Any]]:
        """The settings of the services' functions by their plain names."""
        return self._functions.result()

    def each(self, read: Callable[[T], Any], of: Sequence[T]) -> list[Any]:
        """Read something of many at the same time, in order."""
        waiting: list[Future[Any]] = [self._pool.submit(read, one) for one in of]
        return [future.result() for future in waiting]

    def aws(self, command: str) -> str:
        """Write a command of the AWS command line that goes to this system."""
        return (
            f"aws --endpoint-url {self.system.settings.endpoint} {command}"
            if isinstance(self.system, Cloud)
            else f"aws {command}"
        )

    def stopped(self, function: str) -> Mapping[str, Any] | None:
        """Tell who has stopped a function, when and why, if `rydes stop` has."""
        found = self.system.parameters.get(f"{STOPPED}{function}")
        stop: Mapping[str, Any] | None = json.loads(found) if found else None
        return stop

    def measured(self, metrics: Sequence[Metric], *, since: timedelta = LATELY) -> dict[Metric, float]:
        """Read metrics from CloudWatch: the sum, or the highest value, since then. Those without data are left out."""
        cloudwatch = self.system.client("cloudwatch")
        found: dict[Metric, float] = {}
        for start in range(0, len(metrics), _QUERIES_A_CALL):
            some = metrics[start : start + _QUERIES_A_CALL]
            queries = [_query(f"m{number}", metric) for number, metric in enumerate(some)]
            pages = cloudwatch.get_paginator("get_metric_data").paginate(
                MetricDataQueries=queries, StartTime=self.now - since, EndTime=self.now
            )
            for page in pages:
                for result in page["MetricDataResults"]:
                    if values := result["Values"]:
                        metric = some[int(result["Id"][1:])]
                        whole = [*values, *([found[metric]] if metric in found else [])]
                        found[metric] = sum(whole) if metric[4] == "Sum" else max(whole)
        return found

    def _read_alarms(self) -> list[Mapping[str, Any]]:
        pages = self.system.client("cloudwatch").get_paginator("describe_alarms")
        prefix = self.system.names.of("WildRydes")
        types = ["MetricAlarm", "CompositeAlarm"]
        found: list[Mapping[str, Any]] = []
        for beginning in (prefix, self.system.names.of("slo-")):
            for page in pages.paginate(AlarmNamePrefix=beginning, AlarmTypes=types):
                found += page.get("MetricAlarms", []) + page.get("CompositeAlarms", [])
        return found

    def _read_mappings(self) -> list[Mapping[str, Any]]:
        pages = self.system.client("lambda").get_paginator("list_event_source_mappings").paginate()
        return [
            mapping
            for page in pages
            for mapping in page["EventSourceMappings"]
            if self._ours(function_of(mapping))
        ]

    def _read_functions(self) -> dict[str, Mapping[str, Any]]:
        pages = self.system.client("lambda").get_paginator("list_functions").paginate()
        found = [function for page in pages for function in page["Functions"]]
        names = self.system.names
        return {names.plain(each["FunctionName"]): each for each in found if self._ours(each["FunctionName"])}

    def _ours(self, function: str) -> bool:
        return function.startswith(tuple(self.system.names.of(f"{service}-") for service in SERVICES))


def function_of(mapping: Mapping[str, Any]) -> str:
    """Return the name in the ARN of a mapping's function, or of its alias."""
    parts = str(mapping["FunctionArn"]).split(":")
    return parts[6] if len(parts) > 6 else parts[0]  # noqa: PLR2004 - arn:aws:lambda:region:account:function:name


def source_of(mapping: Mapping[str, Any]) -> str:
    """Return the name of the queue of a mapping, or of the table of its stream."""
    name = str(mapping["EventSourceArn"]).rpartition(":")[2]
    table = str(mapping["EventSourceArn"]).partition(":table/")[2]
    return table.partition("/")[0] or name


def _query(id_: str, metric: Metric) -> dict[str, Any]:
    namespace, name, dimension, value, statistic = metric
    return {
        "Id": id_,
        "MetricStat": {
            "Metric": {
                "Namespace": namespace,
                "MetricName": name,
                "Dimensions": [{"Name": dimension, "Value": value}],
            },
            "Period": 60,
            "Stat": statistic,
        },
    }
