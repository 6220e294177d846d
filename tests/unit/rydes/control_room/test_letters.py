"""A replay in two steps: what it would do, and then exactly that."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.naming import BUS_NAME_PARAMETER, Names
from infra.registry.documents.examples import example
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from infra.rydes.control_room.letters import DeadLetters
from tests.support import aws
from wild_rydes_contracts import EVENTS

QUEUE, DLQ = "feedback-rides", "feedback-rides-dlq"
NAMES = Names("dev")
PHONE = "+12065550142"


class There(System):
    """The environment `dev` in moto's account."""

    HOW_TO_DEPLOY = ""

    def _make_client(self, service: str) -> Any:
        return aws.client(service)


@pytest.fixture
def urls() -> Iterator[dict[str, str]]:
    with aws.account():
        sqs = aws.client("sqs")
        aws.client("ssm").put_parameter(Name=NAMES.of(BUS_NAME_PARAMETER), Value="bus", Type="String")
        yield {name: sqs.create_queue(QueueName=NAMES.of(name))["QueueUrl"] for name in (QUEUE, DLQ)}


def park(urls: dict[str, str], body: str, reason: str = f"not JSON, from {PHONE}") -> str:
    told = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in {
            "queue": NAMES.of(QUEUE),
            "reason": reason,
            "error": "Unprocessable",
        }.items()
    }
    sent = aws.client("sqs").send_message(QueueUrl=urls[DLQ], MessageBody=body, MessageAttributes=told)
    return str(sent["MessageId"])


def bodies(url: str) -> list[str]:
    found = aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in found.get("Messages", [])]


def test_dead_letters_say_why_and_nothing_of_anybody(urls: dict[str, str]) -> None:
    park(urls, f"[call {PHONE}")
    [letter] = DeadLetters(There(NAMES)).look()["messages"]
    assert (letter["queue"], letter["source"], letter["error"]) == (DLQ, QUEUE, "Unprocessable")
    assert letter["way_back"] == f"the queue {QUEUE}"
    assert "not JSON" in letter["reason"]
    assert PHONE not in str(letter)


def test_a_dead_letter_says_what_to_type(urls: dict[str, str]) -> None:
    def told() -> dict[str, str]:
        [letter] = DeadLetters(There(NAMES)).look()["messages"]
        return {each["command"].split()[4]: each["command"] for each in letter["commands"]}

    id_ = park(urls, "[1")
    assert told() == {name: f"uv run rydes dlq {name} {id_[:8]}" for name in ("show", "fix", "purge")}
    aws.client("sqs").create_queue(QueueName=NAMES.of(f"{QUEUE}-parking"))
    assert told()["park"] == f"uv run rydes dlq park {id_[:8]}"


def test_a_problem_is_told_once(urls: dict[str, str]) -> None:
    [event] = [each for each in EVENTS if each.name == "RideCompleted"]
    detail = json.loads(example(event).to_json())
    del detail["data"]["customer_id"]
    body = {"detail-type": event.name, "source": event.source, "detail": detail}
    park(urls, json.dumps(body), reason="no valid RideCompleted.v1: data.customer_id: is missing")
    park(urls, json.dumps(body), reason="no valid RideCompleted.v1: data.x: is missing")
    same, other = sorted(DeadLetters(There(NAMES)).look()["messages"], key=lambda each: len(each["reason"]))
    assert same["reason"] == "no valid RideCompleted.v1"
    assert same["problems"] == other["problems"] == [{"path": "data.customer_id", "expected": "is missing"}]
    assert other["reason"].endswith("data.x: is missing")  # the contract was another then


def test_a_dry_run_moves_nothing_and_its_plan_moves_these_and_no_others(urls: dict[str, str]) -> None:
    first, replays = park(urls, "[1"), DeadLetters(There(NAMES))
    plan = replays.plan(DLQ, [first, "gone"])
    assert plan["messages"] == [
        {"id": first, "to": f"the queue {QUEUE}", "stays": None},
        {"id": "gone", "to": None, "stays": "it is no longer there, or others are looking at it"},
    ]
    assert (bodies(urls[DLQ]), bodies(urls[QUEUE])) == (["[1"], [])
    park(urls, "[2")
    outcome = replays.carry_out(plan["plan"])
    assert outcome["moved"] == {first: f"the queue {QUEUE}"}
    assert [*outcome["stayed"]] == ["gone"]
    assert (bodies(urls[DLQ]), bodies(urls[QUEUE])) == (["[2"], ["[1"])


def test_a_plan_is_carried_out_once(urls: dict[str, str]) -> None:
    replays = DeadLetters(There(NAMES))
    plan = replays.plan(DLQ, [park(urls, "[1")])["plan"]
    replays.carry_out(plan)
    for unknown in (plan, "never made"):
        with pytest.raises(LocalCloudError, match="Nobody has planned"):
            replays.carry_out(unknown)


def test_only_the_newest_plans_are_kept(urls: dict[str, str]) -> None:
    replays, id_ = DeadLetters(There(NAMES)), park(urls, "[1")
    plans = [replays.plan(DLQ, [id_])["plan"] for _ in range(21)]
    with pytest.raises(LocalCloudError, match="Nobody has planned"):
        replays.carry_out(plans[0])
    assert replays.carry_out(plans[1])["moved"]


def test_nothing_is_no_plan(urls: dict[str, str]) -> None:
    with pytest.raises(LocalCloudError, match="Nothing would be replayed"):
        DeadLetters(There(NAMES)).plan(DLQ, [])


def test_what_somebody_else_has_taken_meanwhile_is_told(urls: dict[str, str]) -> None:
    letters, id_ = DeadLetters(There(NAMES)), park(urls, "[1")
    plan = letters.plan(DLQ, [id_])["plan"]
    aws.client("sqs").purge_queue(QueueUrl=urls[DLQ])
    outcome = letters.carry_out(plan)
    assert (outcome["moved"], [*outcome["stayed"]]) == ({}, [id_])
