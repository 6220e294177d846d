"""The state machine of documents, executed: it comes to a decision or hands over, whatever fails."""

import json
from typing import Any

import pytest

from infra.stacks.settlement_decisions import DEFINITION
from tests.support.asl import TaskFailed, run

TOLD = {"document_id": "d-1", "metadata": {"correlation_id": "d-1"}}


def executed(*failing: str) -> tuple[list[str], list[dict[str, Any]]]:
    """Execute it while messages to these queues fail. Returns the states, and what was sent."""
    sent: list[dict[str, Any]] = []

    def call(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        assert (service, operation.partition(".")[0]) == ("sqs", "sendMessage")
        sent.append(parameters)
        if parameters["QueueUrl"] in failing:
            raise TaskFailed("States.Timeout", "nobody has said anything")
        return {"decision": "settled"}

    return run(json.loads(DEFINITION.read_text()), {**TOLD}, call), sent


def test_a_document_is_looked_at_and_then_decided() -> None:
    states, sent = executed()
    assert states == ["Have it looked at", "Have it decided", "Done"]
    assert [each["QueueUrl"] for each in sent] == ["${readings}", "${decisions}"]
    for each in sent:
        body = each["MessageBody"]
        assert body["metadata"] == TOLD["metadata"]
        assert (body["data"]["document_id"], body["data"]["token"]) == ("d-1", "token")


def test_a_completion_that_nobody_tells_is_no_end() -> None:
    states, _ = executed("${readings}")
    assert states == ["Have it looked at", "Have it decided", "Done"]


@pytest.mark.parametrize("failing", [("${decisions}",), ("${readings}", "${decisions}")])
def test_a_document_that_nobody_decides_is_handed_over(failing: tuple[str, ...]) -> None:
    states, sent = executed(*failing)
    assert states[-2:] == ["Hand it over", "Done"]
    assert sent[-1]["QueueUrl"] == "${failsafe}"
    assert sent[-1]["MessageBody"]["data"] == {"document_id": "d-1"}


def test_a_message_that_cannot_even_be_handed_over_fails_the_execution() -> None:
    """The rule for executions that fail has it then."""
    with pytest.raises(TaskFailed):
        executed("${decisions}", "${failsafe}")
