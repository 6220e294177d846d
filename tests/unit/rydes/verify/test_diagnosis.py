import time
from collections.abc import Sequence
from typing import Any

import pytest

from infra.naming import PLAIN, Names
from infra.rydes.verify.diagnosis import Diagnosis
from infra.rydes.verify.inspection import Finding, Inspection
from infra.rydes.verify.promise import Flaw
from infra.rydes.verify.stacks import Resource
from tests.support.fake_account import FakeAccount
from tests.support.fake_logs import Logs, line

WAY = ("ride-booking-outbox", "unicorn-mgmt-responder", "ride-booking-aggregator")
RFQ = "019a-rfq"
INBOX = "https://sqs.eu-west-1.amazonaws.com/1/unicorn-mgmt-inbox"


def resource(type_: str, id_: str, **properties: Any) -> Resource:
    return Resource("stack", "service", id_, f"AWS::{type_}", id_, properties)


def function(name: str) -> Resource:
    return resource("Lambda::Function", name, Role=f"arn:aws:iam::1:role/{name}-role")


MAPPING = resource(
    "Lambda::EventSourceMapping",
    "uuid",
    FunctionName="arn:aws:lambda:eu-west-1:1:function:unicorn-mgmt-responder",
    EventSourceArn="arn:aws:sqs:eu-west-1:1:unicorn-mgmt-inbox",
)
QUEUE = resource("SQS::Queue", INBOX)
RULE = resource("Events::Rule", "inbox", Targets=[{"Arn": "arn:aws:sqs:eu-west-1:1:unicorn-mgmt-inbox"}])
RESPONDER = function("unicorn-mgmt-responder")
POLICY = resource("IAM::Policy", "p", Roles=["unicorn-mgmt-responder-role"])
RESOURCES = [function(WAY[0]), RESPONDER, function(WAY[2]), MAPPING, QUEUE, RULE, POLICY]


class World:
    """A system whose functions have logged something, and whose inspection has found something."""

    def __init__(
        self, *findings: Finding, answers: dict[str, Any] | None = None, names: Names = PLAIN
    ) -> None:
        self.logs = Logs(names)
        self._others = FakeAccount(answers or {})
        self.names = self.logs.names
        for name in WAY:
            self.logs.log(0, "of before", name)
        self.diagnosis = Diagnosis(Inspection(self, RESOURCES, list(findings)))

    def client(self, service: str, /) -> Any:
        return self.logs if service == "logs" else self._others.client(service)

    def log(self, function_: str, message: str, **fields: Any) -> None:
        now = time.time() * 1000 + 1
        self.logs.log(int(now), line(now, message, **fields), function_)

    def crash(self, function_: str, text: str) -> None:
        self.logs.log(int(time.time() * 1000) + 1, text, function_)


def finding(found: Resource, name: str, what: str = "is missing") -> Finding:
    return Finding(found, Flaw(what), name)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            finding(RESPONDER, "function unicorn-mgmt-responder"),
            "the function unicorn-mgmt-responder is missing",
        ),
        (finding(RULE, "rule inbox", "is disabled"), "the rule inbox is disabled"),
        (finding(QUEUE, "queue unicorn-mgmt-inbox"), "the queue unicorn-mgmt-inbox is missing"),
        (finding(MAPPING, "mapping from a to b", "is disabled"), "the mapping from a to b is disabled"),
        (
            finding(POLICY, "policy of unicorn-mgmt-responder", "allows no dynamodb:Query on t"),
            "the policy of unicorn-mgmt-responder allows no dynamodb:Query on t",
        ),
        (
            finding(resource("SQS::QueuePolicy", "q", Queues=[INBOX]), "queue policy", "lets nobody in"),
            "the queue policy lets nobody in",
        ),
    ],
)
def test_what_the_inspection_has_found_on_the_way_is_the_cause(found: Finding, words: str) -> None:
    diagnosis = World(found).diagnosis
    assert diagnosis.cause(WAY) == f"{words}, so nothing gets through unicorn-mgmt-responder"
    assert diagnosis.cause(("feedback-rides",)) == ""


def test_what_aws_refuses_is_the_cause() -> None:
    world = World()
    assert world.diagnosis.cause(WAY) == ""
    reason = (
        "An error occurred (AccessDeniedException) when calling the Query operation: User: arn:aws:sts::1:x is not"
        " authorized to perform: dynamodb:Query on resource: arn:aws:dynamodb:eu-west-1:1:table/t because no policy"
    )
    world.log("unicorn-mgmt-responder", "will retry", level="WARNING", reason=reason)
    said = "its role allows no dynamodb:Query on arn:aws:dynamodb:eu-west-1:1:table/t"
    assert world.diagnosis.cause(WAY) == f"unicorn-mgmt-responder is refused by AWS: {said}"


def test_an_environment_has_logs_and_names_of_its_own() -> None:
    world = World(names=Names("dev"))
    world.log("unicorn-mgmt-responder", "x is not authorized to perform: sqs:SendMessage .")
    assert world.diagnosis.cause(WAY) == ""
    world.log("dev-unicorn-mgmt-responder", "x is not authorized to perform: sqs:SendMessage .")
    assert world.diagnosis.cause(WAY) == (
        "dev-unicorn-mgmt-responder is refused by AWS: its role allows no sqs:SendMessage"
    )


def test_errors_of_before_the_run_are_no_cause() -> None:
    world = World()
    world.logs.log(1, "x is not authorized to perform: dynamodb:Query", "unicorn-mgmt-responder")
    assert world.diagnosis.cause(WAY) == ""


def waiting(messages: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    counts = {"ApproximateNumberOfMessages": "3", "ApproximateNumberOfMessagesNotVisible": "1"}
    return {
        "sqs.get_queue_attributes": {"Attributes": counts},
        "sqs.receive_message": {"Messages": list(messages)},
    }


def test_the_first_function_without_the_id_was_not_reached() -> None:
    world = World(answers=waiting())
    world.log(WAY[0], "published", correlation_id=RFQ)
    assert world.diagnosis.guess(WAY, RFQ) == (
        "it never reached unicorn-mgmt-responder. 3 messages wait in unicorn-mgmt-inbox, 1 are being handled."
    )


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        ({"reason": {"StringValue": "no valid RfqRequested: data.from: missing"}}, "no valid RfqRequested"),
        ({}, "its worker died each time"),
    ],
)
def test_a_message_that_was_given_up_says_why(attributes: dict[str, Any], why: str) -> None:
    given_up = {"Body": f'{{"correlation_id": "{RFQ}"}}', "MessageAttributes": attributes}
    world = World(answers=waiting([{"Body": "of another"}, given_up]))
    said = world.diagnosis.guess(WAY[1:], RFQ)
    assert f"One is in unicorn-mgmt-inbox-dlq: {why}" in said


def test_an_error_of_a_function_on_the_way_is_told() -> None:
    world = World(answers=waiting())
    world.log(WAY[0], "cannot send", level="ERROR", error="DeliveryError", reason="1 of 1 not delivered")
    said = "ride-booking-outbox fails: cannot send: DeliveryError: 1 of 1 not delivered"
    world.log(WAY[0], "published", correlation_id=RFQ)
    assert world.diagnosis.guess(WAY, RFQ) == said


@pytest.mark.parametrize("text", ["Task timed out after 3.00 seconds", "Runtime.ImportModuleError: no h3"])
def test_a_crash_is_told_though_no_line_of_ours_says_so(text: str) -> None:
    world = World(answers=waiting())
    world.crash(WAY[1], f"2026 {text}")
    world.log(WAY[0], "published", correlation_id=RFQ)
    assert world.diagnosis.guess(WAY, RFQ) == f"unicorn-mgmt-responder fails: 2026 {text}"


def test_all_reached_and_no_error_is_told_as_it_is() -> None:
    world = World()
    for name in WAY:
        world.log(name, "handled", correlation_id=RFQ)
    assert world.diagnosis.guess(WAY, RFQ) == "ride-booking-aggregator was reached, and logged no error"
