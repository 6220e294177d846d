from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from tests.support.messaging.samples import ACCOUNT, REGION, no_waiting
from wild_rydes_messaging.deliver import DeliveryError, Receipt
from wild_rydes_messaging.send import MAX_BYTES, Outgoing, Queue, queue_url

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef


@pytest.fixture
def url(sqs: "SQSClient") -> str:
    return sqs.create_queue(QueueName="deadlines")["QueueUrl"]


def test_messages_arrive(sqs: "SQSClient", url: str, drain: "Callable[[str], list[MessageTypeDef]]") -> None:
    messages = [Outgoing(f"key-{i}", f"body {i} \N{UNICORN FACE}") for i in range(23)]
    receipts = Queue(sqs, url).send(messages)
    assert receipts == tuple(Receipt(f"key-{i}") for i in range(23))
    assert sorted(m["Body"] for m in drain(url)) == sorted(str(m.body) for m in messages)


def test_a_delayed_message_is_not_there_yet(
    sqs: "SQSClient", url: str, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    Queue(sqs, url).send([Outgoing("now", "now"), Outgoing("later", "later", delay=900)])
    assert [m["Body"] for m in drain(url)] == ["now"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesDelayed"])
    assert counts["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"


def test_a_message_at_the_size_limit_is_sent_and_one_above_fails_alone(
    sqs: "SQSClient", url: str, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    largest, larger = "x" * MAX_BYTES, "\N{LATIN SMALL LETTER E WITH ACUTE}" * (MAX_BYTES // 2) + "x"
    with pytest.raises(DeliveryError) as caught:
        Queue(sqs, url).send([Outgoing("a", largest), Outgoing("b", larger), Outgoing("c", "small")])
    assert caught.value.receipts == (Receipt("a"), Receipt("b", "EntryTooLarge"), Receipt("c"))
    assert sorted(len(m["Body"]) for m in drain(url)) == [5, MAX_BYTES]


def test_only_what_failed_by_no_fault_of_ours_is_sent_again(sqs: "SQSClient", url: str) -> None:
    def entry(i: int, body: str) -> dict[str, object]:
        return {"Id": str(i), "MessageBody": body, "DelaySeconds": 0}

    def failed(i: int, code: str, *, ours: bool) -> dict[str, object]:
        return {"Id": str(i), "Code": code, "SenderFault": ours}

    def accepted(*ids: int) -> list[dict[str, str]]:
        return [{"Id": str(i), "MessageId": "m", "MD5OfMessageBody": "d"} for i in ids]

    with Stubber(sqs) as stub:
        stub.add_response(
            "send_message_batch",
            {
                "Successful": accepted(0),
                "Failed": [
                    failed(1, "NotSeenBefore", ours=False),
                    failed(2, "InvalidMessageContents", ours=True),
                    failed(3, "KmsThrottled", ours=True),
                ],
            },
            {"QueueUrl": url, "Entries": [entry(i, body) for i, body in enumerate("abcd")]},
        )
        stub.add_response(
            "send_message_batch",
            {"Successful": accepted(0, 1), "Failed": []},
            {"QueueUrl": url, "Entries": [entry(0, "b"), entry(1, "d")]},
        )
        with pytest.raises(DeliveryError) as caught:
            Queue(sqs, url, no_waiting()).send([Outgoing(f"key {body}", body) for body in "abcd"])
        stub.assert_no_pending_responses()
    assert caught.value.receipts == (
        Receipt("key a"),
        Receipt("key b"),
        Receipt("key c", "InvalidMessageContents"),
        Receipt("key d"),
    )


def test_a_throttled_call_is_made_again(sqs: "SQSClient", url: str) -> None:
    with Stubber(sqs) as stub:
        stub.add_client_error("send_message_batch", "RequestThrottled", http_status_code=400)
        stub.add_response(
            "send_message_batch",
            {"Successful": [{"Id": "0", "MessageId": "m", "MD5OfMessageBody": "d"}], "Failed": []},
            {"QueueUrl": url, "Entries": ANY},
        )
        assert Queue(sqs, url, no_waiting()).send([Outgoing("a", "a")]) == (Receipt("a"),)


def test_a_queue_that_is_gone_is_reported(sqs: "SQSClient", url: str) -> None:
    sqs.delete_queue(QueueUrl=url)
    with pytest.raises(DeliveryError) as caught:
        Queue(sqs, url, no_waiting()).send([Outgoing("a", "a")])
    (receipt,) = caught.value.receipts
    assert "NonExistentQueue" in str(receipt.error)
    assert not receipt.transient


def test_url_of_an_arn(sqs: "SQSClient", url: str) -> None:
    assert queue_url(sqs, f"arn:aws:sqs:{REGION}:{ACCOUNT}:deadlines") == url
    with pytest.raises(ClientError):
        queue_url(sqs, f"arn:aws:sqs:{REGION}:{ACCOUNT}:nowhere")
