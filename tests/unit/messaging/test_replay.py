"""What becomes of a dead letter: sent back after a backoff, parked, or dropped. One's failure is no other's."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools import Metrics

from tests.support.messaging.samples import NOW, bus_event, no_waiting, record, requested
from tests.unit.messaging.conftest import Log, counted
from wild_rydes_contracts import RideCompleted
from wild_rydes_contracts.fakes import fake, on_the_bus
from wild_rydes_messaging.attributes import MORE, fitted, packed, theirs
from wild_rydes_messaging.backoff import Backoff
from wild_rydes_messaging.dead_letter import MAX_DEATHS, DeadLetter, ReplayPolicy, Verdict
from wild_rydes_messaging.replay import Replay, Route
from wild_rydes_messaging.send import MAX_BYTES

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

BODY = json.dumps(on_the_bus(fake(RideCompleted)))
TRANSIENT = {
    "reason": "throttled",
    "error": "ClientError",
    "kind": "transient",
    "queue": "inbox",
    "message_id": "m-0",
}
BY_EVENTBRIDGE = {
    "RULE_ARN": "arn:rule",
    "TARGET_ARN": "arn:target",
    "ERROR_CODE": "THROTTLING",
    "ERROR_MESSAGE": "slow down",
    "EXHAUSTED_RETRY_CONDITION": "MaximumEventAgeInSeconds",
    "RETRY_ATTEMPTS": "185",
}
MAX_REPLAYS = 3


def upper(_: float, bound: float) -> float:
    return bound


def texts(told: dict[str, str]) -> dict[str, Any]:
    return {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}


def dead(
    told: dict[str, Any], id_: str = "d-1", body: str = BODY, queue: str = "inbox-dlq", **system: str
) -> Any:
    """A dead letter as Lambda hands it over."""
    made = record(body, id_, queue=queue)
    made["attributes"] |= system
    made["messageAttributes"] = {
        name: {"dataType": value["DataType"]}
        | (
            {"binaryValue": value["BinaryValue"]}
            if "BinaryValue" in value
            else {"stringValue": value["StringValue"]}
        )
        for name, value in told.items()
    }
    return made


class World:
    """A queue with its dead-letter queue, its parking queue, and the replay."""

    def __init__(self, sqs: "SQSClient", log: Log, metrics: Metrics) -> None:
        self.sqs, self.log, self.metrics = sqs, log, metrics
        fifo: Any = {"FifoQueue": "true"}
        self.urls = {
            name: sqs.create_queue(QueueName=name, Attributes=fifo if name.endswith(".fifo") else {})[
                "QueueUrl"
            ]
            for name in ("inbox", "inbox-dlq", "inbox-parking", "f.fifo", "f-dlq.fifo", "f-parking.fifo")
        }
        self.sent: list[dict[str, Any]] = []
        sqs.meta.events.register("provide-client-params.sqs.SendMessageBatch", self._note)
        self.replay = Replay(
            {
                "inbox-dlq": Route(self.urls["inbox"], self.urls["inbox-parking"]),
                "record-dlq": Route(self.urls["inbox"], self.urls["inbox-parking"], late=True),
                "f-dlq.fifo": Route(self.urls["f.fifo"], self.urls["f-parking.fifo"]),
            },
            ReplayPolicy(MAX_REPLAYS, Backoff(base=30, cap=900)),
            sqs=sqs,
            logger=log.logger,
            metrics=metrics,
            now=lambda: NOW,
            uniform=upper,
            retries=no_waiting(),
        )

    def _note(self, params: Any, **_: object) -> None:
        name = params["QueueUrl"].rpartition("/")[2]
        self.sent += [{"queue": name, **entry} for entry in params["Entries"]]

    def handle(self, *records: Any) -> list[str]:
        """The ids of those that stay."""
        answer = self.replay.handle({"Records": [*records]})
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.fixture
def world(sqs: "SQSClient", log: Log, metrics: Metrics) -> World:
    return World(sqs, log, metrics)


def told(sent: dict[str, Any]) -> dict[str, str]:
    return {
        name: value["StringValue"]
        for name, value in sent["MessageAttributes"].items()
        if "StringValue" in value
    }


@pytest.mark.parametrize(("before", "delay"), [(0, 30), (1, 60), (2, 120)])
def test_it_goes_back_after_a_backoff_with_its_count_and_what_was_first(
    world: World, before: int, delay: int
) -> None:
    history = {"replays": str(before), "first_reason": "the first"} if before else {}
    assert world.handle(dead(texts({**TRANSIENT, **history}))) == []
    [sent] = world.sent
    assert (sent["queue"], sent["MessageBody"], sent["DelaySeconds"]) == ("inbox", BODY, delay)
    first = "the first" if before else "throttled"
    assert told(sent) == {"replays": str(before + 1), "first_reason": first, "message_id": "m-0"}
    assert counted(world.metrics) == {"MessagesReplayed": [1.0]}


def test_no_pause_is_longer_than_sqs_allows() -> None:
    letter = DeadLetter("d", BODY, texts({**TRANSIENT, "replays": "20"}), redriven=False)
    policy = ReplayPolicy(30, Backoff(base=30, cap=86_400))
    assert policy.delay(letter, NOW, upper) == 900


@pytest.mark.parametrize(
    ("attributes", "system", "why"),
    [
        ({**TRANSIENT, "kind": "invalid"}, {}, "time does not help it"),
        ({**TRANSIENT, "kind": "bug"}, {}, "time does not help it"),
        ({"reason": "from before there were kinds", "queue": "inbox"}, {}, "time does not help it"),
        ({**TRANSIENT, "replays": str(MAX_REPLAYS)}, {}, "not handled after 3 replays"),
        ({"replays": str(MAX_DEATHS)}, {"DeadLetterQueueSourceArn": "arn"}, "not handled after 2 replays"),
    ],
)
def test_what_time_does_not_help_is_parked_with_all_that_is_known(
    world: World, attributes: dict[str, str], system: dict[str, str], why: str
) -> None:
    assert world.handle(dead(texts(attributes), **system)) == []
    [sent] = world.sent
    assert sent["queue"] == "inbox-parking"
    assert told(sent) == {"message_id": "d-1", "queue": "inbox", **_cause(system), **attributes}
    [line] = world.log.told("parked")
    assert (line["level"], line["why"]) == ("ERROR", why)
    assert counted(world.metrics) == {"MessagesParked": [1.0]}


def _cause(system: dict[str, str]) -> dict[str, str]:
    unsaid = {"reason": "nobody has said why: its worker died, or gave up", "kind": "transient"}
    return unsaid if system else {}


@pytest.mark.parametrize(
    "told_by", [{}, BY_EVENTBRIDGE, {"RequestID": "1", "ErrorCode": "KMS.Disabled", "ErrorMessage": "no key"}]
)
def test_what_died_or_could_not_be_delivered_goes_back(world: World, told_by: dict[str, str]) -> None:
    assert world.handle(dead(texts(told_by))) == []
    [sent] = world.sent
    assert sent["queue"] == "inbox"
    assert told(sent)["message_id"] == "d-1"
    assert told_by.items() <= told(sent).items()
    code = next(
        (value for name, value in told_by.items() if name.lower().replace("_", "") == "errorcode"),
        "its worker died",
    )
    assert code in told(sent)["first_reason"]


def test_what_is_past_its_deadline_is_dropped_and_what_is_not_is_back_before_it(world: World) -> None:
    late = json.dumps(bus_event(requested(deadline=NOW - timedelta(seconds=1))))
    early = json.dumps(bus_event(requested(deadline=NOW + timedelta(seconds=20))))
    assert world.handle(dead(texts(TRANSIENT), "late", late), dead(texts(TRANSIENT), "early", early)) == []
    [sent] = world.sent
    assert (sent["MessageBody"], sent["DelaySeconds"]) == (early, 10)
    assert counted(world.metrics) == {"MessagesExpired": [1.0], "MessagesReplayed": [1.0]}


def test_what_is_past_its_deadline_goes_back_to_whoever_keeps_a_record(world: World) -> None:
    late = json.dumps(bus_event(requested(deadline=NOW - timedelta(days=3))))
    assert world.handle(dead(texts(TRANSIENT), "late", late, queue="record-dlq")) == []
    [sent] = world.sent
    assert (sent["MessageBody"], sent["DelaySeconds"]) == (late, 30), "with the whole backoff"
    assert counted(world.metrics) == {"MessagesReplayed": [1.0]}


def test_one_that_cannot_be_sent_stays_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    send = world.sqs.send_message_batch

    def partly(**call: Any) -> Any:
        failed = [e["Id"] for e in call["Entries"] if "d-2" in str(e["MessageAttributes"])]
        entries = [e for e in call["Entries"] if e["Id"] not in failed]
        if entries:
            send(QueueUrl=call["QueueUrl"], Entries=entries)
        return {"Failed": [{"Id": id_, "Code": "InternalError", "SenderFault": False} for id_ in failed]}

    monkeypatch.setattr(world.sqs, "send_message_batch", partly)
    letters = [dead({}, f"d-{i}") for i in range(4)]
    assert world.handle(*letters, {"messageId": "odd", "body": "", "eventSourceARN": ":x"}, letters[0]) == [
        "odd",
        "d-2",
    ]
    assert sorted(told(sent)["message_id"] for sent in world.sent) == ["d-0", "d-1", "d-3"]


def test_what_its_queue_refuses_for_what_it_is_is_parked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = world.sqs.send_message_batch

    def refusing(**call: Any) -> Any:
        if call["QueueUrl"] == world.urls["inbox"]:
            return {"Failed": [{"Id": "0", "Code": "InvalidMessageContents", "SenderFault": True}]}
        return send(**call)

    monkeypatch.setattr(world.sqs, "send_message_batch", refusing)
    assert world.handle(dead(texts(TRANSIENT))) == []
    assert [sent["queue"] for sent in world.sent] == ["inbox-parking"]


def test_ten_attributes_of_others_are_all_there_again_when_it_is_handled(world: World) -> None:
    ten: dict[str, Any] = {
        **{f"a{i}": {"DataType": "String.x", "StringValue": f"value {i}"} for i in range(8)},
        "binary": {"DataType": "Binary", "BinaryValue": "AP8="},
        "reason": {"DataType": "String", "StringValue": "their own"},
    }
    assert world.handle(dead(ten, DeadLetterQueueSourceArn="arn")) == []
    [sent] = world.sent
    attributes = sent["MessageAttributes"]
    assert len(attributes) == 10
    assert MORE in attributes
    found = dict(theirs(attributes, dead=True))
    assert found.pop("binary") == {"DataType": "Binary", "BinaryValue": b"\x00\xff"}
    assert found == {name: value for name, value in ten.items() if name != "binary"}


def test_any_number_of_attributes_comes_out_as_it_went_in() -> None:
    chance = random.Random(5)
    for _ in range(200):
        others: Any = {
            chance.choice(["a", "reason", "replays", "queue"]) + str(i) * chance.randint(0, 1): (
                {"DataType": "Binary.y", "BinaryValue": chance.randbytes(3)}
                if chance.random() < 0.5
                else {"DataType": "Number", "StringValue": str(i)}
            )
            for i in range(chance.randint(0, 10))
        }
        ours = dict.fromkeys(("replays", "reason", "error", "kind", "queue", "attempts", "message_id"), "x")
        made = fitted(ours, others)
        assert len(made) <= 10
        assert theirs(made, dead=True) == others


def test_an_attribute_of_somebody_that_has_our_name_for_the_rest_is_theirs() -> None:
    odd = texts({MORE: "no JSON of ours"})
    assert theirs(odd, dead=False) == odd
    made = fitted({}, odd)
    assert theirs(made, dead=False) == odd
    assert json.loads(packed(odd)) == {MORE: ["String", "no JSON of ours"]}


def test_what_cannot_take_one_more_count_is_parked_as_it_came(world: World) -> None:
    body = "x" * (MAX_BYTES - 10)
    letter = DeadLetter("d", body, {}, redriven=True)
    assert world.replay.policy.judge(letter, NOW) == (Verdict.PARK, "too large to be sent back with a count")
    assert letter.parked("inbox") == {}


def test_a_message_of_a_fifo_queue_waits_where_it_is_and_keeps_its_group(
    world: World, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    url = world.urls["f-dlq.fifo"]
    for i in range(2):
        world.sqs.send_message(
            QueueUrl=url, MessageBody=f"{i}", MessageGroupId="g", MessageDeduplicationId=f"{i}"
        )
    [message] = world.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
    fifo = {"queue": "f-dlq.fifo", "MessageGroupId": "g", "MessageDeduplicationId": "0"}
    first = dead({}, "f-1", "0", **fifo) | {"receiptHandle": message["ReceiptHandle"]}
    second = dead({}, "f-2", "1", **fifo)
    assert world.handle(first, second) == ["f-1", "f-2"], "it waits, and its group behind it"
    assert world.sent == []

    first["attributes"]["ApproximateFirstReceiveTimestamp"] = "0"  # so its pause is over
    second["attributes"]["ApproximateFirstReceiveTimestamp"] = "0"
    assert world.handle(first, second) == ["f-2"], "one of a group at a time"
    [sent] = world.sent
    assert (sent["MessageGroupId"], sent["MessageDeduplicationId"]) == ("g", "replay-f-1")
    assert "DelaySeconds" not in sent
    world.handle(first)
    assert len(drain(world.urls["f.fifo"])) == 1, "a hop that is repeated is none"
