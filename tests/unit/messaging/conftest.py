"""SQS and EventBridge as moto plays them, what was logged and what was counted."""

import io
import itertools
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools import Logger, Metrics

from tests.support import aws

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef


@pytest.fixture
def mocked() -> Iterator[None]:
    with aws.account():
        yield


@pytest.fixture
def sqs(mocked: None) -> "SQSClient":
    return aws.client("sqs")  # type: ignore[no-any-return]


@pytest.fixture
def events(mocked: None) -> "EventBridgeClient":
    return aws.client("events")  # type: ignore[no-any-return]


@pytest.fixture
def drain(sqs: "SQSClient") -> "Callable[[str], list[MessageTypeDef]]":
    """Everything that is in a queue, taken out of it."""

    def _drain(url: str) -> "list[MessageTypeDef]":
        found: list[MessageTypeDef] = []
        while more := sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages"):
            found += more
        return found

    return _drain


_services = itertools.count()


class Log:
    """A logger of Powertools, and the lines it wrote."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        # Loggers of one service share their handlers and keys.
        self.logger = Logger(service=f"test-{next(_services)}", level="DEBUG", stream=self._stream)

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def told(self, message: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["message"] == message]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def metrics() -> Metrics:
    metrics = Metrics(namespace="test", service="test")
    metrics.clear_metrics()
    return metrics


def counted(metrics: Metrics) -> dict[str, list[float]]:
    """The values that were counted since `metrics` was made, by the metric's name."""
    if not metrics.metric_set:
        return {}
    found: dict[str, Any] = dict(metrics.serialize_metric_set())
    return {
        metric["Name"]: found[metric["Name"]] for metric in found["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    }
