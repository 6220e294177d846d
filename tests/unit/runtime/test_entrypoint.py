"""What the entry point makes of the lines that a function logs, and what it writes at the end."""

import io
import json
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from wild_rydes_runtime.entrypoint import entrypoint
from wild_rydes_runtime.wide_line import narrowed


def context(request_id: str) -> Any:
    return SimpleNamespace(
        function_name="ride-booking-aggregator",
        memory_limit_in_mb=256,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:ride-booking-aggregator",
        aws_request_id=request_id,
    )


_names = count()


class Log:
    def __init__(self, level: str = "INFO") -> None:
        self._stream = io.StringIO()
        self.logger = Logger(service=f"{__name__}-{next(_names)}", level=level, stream=self._stream)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


def test_an_invocation_is_one_line_with_what_its_steps_share_said_once() -> None:
    log = Log()

    def handle(event: dict[str, Any]) -> str:
        log.logger.set_correlation_id(event["rfq_id"])
        log.logger.info("received", queue="inbox", counts={"Asked": 2})
        log.logger.info("replied", counts={"Asked": 1, "Quoted": 1})
        return "done"

    handler = entrypoint(handle, log.logger)
    assert handler({"rfq_id": "rfq-1"}, context("r1")) == "done"
    handler({"rfq_id": "rfq-2"}, context("r2"))

    first, second = log.lines
    assert (first["function_request_id"], first["correlation_id"]) == ("r1", "rfq-1")
    assert (second["function_request_id"], second["correlation_id"]) == ("r2", "rfq-2")
    assert [step.keys() - {"ms"} for step in first["steps"]] == [
        {"message", "queue"},
        {"message"},
    ]
    assert first["counts"] == {"Asked": 3, "Quoted": 1}
    assert first["cold_start"] is True
    assert "cold_start" not in second


def test_a_wide_line_is_taken_apart_into_the_lines_that_were_logged() -> None:
    log = Log()

    def handle(_: dict[str, Any]) -> None:
        for rfq in ("rfq-1", "rfq-2"):
            log.logger.set_correlation_id(rfq)
            log.logger.info("received", attempt=1, counts={"Received": 1})

    entrypoint(handle, log.logger)({}, context("r1"))
    [line] = log.lines
    told = [
        (entry["correlation_id"], entry["message"], entry["attempt"], entry.get("counts"), entry["service"])
        for entry in narrowed(line)
    ]
    service = line["service"]
    assert told == [
        ("rfq-1", "received", 1, None, service),
        ("rfq-2", "received", 1, {"Received": 2}, service),
    ]


def test_one_step_alone_is_a_plain_line() -> None:
    log = Log()
    entrypoint(lambda _: log.logger.info("answered", status=200), log.logger)({}, context("r1"))
    [line] = log.lines
    assert (line["message"], line["status"], line["correlation_id"]) == ("answered", 200, "r1")
    assert list(narrowed(line)) == [line]


def test_a_warning_is_a_line_of_its_own_at_once_and_the_steps_are_written_even_when_handling_fails() -> None:
    log = Log()
    at_once: list[str] = []

    def handle(_: dict[str, Any]) -> None:
        log.logger.info("received")
        log.logger.info("tried")
        log.logger.warning("will retry")
        at_once.extend(line["message"] for line in log.lines)
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError):
        entrypoint(handle, log.logger)({}, context("r1"))
    assert at_once == ["will retry"]
    assert [step["message"] for step in log.lines[1]["steps"]] == ["received", "tried"]


def test_at_the_level_debug_every_line_is_written_at_once() -> None:
    log = Log("DEBUG")

    def handle(_: dict[str, Any]) -> list[str]:
        log.logger.info("received")
        log.logger.debug("looked")
        return [line["message"] for line in log.lines]

    assert entrypoint(handle, log.logger)({}, context("r1")) == ["received", "looked"]


def test_functions_of_one_service_in_one_process_share_the_line() -> None:
    log = Log()
    handler, _ = (entrypoint(lambda _: log.logger.info("told"), log.logger) for _ in range(2))
    handler({}, context("r1"))
    assert [line["message"] for line in log.lines] == ["told"]


def test_what_was_counted_is_written_even_when_handling_fails(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = Metrics(namespace="test", service="test")

    def handle(_: dict[str, Any]) -> None:
        metrics.add_metric("Attempts", MetricUnit.Count, 1)
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError):
        entrypoint(handle, Log().logger, metrics)({}, context("r1"))
    assert json.loads(capsys.readouterr().out)["Attempts"] == [1.0]


def test_only_what_is_watched_becomes_a_metric_and_all_that_is_counted_is_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WATCHED_METRICS", '["Refused"]')
    log, metrics = Log(), Metrics(namespace="test", service="test")

    def handle(event: dict[str, Any]) -> None:
        for name, number in event.items():
            metrics.add_metric(name, MetricUnit.Count, number)

    handler = entrypoint(handle, log.logger, metrics)
    handler({"Asked": 3, "Refused": 1}, context("r1"))
    handler({"Asked": 2}, context("r2"))
    handler({}, context("r3"))

    assert [line["counts"] for line in log.lines] == [{"Asked": 3, "Refused": 1}, {"Asked": 2}]
    [line] = map(json.loads, capsys.readouterr().out.splitlines())
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert [metric["Name"] for metric in directive["Metrics"]] == ["Refused"]
    assert "Asked" not in line


def test_counting_nothing_is_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    metrics = Metrics(namespace="test", service="test")
    entrypoint(lambda _: None, Log().logger, metrics)({}, context("r1"))
    assert not recwarn.list
