import json
from typing import Any

import pytest

from infra.naming import PLAIN, Names
from infra.rydes.control_room.architecture import BUS, PHONES, Architecture, Edge, Node
from infra.rydes.control_room.motion import Hop, Motion
from infra.rydes.operator.log_events import LogEvent

WAYS = [
    ("outside:customers", "api:rfq-api", "calls"),
    ("api:rfq-api", "function:ride-booking-api", "invokes"),
    ("function:ride-booking-api", "table:ride-booking", "writes to"),
    ("table:ride-booking", "function:ride-booking-outbox", "streams to"),
    ("function:ride-booking-outbox", BUS, "publishes to"),
    ("function:ride-booking-outbox", "queue:ride-booking-deadlines", "sends to"),
    ("function:ride-booking-replay", "queue:ride-booking-deadlines", "sends to"),
    ("queue:ride-booking-deadlines", "function:ride-booking-closer", "delivers to"),
    (BUS, "rule:unicorn-mgmt-inbox", "matches"),
    ("rule:unicorn-mgmt-inbox", "queue:unicorn-mgmt-inbox", "targets"),
    ("queue:unicorn-mgmt-inbox", "function:unicorn-mgmt-responder", "delivers to"),
    ("function:unicorn-mgmt-responder", "queue:wild-rydes-reply-ride-booking", "sends to"),
    ("function:unicorn-mgmt-responder", "queue:unicorn-mgmt-p-comet-requests", "sends to"),
    ("queue:wild-rydes-reply-ride-booking", "function:ride-booking-aggregator", "delivers to"),
    ("function:unicorn-mgmt-p-comet-quotes", "partner:p-comet", "calls"),
    ("partner:p-comet", "api:partner-api", "calls"),
    ("api:partner-api", "function:unicorn-mgmt-partner-callbacks", "invokes"),
    ("function:ride-booking-notifier", "socket:rfq-socket", "pushes to"),
    ("socket:rfq-socket", "outside:customers", "pushes"),
    (PHONES, "topic:wild-rydes-sms-replies", "texts"),
    ("topic:wild-rydes-sms-replies", "queue:feedback-sms-replies", "delivers to"),
    ("queue:feedback-sms-replies", "function:feedback-replies", "delivers to"),
    ("function:feedback-outreach", PHONES, "texts"),
]


def architecture() -> Architecture:
    ids = dict.fromkeys(id_ for source, target, _ in WAYS for id_ in (source, target))
    nodes = {id_: Node(id_, id_.partition(":")[0], id_.partition(":")[2]) for id_ in ids}
    return Architecture.of(nodes, (Edge(*way) for way in WAYS))


def line(function: str, **entry: Any) -> LogEvent:
    told = {
        "timestamp": "2026-11-27T12:00:01.000Z",
        "function_request_id": "1",
        "correlation_id": "rfq",
        **entry,
    }
    return LogEvent(1, function, "stream", json.dumps(told))


AT = 1795780801000.0


@pytest.mark.parametrize(
    ("logged", "paths"),
    [
        (
            line(
                "ride-booking-api",
                message="answered",
                method="POST",
                path="/rfqs",
                status=202,
                milliseconds=5,
            ),
            [
                ("outside:customers", "api:rfq-api", "function:ride-booking-api"),
                ("function:ride-booking-api", "table:ride-booking"),
            ],
        ),
        (
            line("ride-booking-outbox", message="published", message_type="RfqRequested"),
            [("table:ride-booking", "function:ride-booking-outbox"), ("function:ride-booking-outbox", BUS)],
        ),
        (
            line(
                "unicorn-mgmt-responder",
                message="received",
                message_type="RfqRequested",
                queue="unicorn-mgmt-inbox",
            ),
            [
                (BUS, "rule:unicorn-mgmt-inbox", "queue:unicorn-mgmt-inbox"),
                ("queue:unicorn-mgmt-inbox", "function:unicorn-mgmt-responder"),
            ],
        ),
        (
            line("unicorn-mgmt-responder", message="replied"),
            [("function:unicorn-mgmt-responder", "queue:wild-rydes-reply-ride-booking")],
        ),
        (
            # Several may have sent it. Who did says so.
            line("ride-booking-aggregator", message="received", queue="wild-rydes-reply-ride-booking"),
            [("queue:wild-rydes-reply-ride-booking", "function:ride-booking-aggregator")],
        ),
        (
            line("ride-booking-closer", message="received", queue="ride-booking-deadlines"),
            [
                ("function:ride-booking-outbox", "queue:ride-booking-deadlines"),
                ("queue:ride-booking-deadlines", "function:ride-booking-closer"),
            ],
        ),
        (
            line(
                "unicorn-mgmt-p-comet-quotes", message="partner called", partner="p-comet", operation="quote"
            ),
            [("function:unicorn-mgmt-p-comet-quotes", "partner:p-comet")],
        ),
        (
            line(
                "unicorn-mgmt-partner-callbacks",
                message="partner called",
                partner="p-comet",
                operation="callback",
            ),
            [("partner:p-comet", "api:partner-api", "function:unicorn-mgmt-partner-callbacks")],
        ),
        (
            line("ride-booking-notifier", message="pushed", connection_id="x"),
            [("function:ride-booking-notifier", "socket:rfq-socket", "outside:customers")],
        ),
        (
            line("feedback-replies", message="received", queue="feedback-sms-replies"),
            [
                (PHONES, "topic:wild-rydes-sms-replies", "queue:feedback-sms-replies"),
                ("queue:feedback-sms-replies", "function:feedback-replies"),
            ],
        ),
        (
            line("feedback-outreach", message="outreach", outcome="sent"),
            [("function:feedback-outreach", PHONES)],
        ),
        (line("feedback-outreach", message="outreach", outcome="refused"), []),
        (line("ride-booking-api", message="answered", method="GET", path="/rfqs", status=200), []),
        (line("ride-booking-api", message="answered", method="OPTIONS", path="/rfqs", status=204), []),
        (line("ride-booking-api", message="counted", counts={"x": 1}), []),
        (line("nobody-knows", message="published", message_type="RfqRequested"), []),
        (LogEvent(1, "ride-booking-api", "stream", "START RequestId"), []),
    ],
)
def test_a_line_tells_which_ways_messages_took(logged: LogEvent, paths: list[tuple[str, ...]]) -> None:
    hops = list(Motion(architecture(), PLAIN).hops(logged))
    assert [hop.path for hop in hops] == paths


def test_a_message_was_in_its_queue_from_when_it_was_sent_until_it_was_received() -> None:
    logged = line(
        "unicorn-mgmt-responder", message="received", message_type="RfqRequested", queue="unicorn-mgmt-inbox",
        sent_at=AT - 250,
    )  # fmt: skip
    sent, received = Motion(architecture(), PLAIN).hops(logged)
    assert (sent.at, received.at, sent.what, sent.rfq) == (AT - 250, AT, "RfqRequested", "rfq")


def test_what_was_scheduled_moves_when_it_is_delivered() -> None:
    motion = Motion(architecture(), PLAIN)
    assert [*motion.hops(line("ride-booking-api", message="scheduled", message_type="RfqDeadline"))]
    logged = line(
        "ride-booking-closer", message="received", message_type="RfqDeadline", queue="ride-booking-deadlines",
        sent_at=AT - 60_000,
    )  # fmt: skip
    assert [hop.at for hop in motion.hops(logged)] == [AT, AT]


def test_a_request_moves_when_it_began() -> None:
    logged = line(
        "ride-booking-api", message="answered", method="POST", path="/x", status=202, milliseconds=40
    )
    first, *_ = Motion(architecture(), PLAIN).hops(logged)
    assert first == Hop(
        AT - 40, ("outside:customers", "api:rfq-api", "function:ride-booking-api"), "POST /x", "rfq"
    )


def test_an_invocation_reads_the_stream_once_however_much_it_publishes() -> None:
    motion = Motion(architecture(), PLAIN)
    logged = line("ride-booking-outbox", message="published", message_type="RfqRequested")
    assert [len(list(motion.hops(logged))) for _ in range(3)] == [2, 1, 1]


def test_queues_of_an_environment_are_known_by_their_plain_names() -> None:
    logged = line("unicorn-mgmt-responder", message="received", queue="blue-unicorn-mgmt-inbox")
    *_, received = Motion(architecture(), Names("blue")).hops(logged)
    assert received.path == ("queue:unicorn-mgmt-inbox", "function:unicorn-mgmt-responder")
