"""SQS, as the model and the emulator have it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeAlias

import pytest
from botocore.exceptions import ClientError

from tests.simulation.conformance.sides import EmulatedQueues, ModelQueues, Properties
from tests.support.bare_emulator import BareEmulator

API = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_"
METADATA = (
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html"
)
Queues: TypeAlias = ModelQueues | EmulatedQueues
Make: TypeAlias = Callable[[Properties], Queues]
MIB = 1024 * 1024
DEAD: Properties = {
    "dead": {},
    "work": {
        "VisibilityTimeout": 10,
        "RedrivePolicy": {"deadLetterTargetArn": "dead", "maxReceiveCount": 2},
    },
}


@pytest.fixture
def make(is_model: bool, emulator: BareEmulator) -> Make:
    return ModelQueues if is_model else partial(EmulatedQueues, emulator)


@pytest.fixture
def queues(make: Make) -> Queues:
    return make({"work": {"VisibilityTimeout": 10}})


def send(queues: Queues, body: str = "hello", queue: str = "work", **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = queues.client.send_message(QueueUrl=queues.urls[queue], MessageBody=body, **more)
    return answer


def receive(queues: Queues, queue: str = "work", **more: Any) -> list[dict[str, Any]]:
    asked = {"MaxNumberOfMessages": 10, "AttributeNames": ["All"], "MessageAttributeNames": ["All"], **more}
    found: list[dict[str, Any]] = queues.client.receive_message(QueueUrl=queues.urls[queue], **asked).get(
        "Messages", []
    )
    return found


def change(queues: Queues, handle: str, seconds: int) -> None:
    queues.client.change_message_visibility(
        QueueUrl=queues.urls["work"], ReceiptHandle=handle, VisibilityTimeout=seconds
    )


def delete(queues: Queues, handle: str) -> None:
    queues.client.delete_message(QueueUrl=queues.urls["work"], ReceiptHandle=handle)


def refused(code: str) -> AbstractContextManager[pytest.ExceptionInfo[ClientError]]:
    return pytest.raises(ClientError, match=rf"\({code}\)")


def texts(value: str = "v", type_: str = "String") -> dict[str, Any]:
    return {"a": {"DataType": type_, "StringValue": value}}


def test_a_message_is_received_with_what_it_was_sent_with(queues: Queues) -> None:
    attributes = {
        "text": {"DataType": "String", "StringValue": "grüße"},
        "bytes": {"DataType": "Binary.png", "BinaryValue": b"\x00\xff"},
        "number": {"DataType": "Number", "StringValue": "-1.5e3"},
    }
    sent = send(queues, "héllo", MessageAttributes=attributes)
    queues.wait(1.5)
    [message] = receive(queues)
    assert (message["MessageId"], message["MD5OfBody"]) == (sent["MessageId"], sent["MD5OfMessageBody"])
    assert message["Body"] == "héllo"
    assert message["MessageAttributes"] == attributes
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    told = {name: int(text) for name, text in message["Attributes"].items() if name != "SenderId"}
    assert told["ApproximateReceiveCount"] == 1
    assert told["ApproximateFirstReceiveTimestamp"] - told["SentTimestamp"] == 1500


def test_digests_are_those_of_the_emulator(emulator: BareEmulator) -> None:
    attributes = {**texts("x", "String.label"), "b": {"DataType": "Binary", "BinaryValue": b"\x01"}}
    both: list[Queues] = [ModelQueues({"work": {}}), EmulatedQueues(emulator, {"work": {}})]
    ours, theirs = (send(each, "ü" * 50, MessageAttributes=attributes) for each in both)
    for name in ("MD5OfMessageBody", "MD5OfMessageAttributes"):
        assert ours[name] == theirs[name]


def test_only_the_attributes_that_are_asked_for_are_told(queues: Queues) -> None:
    send(queues, MessageAttributes={**texts(), "ab": {"DataType": "String", "StringValue": "w"}})
    [message] = receive(queues, AttributeNames=["SentTimestamp"], MessageAttributeNames=["ab"])
    assert message["Attributes"].keys() == {"SentTimestamp"}
    assert message["MessageAttributes"].keys() == {"ab"}
    queues.wait(11)
    [message] = receive(queues, AttributeNames=[], MessageAttributeNames=["a.*"])
    assert "Attributes" not in message
    assert message["MessageAttributes"].keys() == {"a", "ab"}


def test_a_message_that_is_not_deleted_comes_again_with_another_handle(queues: Queues) -> None:
    send(queues)
    [first] = receive(queues)
    queues.wait(9.5)
    assert receive(queues) == []
    queues.wait(0.5)
    [second] = receive(queues)
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    told = "ApproximateFirstReceiveTimestamp"
    assert second["Attributes"][told] == first["Attributes"][told]
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    delete(queues, second["ReceiptHandle"])
    queues.wait(100)
    assert receive(queues) == []


def test_a_message_can_be_sent_for_later(make: Make) -> None:
    queues = make({"work": {"DelaySeconds": 5}})
    send(queues, "later", DelaySeconds=900)
    send(queues, "now", DelaySeconds=0)
    send(queues, "soon")
    assert [message["Body"] for message in receive(queues)] == ["now"]
    queues.wait(5)
    assert [message["Body"] for message in receive(queues)] == ["soon"]
    queues.wait(895)
    assert "later" in [message["Body"] for message in receive(queues)]


def test_a_receiver_may_say_for_how_long_messages_are_its_own(queues: Queues) -> None:
    send(queues)
    assert receive(queues, VisibilityTimeout=0)
    assert receive(queues, VisibilityTimeout=60)
    queues.wait(59)
    assert receive(queues) == []
    queues.wait(1)
    assert receive(queues)


def test_a_message_in_flight_can_come_sooner_and_later(queues: Queues) -> None:
    send(queues)
    [message] = receive(queues)
    change(queues, message["ReceiptHandle"], 100)
    queues.wait(99)
    assert receive(queues) == []
    change(queues, message["ReceiptHandle"], 0)
    assert receive(queues)


def test_no_more_are_received_than_asked_for(queues: Queues) -> None:
    for number in range(3):
        send(queues, str(number))
    assert len(receive(queues, MaxNumberOfMessages=2)) == 2
    assert len(receive(queues, MaxNumberOfMessages=2)) == 1


@pytest.mark.parametrize("most", [0, 11])
def test_one_to_ten_are_received(queues: Queues, most: int) -> None:
    with refused("InvalidParameterValue"):
        receive(queues, MaxNumberOfMessages=most)


def test_what_was_received_too_often_goes_to_the_dead_letters(make: Make) -> None:
    queues = make(DEAD)
    sent = send(queues, MessageAttributes=texts())
    for _ in range(2):
        [message] = receive(queues)
        queues.wait(10)
    assert receive(queues, "dead") == []  # nobody has looked yet
    assert receive(queues) == []
    [dead] = receive(queues, "dead")
    assert (dead["MessageId"], dead["Body"]) == (sent["MessageId"], "hello")
    assert dead["MessageAttributes"] == texts()
    assert dead["Attributes"]["SentTimestamp"] == message["Attributes"]["SentTimestamp"]
    assert dead["Attributes"]["ApproximateReceiveCount"] == "3"
    assert dead["Attributes"]["DeadLetterQueueSourceArn"].endswith("work")


def test_a_message_of_too_long_ago_is_gone_from_the_dead_letters_too(make: Make) -> None:
    queues = make({"dead": {"MessageRetentionPeriod": 60}, "work": {**DEAD["work"], "VisibilityTimeout": 25}})
    send(queues)
    for _ in range(2):
        assert receive(queues)
        queues.wait(25)
    assert receive(queues) == []  # moved
    queues.wait(10)
    assert receive(queues, "dead") == []


def test_a_message_is_kept_for_as_long_as_its_queue_says(make: Make) -> None:
    queues = make({"work": {"MessageRetentionPeriod": 60}})
    send(queues)
    queues.wait(59)
    assert receive(queues, VisibilityTimeout=0)
    queues.wait(1)
    assert receive(queues) == []


def test_a_queue_tells_of_itself(make: Make) -> None:
    queues = make(DEAD)
    for delay in (0, 0, 60):
        send(queues, DelaySeconds=delay)
    receive(queues, MaxNumberOfMessages=1)
    told = queues.client.get_queue_attributes(QueueUrl=queues.urls["work"], AttributeNames=["All"])[
        "Attributes"
    ]
    prefix = "ApproximateNumberOfMessages"
    assert [told[prefix + kind] for kind in ("", "NotVisible", "Delayed")] == ["1", "1", "1"]
    assert told["VisibilityTimeout"] == "10"
    assert told["QueueArn"].endswith("work")


def test_a_queue_is_found_by_its_name(queues: Queues) -> None:
    url = queues.urls["work"]
    assert queues.client.get_queue_url(QueueName=url.rpartition("/")[2])["QueueUrl"] == url


def test_a_missing_queue_has_two_names_for_its_error(queues: Queues) -> None:
    with pytest.raises(queues.client.exceptions.QueueDoesNotExist) as error:
        queues.client.get_queue_url(QueueName="none")
    assert error.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    with pytest.raises(queues.client.exceptions.QueueDoesNotExist):
        queues.client.send_message(QueueUrl=queues.urls["work"] + "-none", MessageBody="x")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("\x00", "InvalidMessageContents"),
        ("a\x0bb", "InvalidMessageContents"),
        ("\ufffe", "InvalidMessageContents"),
        ("", "MissingParameter"),
        ("x" * (MIB + 1), "InvalidParameterValue"),
        ("ü" * (MIB // 2 + 1), "InvalidParameterValue"),
    ],
    ids=["nul", "tab", "no-character", "empty", "long", "long-in-bytes"],
)
def test_a_body_that_is_refused(queues: Queues, body: str, code: str) -> None:
    with refused(code):
        send(queues, body)
    assert receive(queues) == []


@pytest.mark.parametrize(
    "body",
    ["\t\n\r\u0020\ud7ff\ue000\ufffd\U00010000\U0010ffff\x7f", "x" * MIB],
    ids=["any-character", "long"],
)
def test_a_body_that_is_taken(queues: Queues, body: str) -> None:
    send(queues, body)
    assert receive(queues)[0]["Body"] == body


def test_each_entry_of_a_batch_is_taken_or_refused(queues: Queues) -> None:
    entries = [{"Id": "a", "MessageBody": "x"}, {"Id": "b", "MessageBody": "\x01"}]
    answer = queues.client.send_message_batch(QueueUrl=queues.urls["work"], Entries=entries)
    assert [each["Id"] for each in answer["Successful"]] == ["a"]
    [failed] = answer["Failed"]
    assert (failed["Id"], failed["Code"], failed["SenderFault"]) == ("b", "InvalidMessageContents", True)
    assert [message["Body"] for message in receive(queues)] == ["x"]


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        ([], "EmptyBatchRequest"),
        (["a", "a"], "BatchEntryIdsNotDistinct"),
        (["a b"], "InvalidBatchEntryId"),
        (["a" * 81], "InvalidBatchEntryId"),
        ([str(number) for number in range(11)], "TooManyEntriesInBatchRequest"),
    ],
)
@pytest.mark.parametrize("operation", ["send_message", "delete_message", "change_message_visibility"])
def test_a_batch_that_is_refused(queues: Queues, operation: str, ids: list[str], code: str) -> None:
    entries = [{"Id": id_, "MessageBody": "x", "ReceiptHandle": "h", "VisibilityTimeout": 1} for id_ in ids]
    names = {"send_message": {"Id", "MessageBody"}, "delete_message": {"Id", "ReceiptHandle"}}
    kept = names.get(operation, {"Id", "ReceiptHandle", "VisibilityTimeout"})
    batch = [{k: v for k, v in entry.items() if k in kept} for entry in entries]
    with refused(f"AWS.SimpleQueueService.{code}"):
        getattr(queues.client, f"{operation}_batch")(QueueUrl=queues.urls["work"], Entries=batch)


def test_a_batch_is_no_longer_than_one_message(queues: Queues) -> None:
    entries = [{"Id": id_, "MessageBody": "x" * (MIB // 2)} for id_ in "ab"]
    queues.client.send_message_batch(QueueUrl=queues.urls["work"], Entries=entries)
    assert len(receive(queues)) == 2
    entries[0]["MessageBody"] += "x"
    with refused("AWS.SimpleQueueService.BatchRequestTooLong"):
        queues.client.send_message_batch(QueueUrl=queues.urls["work"], Entries=entries)


def test_many_are_deleted_and_postponed_at_once(queues: Queues) -> None:
    for number in range(3):
        send(queues, str(number))
    first, second, third = receive(queues)
    url = queues.urls["work"]
    answer = queues.client.delete_message_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "0", "ReceiptHandle": first["ReceiptHandle"]},
            {"Id": "1", "ReceiptHandle": "made up"},
        ],
    )
    assert [each["Id"] for each in answer["Successful"]] == ["0"]
    assert [(each["Id"], each["Code"]) for each in answer["Failed"]] == [("1", "ReceiptHandleIsInvalid")]
    queues.client.change_message_visibility_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "0", "ReceiptHandle": second["ReceiptHandle"], "VisibilityTimeout": 0},
            {"Id": "1", "ReceiptHandle": third["ReceiptHandle"], "VisibilityTimeout": 20},
        ],
    )
    assert [message["Body"] for message in receive(queues, VisibilityTimeout=100)] == ["1"]
    queues.wait(20)
    assert [message["Body"] for message in receive(queues)] == ["2"]


def test_a_handle_that_is_none_is_refused(queues: Queues) -> None:
    with refused("ReceiptHandleIsInvalid"):
        delete(queues, "made up")
    with refused("ReceiptHandleIsInvalid"):
        change(queues, "made up", 1)


# -- what AWS does, and the emulator does not ------------------------------------------------------------------------


@pytest.mark.aws_alone(API + "DeleteMessage.html")
def test_a_message_can_be_deleted_twice(queues: Queues) -> None:
    send(queues)
    [message] = receive(queues)
    delete(queues, message["ReceiptHandle"])
    delete(queues, message["ReceiptHandle"])


@pytest.mark.aws_alone(API + "DeleteMessage.html")
def test_an_old_handle_may_delete_nothing_and_be_no_error(queues: Queues) -> None:
    send(queues)
    [first] = receive(queues)
    queues.wait(10)
    [second] = receive(queues)
    delete(queues, first["ReceiptHandle"])
    queues.wait(10)
    assert [message["MessageId"] for message in receive(queues)] == [second["MessageId"]]


@pytest.mark.aws_alone(API + "ChangeMessageVisibility.html")
def test_a_message_that_is_not_in_flight_cannot_be_postponed(queues: Queues) -> None:
    send(queues)
    [message] = receive(queues)
    queues.wait(10)
    with refused("AWS.SimpleQueueService.MessageNotInflight"):
        change(queues, message["ReceiptHandle"], 1)


@pytest.mark.aws_alone(API + "ChangeMessageVisibility.html")
def test_a_message_is_in_flight_for_twelve_hours_at_most(queues: Queues) -> None:
    send(queues)
    [message] = receive(queues)
    queues.wait(1)
    change(queues, message["ReceiptHandle"], 43_199)
    with refused("InvalidParameterValue"):
        change(queues, message["ReceiptHandle"], 43_200)


@pytest.mark.aws_alone(API + "SendMessage.html")
@pytest.mark.parametrize("delay", [-1, 901])
def test_a_message_can_wait_for_fifteen_minutes_at_most(queues: Queues, delay: int) -> None:
    with refused("InvalidParameterValue"):
        send(queues, DelaySeconds=delay)


@pytest.mark.aws_alone(METADATA)
@pytest.mark.parametrize(
    "attributes",
    [
        {f"a{number}": texts()["a"] for number in range(11)},
        texts("x", "Number"),
        texts("", "String"),
        texts("x", "Text"),
        texts("\x01"),
        {"aws.a": texts()["a"]},
        {"a..b": texts()["a"]},
        {".a": texts()["a"]},
        {"a b": texts()["a"]},
    ],
)
def test_attributes_that_are_refused(queues: Queues, attributes: dict[str, Any]) -> None:
    with refused("InvalidParameterValue"):
        send(queues, MessageAttributes=attributes)


@pytest.mark.aws_alone(API + "SendMessage.html")
def test_attributes_count_in_the_size_of_a_message(queues: Queues) -> None:
    fits = MIB - len("a") - len("String") - len("v")
    send(queues, "x" * fits, MessageAttributes=texts())
    with refused("InvalidParameterValue"):
        send(queues, "x" * (fits + 1), MessageAttributes=texts())


@pytest.mark.aws_alone("https://github.com/localstack/localstack/issues/5225")
def test_dead_letters_are_tried_as_often_as_their_own_queue_says(make: Make) -> None:
    queues = make(
        {
            "last": {},
            "dead": {"RedrivePolicy": {"deadLetterTargetArn": "last", "maxReceiveCount": 2}},
            "work": DEAD["work"],
        }
    )
    send(queues)
    for _ in range(3):
        receive(queues)
        queues.wait(10)
    assert [m["Attributes"]["ApproximateReceiveCount"] for m in receive(queues, "dead")] == ["3"]
