"""The control room's architecture is that of the templates."""

import pytest

from infra.assembly import Assembly
from infra.naming import PLAIN
from infra.rydes.control_room.architecture import BUS, Architecture, Edge, architecture

OF_NO_SERVICE = {"bucket-scans-dlq"}
"""The platform's."""


@pytest.fixture(scope="module")
def found(aws: Assembly) -> Architecture:
    return architecture(aws, PLAIN)


def test_it_is_the_same_on_aws_as_on_a_local_cloud(found: Architecture, local: Assembly) -> None:
    here = architecture(local, PLAIN)
    assert dict(here.nodes) == dict(found.nodes)
    assert set(here.edges) == set(found.edges)


def test_every_function_and_queue_of_a_service_is_in_it(found: Architecture, local: Assembly) -> None:
    names = {node.name for node in found.nodes.values()}
    for type_, key in (("AWS::Lambda::Function", "FunctionName"), ("AWS::SQS::Queue", "QueueName")):
        assert set(local.named(type_, key)) - OF_NO_SERVICE <= names


@pytest.mark.parametrize(
    "way",
    [
        ("outside:customers", "calls", "api:rfq-api"),
        ("api:rfq-api", "invokes", "function:ride-booking-api"),
        ("function:ride-booking-api", "writes to", "table:ride-booking"),
        ("table:ride-booking", "streams to", "function:ride-booking-outbox"),
        ("function:ride-booking-outbox", "publishes to", BUS),
        (BUS, "matches", "rule:unicorn-mgmt-inbox"),
        ("rule:unicorn-mgmt-inbox", "targets", "queue:unicorn-mgmt-inbox"),
        ("queue:unicorn-mgmt-inbox", "delivers to", "function:unicorn-mgmt-responder"),
        ("function:unicorn-mgmt-responder", "sends to", "queue:wild-rydes-reply-ride-booking"),
        ("function:unicorn-mgmt-responder", "sends to", "queue:unicorn-mgmt-p-comet-requests"),
        ("function:unicorn-mgmt-p-comet-quotes", "calls", "partner:p-comet"),
        ("partner:p-nimbus", "calls", "api:partner-api"),
        ("queue:feedback-rides", "gives up to", "dead-letter:feedback-rides-dlq"),
        ("dead-letter:feedback-rides-dlq", "gives up to", "parking:feedback-rides-parking"),
        ("function:ride-booking-notifier", "pushes to", "socket:rfq-socket"),
        ("api:machine-api", "invokes", "queue:ride-booking-batches"),
        ("schedule:feedback-timers", "targets", "function:feedback-timers"),
        ("topic:wild-rydes-sms-replies", "delivers to", "queue:feedback-sms-replies"),
        ("function:feedback-outreach", "texts", "outside:phones"),
    ],
)
def test_a_message_can_take_this_way(found: Architecture, way: tuple[str, str, str]) -> None:
    source, kind, target = way
    assert Edge(source, target, kind) in found.edges


@pytest.mark.parametrize(
    ("function", "seconds"),
    [("unicorn-mgmt-responder", 9), ("unicorn-mgmt-p-comet-quotes", 15), ("ride-booking-api", None)],
)
def test_it_knows_when_the_message_of_a_dead_worker_is_there_again(
    found: Architecture, function: str, seconds: int | None
) -> None:
    assert found.hidden_for(f"function:{function}") == seconds


def test_a_function_has_no_way_that_its_role_does_not_give_it(found: Architecture) -> None:
    publishers = found.into(BUS, "publishes to")
    assert publishers == [
        *(f"function:{service}-outbox" for service in ("feedback", "ride-booking")),
        "function:settlement-outcomes",
        "function:unicorn-mgmt-outbox",
    ]
    assert found.out_of("function:ride-booking-authorizer", "writes to") == []
