"""What dashboards and saved queries ask of the logs is held to the lines that the services' code writes."""

import io
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics

from infra.assembly import Assembly
from infra.questions import API_FAILURES, API_LATENCY, API_REFUSALS, OVER, QUESTIONS, TRACE
from ride_booking.domain.rfq import Completion, Quote, Quoted, Responder, Rfq
from tests.infra.test_feedback_figures import everything_happens
from tests.support.feedback.memory import Memory
from tests.support.feedback.world import World as FeedbackWorld
from tests.support.ride_booking.world import DEADLINE, NOW, World, a_world, record, rfq
from wild_rydes_contracts import EVENTS
from wild_rydes_runtime.entrypoint import entrypoint

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"
QUOTED = Quoted(NOW + timedelta(seconds=1.5), NOW + timedelta(seconds=2.25))


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as made:
        yield made


def over(by: str, quoted: Quoted | None = QUOTED) -> Rfq:
    """An RFQ that is over: one has answered, one is silent."""
    answers = {"u-a": Responder(asked=True, answer=Quote(1250, 240)), "u-b": Responder(asked=True)}
    return rfq(responders=answers, completion=Completion(by, DEADLINE), quoted=quoted)  # type: ignore[arg-type]


def line_of(world: World, *records: Any) -> str:
    """What ride-booking's outbox logs in one invocation."""
    text = io.StringIO()
    world.logger = Logger(service=f"test-questions-{uuid.uuid4()}", stream=text)  # a logger keeps its stream
    world.metrics = Metrics(namespace="WildRydes", service="ride-booking")
    entrypoint(world.outbox().handle, world.logger, world.metrics)(
        {"Records": [*records]},
        SimpleNamespace(aws_request_id="r"),  # type: ignore[arg-type]
    )
    [line, *_] = text.getvalue().splitlines()
    return line


def parsed(line: str) -> dict[str, str] | None:
    found = re.search(OVER.replace("(?<", "(?P<"), line)
    return found.groupdict() if found else None


def test_how_an_rfq_went_is_read_from_the_line_that_the_outbox_writes(world: World) -> None:
    new = rfq()
    line = line_of(world, record(new), record(over("deadline"), rfq()))
    assert '"steps":[' in line
    assert "rfq over" in line
    took = round((DEADLINE - rfq().created_at) / timedelta(milliseconds=1))
    assert parsed(line) == {
        "rfq_ms": str(took),
        "first_quote_ms": "1500",
        "last_quote_ms": "2250",
        "asked": "2",
        "quoted": "1",
        "declined": "0",
        "silent": "1",
    }


def test_one_without_a_quote_has_no_time_of_it(world: World) -> None:
    assert parsed(line_of(world, record(over("deadline", quoted=None), rfq()))) is None


def counts_of_ride_booking(world: World) -> set[str]:
    lines = [line_of(world, record(rfq()))]
    lines += [line_of(world, record(over(by), rfq())) for by in ("all-answered", "deadline", "cancelled")]
    world.now = DEADLINE + timedelta(minutes=1)
    lines.append(line_of(world, record(over("deadline", quoted=None), rfq())))
    return {name for line in lines for name in re.findall(r'"(\w+)":\d', line.partition('"counts":{')[2])}


def test_what_queries_add_up_is_counted_by_the_service_that_they_ask(world: World) -> None:
    feedback = FeedbackWorld(Memory())
    try:
        everything_happens(feedback)
        of_feedback = set(feedback.metrics.metric_set)  # Powertools has one set for the process
        counted = {
            "ride-booking": counts_of_ride_booking(world),
            # Its publisher counts what it publishes; tests/unit/messaging/test_publish.py.
            "unicorn-mgmt": {event.name for event in EVENTS if event.source == "wildrydes.unicorn-mgmt"},
            "feedback": of_feedback,
        }
    finally:
        feedback.close()
    for service, questions in QUESTIONS.items():
        asked = set(re.findall(r"counts\.(\w+)", "\n".join(sum((q.query for q in questions), ()))))
        assert asked
        assert asked <= counted[service], asked - counted[service]


def test_queries_plot_fields_that_they_have_parsed() -> None:
    for question in sum(QUESTIONS.values(), ()):
        text = "\n".join(question.query)
        if "parse @message" in text:
            names = set(re.findall(r"\(\?<(\w+)>", text))
            used = set(re.findall(r"(?:pct|avg)\((\w+)", text))
            assert used
            assert used <= names, question.title


def test_what_is_asked_of_access_logs_is_in_their_format(aws: Assembly) -> None:
    formats = [
        str(stage.properties["AccessLogSettings"]["Format"]) for stage in aws.all("AWS::ApiGatewayV2::Stage")
    ]
    of_http = [each for each in formats if '"method"' in each]
    assert of_http
    text = "\n".join(
        line for question in (API_FAILURES, API_REFUSALS, API_LATENCY) for line in question.query
    )
    fields = set(re.findall(r"filter (\w+)|pct\((\w+)", text))
    for field in {name for pair in fields for name in pair if name}:
        assert all(f'"{field}"' in each for each in of_http), field


def test_the_runbook_shows_the_saved_query_that_follows_an_id() -> None:
    assert "\n| ".join(TRACE) in RUNBOOK.read_text()
