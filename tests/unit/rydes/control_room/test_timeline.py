"""An RFQ as a timeline: what has a body, and what has none."""

import json
from typing import Any

import pytest

from infra.naming import Names
from infra.rydes.control_room.journal import Journal
from infra.rydes.control_room.timeline import timeline
from infra.rydes.control_room.unknown import Unknown
from tests.support.fake_system import SystemOnAws

NAMES = Names("dev")
RFQ = "01a21dca-7853-705c-8aec-d3faaed3b919"


def system(*entries: dict[str, Any]) -> SystemOnAws:
    lines = [
        {"timestamp": "2026-11-27T12:00:01.000Z", "correlation_id": RFQ, "service": "ride-booking", **entry}
        for entry in entries
    ]
    events = [{"timestamp": 1, "logStreamName": "s", "message": json.dumps(line)} for line in lines]
    groups = {"logGroups": [{"logGroupName": "/aws/lambda/dev-ride-booking-x"}]}
    answers = {"logs.describe_log_groups": groups, "logs.filter_log_events": {"events": events}}
    return SystemOnAws(answers, NAMES)


@pytest.mark.parametrize(
    ("message", "type_", "known"),
    [
        ("published", "RfqRequested", ("RfqRequested", True)),
        ("received", "RfqResponse", ("RfqResponse", False)),
        ("scheduled", "RfqDeadline", ("RfqDeadline", False)),
        ("gathered", "", (None, False)),
    ],
)
def test_a_step_says_which_message_it_is_about_and_whether_the_bus_has_it(
    message: str, type_: str, known: tuple[str | None, bool]
) -> None:
    told = timeline(system({"message": message, "message_type": type_}), Journal(), RFQ)
    assert {(step["message"], step["on_bus"]) for step in told["steps"]} == {known}


def test_requests_that_only_look_or_ask_whether_they_may_are_no_steps() -> None:
    asked = [
        {
            "message": "answered",
            "method": method,
            "path": "/rfqs",
            "status": 200,
            "function_request_id": method,
        }
        for method in ("OPTIONS", "GET", "POST")
    ]
    told = timeline(system(*asked), Journal(), RFQ)
    assert {step["what"] for step in told["steps"]} == {"POST /rfqs → 200"}


def test_an_id_of_nonsense_is_unknown() -> None:
    with pytest.raises(Unknown, match="No function has logged anything"):
        timeline(system(), Journal(), "nonsense")


def test_what_only_the_bus_knows_is_known() -> None:
    journal = Journal()
    journal.take({"detail-type": "RfqRequested", "detail": {"metadata": {"correlation_id": RFQ}}})
    told = timeline(system(), journal, RFQ)
    assert (told["steps"], len(told["events"])) == ([], 1)
