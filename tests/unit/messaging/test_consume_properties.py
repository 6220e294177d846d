"""No queue message, whatever is in it, stops the others or shows its values outside its own body."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools import Metrics
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.boundary import boundary
from tests.support.messaging.samples import NOW, bus_event, failed_ids, record, records, requested, response
from tests.unit.messaging.conftest import Log
from wild_rydes_contracts import Message, RfqCompleted, RfqRequested, RfqResponse
from wild_rydes_messaging.consume import Batch, Consumer, Unprocessable
from wild_rydes_messaging.parking import ParkingLot

PERSONAL = "Jane Doe, 206 555 0100"
REFUSED_BY_SQS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([PERSONAL, "", 10**400, "1e999", "2026-11-21", "quote", "wildrydes.ride-booking"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just(PERSONAL), inner, max_size=4)
    ),
    max_leaves=12,
)


def paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to every part of a JSON value."""
    if above:
        yield above
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from paths(child, (*above, key))


EVENT = bus_event(requested())
REPLY = json.loads(response("rfq-1", "u-1").to_json()) | {
    "data": {
        "asked": ["u-1"],
        "answers": [
            {
                "kind": "quote",
                "responder_id": "u-1",
                "display_name": PERSONAL,
                "price": {"amount": "9.99", "currency": "USD"},
                "pickup_in_seconds": 60,
            },
            {"kind": "decline", "responder_id": "u-2", "reason": "too-far"},
        ],
    }
}


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A message with one part taken away or replaced."""
    message = copy.deepcopy(draw(st.sampled_from([EVENT, REPLY])))
    path = draw(st.sampled_from(list(paths(message))))
    parent = message
    for step in path[:-1]:
        parent = parent[step]
    if draw(st.booleans()):
        parent[path[-1]] = draw(json_values | st.just(PERSONAL))
    else:
        del parent[path[-1]]
    return json.dumps(message)


bodies = (
    st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape"))
    | st.binary().map(lambda raw: raw.decode("latin-1"))
    | st.text(st.characters())
    | json_values.map(json.dumps)
    | damaged()
)


class DeadLetters:
    """Just the part of SQS that the consumer needs here, as strict with characters as SQS is."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_message(self, **request: Any) -> None:
        for attribute in request["MessageAttributes"].values():
            assert attribute["StringValue"]
            assert not REFUSED_BY_SQS.search(attribute["StringValue"])
        self.sent.append(request)


def consumer(dead_letters: DeadLetters, log: Log, *contracts: type[Message]) -> Consumer[Message]:
    sqs: Any = dead_letters
    metrics = Metrics(namespace="test", service="test")
    return Consumer(
        *contracts,
        sqs=sqs,
        parking_lot=ParkingLot(sqs, "dlq", logger=log.logger, metrics=metrics),
        logger=log.logger,
        metrics=metrics,
        max_attempts=5,
        now=lambda: NOW,
    )


@boundary
@given(body=bodies, contracts=st.sampled_from([(RfqRequested,), (RfqResponse,), (RfqRequested, RfqResponse)]))
@example(body="", contracts=(RfqRequested,))
@example(body="null", contracts=(RfqResponse,))
@example(body="[" * 100_000, contracts=(RfqRequested,))
@example(body='{"a":' * 100_000, contracts=(RfqRequested,))
@example(body="9" * 5_000, contracts=(RfqRequested,))
@example(body=json.dumps({"detail-type": ["RfqRequested"]}), contracts=(RfqRequested,))
@example(body=json.dumps({"detail-type": PERSONAL}), contracts=(RfqRequested,))
@example(body=json.dumps(EVENT | {"source": PERSONAL}), contracts=(RfqRequested,))
@example(body=json.dumps({**REPLY, "data": {"answers": [{"kind": PERSONAL}]}}), contracts=(RfqResponse,))
@example(
    body=json.dumps(REPLY | {"metadata": REPLY["metadata"] | {"correlation_id": PERSONAL}}),
    contracts=(RfqResponse,),
)
@example(
    body=json.dumps(REPLY | {"metadata": REPLY["metadata"] | {"correlation_id": "\ud800"}}),
    contracts=(RfqResponse,),
)
def test_any_body_is_a_message_or_is_parked_with_its_reason(
    body: str, contracts: tuple[type[Message], ...]
) -> None:
    log, dead_letters = Log(), DeadLetters()
    batch = consumer(dead_letters, log, *contracts).receive(records(record(body, "poison")))
    valid = list(batch)
    assert failed_ids(batch.settle()) == []
    if valid:
        assert dead_letters.sent == []
        assert all(type(message.data) in contracts for message in valid)
    else:
        (parked,) = dead_letters.sent
        assert parked["MessageBody"] == body
        attributes = {k: v["StringValue"] for k, v in parked["MessageAttributes"].items()}
        assert attributes["error"] == "Unprocessable"
        assert (attributes["message_id"], attributes["queue"], attributes["attempts"]) == (
            "poison",
            "inbox",
            "1",
        )
        assert PERSONAL not in json.dumps(attributes)
        assert len(log.told("parked")) == 1
    assert PERSONAL not in log.text


@boundary
@given(st.lists(bodies, max_size=5), st.randoms(use_true_random=False))
def test_poison_does_not_stop_the_messages_around_it(poison: list[str], source: Any) -> None:
    log, dead_letters = Log(), DeadLetters()
    good = [record(response(f"rfq-{i}").to_json(), f"good-{i}") for i in range(3)]
    mixed = good + [record(body, f"poison-{i}") for i, body in enumerate(poison)]
    source.shuffle(mixed)
    batch: Batch[Message] = consumer(dead_letters, log, RfqResponse).receive(records(*mixed))
    assert {m.message_id for m in batch} >= {"good-0", "good-1", "good-2"}
    assert failed_ids(batch.settle()) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{", "not JSON"),
        ("7", "not a JSON object"),
        ("{}", "none of the messages that are read here: RfqRequested"),
        (json.dumps(REPLY), "none of the messages that are read here: RfqRequested"),
        (
            json.dumps(EVENT | {"detail-type": "RfqCompleted"}),
            "none of the messages that are read here: RfqRequested",
        ),
        (json.dumps(EVENT | {"source": "aws.s3"}), "RfqRequested from a foreign source"),
        (json.dumps({k: v for k, v in EVENT.items() if k != "source"}), "RfqRequested from a foreign source"),
        (
            json.dumps({k: v for k, v in EVENT.items() if k != "detail"}),
            "no valid RfqRequested.v1: should be an object",
        ),
        (
            json.dumps(
                EVENT | {"detail": EVENT["detail"] | {"data": {"rfq_id": 7, "start": {"lat": 91, "lon": 0}}}}
            ),
            "no valid RfqRequested.v1: data.rfq_id: should be a valid string; data.start.lat: should be less than or equal to 90; data.destination: is missing",
        ),
        (
            json.dumps(
                EVENT
                | {
                    "detail": EVENT["detail"]
                    | {"metadata": EVENT["detail"]["metadata"] | {"event_version": 2}}
                }
            ),
            "RfqRequested has version 2; known here: 1",
        ),
    ],
)
def test_reason_names_what_is_wrong(body: str, reason: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        consumer(DeadLetters(), Log(), RfqRequested).parse(body)
    assert str(caught.value) == reason
    error = caught.value
    assert error.__context__ is None or error.__suppress_context__, "a traceback would show the values"


def test_a_queue_of_several_events_and_one_reply() -> None:
    several = consumer(DeadLetters(), Log(), RfqRequested, RfqCompleted, RfqResponse)
    assert type(several.parse(json.dumps(EVENT)).data) is RfqRequested
    assert type(several.parse(json.dumps(REPLY)).data) is RfqResponse


def test_two_kinds_of_replies_in_one_queue_could_not_be_told_apart() -> None:
    class Other(Message):
        name = "Other"
        version = 1

    with pytest.raises(ValueError, match="only one kind"):
        consumer(DeadLetters(), Log(), RfqResponse, Other)
