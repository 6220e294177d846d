"""What a scheduler does with the models: it hands out messages, once or twice, and what buses and topics owe."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from math import inf
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.rydes.simulators.phones.model import Faults, Phones
from tests.simulation.aws.client import Client
from tests.simulation.aws.connections import MAX_BYTES, Connections
from tests.simulation.aws.events import Events, Rules
from tests.simulation.aws.ids import Ids
from tests.simulation.aws.sms import SmsVoice
from tests.simulation.aws.sns import Sns, Subscription
from tests.simulation.aws.sqs import Sqs
from tests.simulation.aws.usage import Usage

NOON = 1_800_000_000.0
OURS, THEIRS = "+12065550100", "+14255550123"


class World:
    """Two queues, of which `dead` has the dead letters of `work`."""

    def __init__(self, obeys_old_handle: Callable[[], bool] = lambda: False) -> None:
        self.now = NOON
        policy = {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:111122223333:dead", "maxReceiveCount": 3}
        properties = [
            {
                "QueueName": "work",
                "VisibilityTimeout": 10,
                "MessageRetentionPeriod": 100,
                "RedrivePolicy": policy,
            },
            {"QueueName": "dead", "MessageRetentionPeriod": 1000},
        ]
        self.sqs = Sqs(properties, lambda: self.now, Ids("0001"), obeys_old_handle)
        self.client: Any = Client.of(self.sqs)
        self.work, self.dead = self.sqs.queues.values()

    def delete(self, handle: str) -> None:
        self.client.delete_message(QueueUrl=self.work.url, ReceiptHandle=handle)


@pytest.fixture
def world() -> World:
    return World()


def test_lambda_s_event_has_all_of_a_message(world: World) -> None:
    attributes: dict[str, dict[str, Any]] = {
        "a": {"DataType": "String", "StringValue": "v"},
        "b": {"DataType": "Binary", "BinaryValue": b"\x00"},
    }
    message = world.sqs.put(world.work, "hello", attributes)
    world.now += 2.5
    assert world.work.records(world.work.take(world.work.visible())) == [
        {
            "messageId": message.id,
            "receiptHandle": message.handle,
            "body": "hello",
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1800000000000",
                "SenderId": "111122223333:simulation",
                "ApproximateFirstReceiveTimestamp": "1800000002500",
            },
            "messageAttributes": {
                "a": {
                    "stringValue": "v",
                    "dataType": "String",
                    "stringListValues": [],
                    "binaryListValues": [],
                },
                "b": {
                    "binaryValue": "AA==",
                    "dataType": "Binary",
                    "stringListValues": [],
                    "binaryListValues": [],
                },
            },
            "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
            "eventSource": "aws:sqs",
            "eventSourceARN": world.work.arn,
            "awsRegion": "us-east-1",
        }
    ]


def test_a_message_in_flight_can_come_twice_and_returns_when_it_would(world: World) -> None:
    message = world.sqs.put(world.work, "hello")
    [first] = world.work.records(world.work.take([message]))
    world.now += 4
    [second] = world.work.records(world.work.take([message]))
    assert second["messageId"] == first["messageId"]
    assert second["receiptHandle"] != first["receiptHandle"]
    assert second["attributes"]["ApproximateReceiveCount"] == "2"
    assert world.work.next_change(world.now) == NOON + 10
    world.now += 6
    assert world.work.visible() == [message]


def test_a_deleted_message_can_come_once_more(world: World) -> None:
    message = world.sqs.put(world.work, "hello")
    world.work.take([message])
    world.delete(message.handle)
    assert not world.work.messages
    world.work.take([message])
    assert world.work.visible() == []
    world.delete(message.handle)
    assert not world.work.messages


@pytest.mark.parametrize("obeys", [True, False])
def test_what_an_old_handle_does_is_up_to_the_world(obeys: bool) -> None:
    world = World(lambda: obeys)
    message = world.sqs.put(world.work, "hello")
    [first] = world.work.records(world.work.take([message]))
    world.work.take([message])
    world.delete(first["receiptHandle"])
    assert (message.id in world.work.messages) != obeys


def test_the_next_change_is_when_a_message_appears_or_expires(world: World) -> None:
    assert world.sqs.next_change() == inf
    first = world.sqs.put(world.work, "first")
    assert world.sqs.next_change() == NOON + 100
    world.sqs.put(world.work, "second", delay=20)
    assert world.sqs.next_change() == NOON + 20
    world.work.take([first])
    assert world.sqs.next_change() == NOON + 10
    world.now += 100
    assert world.work.visible() == []
    assert world.sqs.next_change() == inf


def test_a_dead_letter_has_its_age_and_its_receipts(world: World) -> None:
    message = world.sqs.put(world.work, "hello")
    for _ in range(3):
        world.work.take(world.work.visible())
        world.now += 10
    assert (world.work.visible(), world.dead.visible()) == ([], [message])
    assert message.system_attributes()["ApproximateReceiveCount"] == "3"
    assert message.system_attributes()["DeadLetterQueueSourceArn"] == world.work.arn
    assert world.sqs.next_change() == NOON + 1000


TARGETS = [
    {
        "Arn": "arn:of:queue",
        "DeadLetterConfig": {"Arn": "arn:of:dead"},
        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 60},
    },
    {"Arn": "arn:of:function"},
]


def events() -> Events:
    pattern = {"source": ["rides"]}
    rules = Rules.of(
        [
            {"Name": "rides", "EventBusName": "bus", "EventPattern": pattern, "Targets": TARGETS},
            {
                "Name": "off",
                "EventBusName": "bus",
                "EventPattern": pattern,
                "Targets": TARGETS,
                "State": "DISABLED",
            },
            {"Name": "clock", "ScheduleExpression": "rate(1 minute)", "Targets": TARGETS[1:]},
        ]
    )
    return Events(rules, lambda: NOON, Ids("0002"))


def test_a_bus_owes_an_event_to_each_target(world: World) -> None:
    bus = events()
    entry = {"EventBusName": "bus", "Source": "rides", "DetailType": "Started", "Detail": "{}"}
    Client.of(bus).put_events(Entries=[entry, entry])
    assert [(each.target.arn, each.at) for each in bus.pending] == [
        ("arn:of:queue", NOON), ("arn:of:function", NOON),
    ] * 2  # fmt: skip
    queue, function, *_ = bus.pending
    assert (queue.target.retries, queue.target.max_age) == (3, 60)
    assert (queue.target.dead_letter_arn, function.target.dead_letter_arn) == ("arn:of:dead", "")
    assert (function.target.retries, function.target.max_age) == (185, 86_400)
    told = queue.dead_letter_attributes("NO_PERMISSIONS", "no", 3)
    world.sqs.put(world.dead, queue.body, told)
    assert told["RULE_ARN"]["StringValue"] == "arn:aws:events:us-east-1:111122223333:rule/bus/rides"
    assert told["RETRY_ATTEMPTS"] == {"DataType": "Number", "StringValue": "3"}


def test_a_schedule_is_fired_by_whoever_has_the_clock() -> None:
    bus = events()
    [rule] = bus.rules.scheduled()
    [owed] = bus.fire(rule)
    assert bus.pending == [owed]
    event = json.loads(owed.body)
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})
    assert event["time"] == datetime.fromtimestamp(NOON, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert event["resources"] == ["arn:aws:events:us-east-1:111122223333:rule/clock"]


def test_a_topic_owes_a_notification_or_the_text_itself() -> None:
    properties = {
        "TopicArn": "arn:of:topic", "Endpoint": "arn:of:queue", "Protocol": "sqs",
        "RedrivePolicy": {"deadLetterTargetArn": "arn:of:dead"},
    }  # fmt: skip
    both = [Subscription.of(properties), Subscription.of({**properties, "RawMessageDelivery": True})]
    topics = Sns(both, lambda: NOON + 0.25, Ids("0003"))
    id_ = Client.of(topics).publish(TopicArn="arn:of:topic", Message='{"a": 1}')["MessageId"]
    notification, raw = topics.pending
    assert raw.body == '{"a": 1}'
    told = json.loads(notification.body)
    assert (told["MessageId"], told["Message"], told["TopicArn"]) == (id_, raw.body, "arn:of:topic")
    assert told["Timestamp"] == "2027-01-15T08:00:00.250Z"
    assert notification.subscription.dead_letter_arn == "arn:of:dead"
    attributes = notification.dead_letter_attributes("AccessDenied", "no")
    assert attributes["ErrorCode"] == {"DataType": "String", "StringValue": "AccessDenied"}


def sms() -> SmsVoice:
    phones = Phones(lambda: NOON, Ids("0004"))
    return SmsVoice(phones, numbers=[OURS], configuration_sets=["feedback"])


def text(client: Client, **changes: Any) -> Any:
    asked = {
        "DestinationPhoneNumber": THEIRS, "OriginationIdentity": OURS, "MessageBody": "How was it?",
        "ConfigurationSetName": "feedback", "Context": {"ride": "r"},
    }  # fmt: skip
    return client.send_text_message(**{**asked, **changes})


def test_an_sms_arrives_and_waits_for_its_receipts() -> None:
    service = sms()
    id_ = text(Client.of(service))["MessageId"]
    assert [each.id for each in service.pending] == [id_]
    [arrived] = service.phones.messages(THEIRS)
    assert (arrived.text, arrived.context, arrived.at) == ("How was it?", {"ride": "r"}, NOON)


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"MessageBody": " "}, "ValidationException", "INVALID_PARAMETER"),
        ({"MessageBody": "x" * 1601}, "ValidationException", "INVALID_PARAMETER"),
        ({"DestinationPhoneNumber": "0"}, "ValidationException", "INVALID_PARAMETER"),
        ({"Context": {str(number): "x" for number in range(6)}}, "ValidationException", "INVALID_PARAMETER"),
        ({"OriginationIdentity": "+1"}, "ResourceNotFoundException", None),
        ({"ConfigurationSetName": "none"}, "ResourceNotFoundException", None),
        (
            {"DestinationPhoneNumber": "+14255550199"},
            "ConflictException",
            "DESTINATION_PHONE_NUMBER_OPTED_OUT",
        ),
    ],
)
def test_an_sms_that_is_refused(changes: dict[str, Any], code: str, reason: str | None) -> None:
    service = sms()
    service.opted_out.add("+14255550199")
    with pytest.raises(ClientError) as error:
        text(Client.of(service), **changes)
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response.get("Reason") == reason
    assert service.pending == []


def test_an_sms_may_arrive_though_its_sender_hears_of_an_error() -> None:
    service = sms()
    service.phones.set_faults(THEIRS, Faults(refuse=("throttled",), lose_answers=1))
    with pytest.raises(ClientError, match="ThrottlingException"):
        text(Client.of(service))
    assert service.pending == []
    with pytest.raises(ClientError, match="InternalServerException") as error:
        text(Client.of(service))
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert len(service.pending) == len(service.phones.messages(THEIRS)) == 1


def test_what_is_posted_reaches_an_open_connection() -> None:
    api = Connections()
    client, app = Client.of(api), api.connect("c1")
    client.post_to_connection(ConnectionId="c1", Data=b"hello")
    assert app.received == [b"hello"]
    with pytest.raises(client.exceptions.PayloadTooLargeException):
        client.post_to_connection(ConnectionId="c1", Data=b"x" * (MAX_BYTES + 1))
    client.delete_connection(ConnectionId="c1")
    with pytest.raises(client.exceptions.GoneException) as error:
        client.post_to_connection(ConnectionId="c1", Data=b"hello")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 410
    api.connect("c2")
    api.disconnect("c2")
    with pytest.raises(client.exceptions.GoneException):
        client.delete_connection(ConnectionId="c2")


def test_usage_is_told_of_days_that_have_any() -> None:
    usage = Usage({"bronze": 2})
    asked = {"usagePlanId": "bronze", "keyId": "k", "startDate": "2026-01-01", "endDate": "2026-01-01"}
    assert Client.of(usage).get_usage(**asked)["items"] == {}
    for left in ([1, 1], [2, 0], [3, 0]):
        usage.counted["bronze", "k", "2026-01-01"] += 1
        assert Client.of(usage).get_usage(**asked)["items"] == {"k": [left]}
