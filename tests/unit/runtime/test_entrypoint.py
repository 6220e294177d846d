"""What the entry point adds to each line of a function's log, and what it writes at the end."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from wild_rydes_runtime.entrypoint import entrypoint


def context(request_id: str) -> Any:
    return SimpleNamespace(
        function_name="ride-booking-aggregator",
        memory_limit_in_mb=256,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:ride-booking-aggregator",
        aws_request_id=request_id,
    )


class Log:
    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.logger = Logger(service=f"test-{id(self)}", stream=self._stream)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


def test_every_line_says_request_and_correlation_and_one_conversation_does_not_stay_for_the_next() -> None:
    log = Log()

    def handle(event: dict[str, Any]) -> str:
        log.logger.info("began")
        if event:
            log.logger.set_correlation_id(event["rfq_id"])
        log.logger.info("ended")
        return "done"

    handler = entrypoint(handle, log.logger)
    assert handler({"rfq_id": "rfq-1"}, context("r1")) == "done"
    handler({}, context("r2"))

    told = [(line["message"], line["function_request_id"], line["correlation_id"]) for line in log.lines]
    assert told == [
        ("began", "r1", "r1"),
        ("ended", "r1", "rfq-1"),
        ("began", "r2", "r2"),
        ("ended", "r2", "r2"),
    ]
    assert all("cold_start" in line for line in log.lines)


def test_what_was_counted_is_written_even_when_handling_fails(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = Metrics(namespace="test", service="test")

    def handle(_: dict[str, Any]) -> None:
        metrics.add_metric("Attempts", MetricUnit.Count, 1)
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError):
        entrypoint(handle, Log().logger, metrics)({}, context("r1"))
    assert json.loads(capsys.readouterr().out)["Attempts"] == [1.0]


def test_counting_nothing_is_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    metrics = Metrics(namespace="test", service="test")
    entrypoint(lambda _: None, Log().logger, metrics)({}, context("r1"))
    assert not recwarn.list
