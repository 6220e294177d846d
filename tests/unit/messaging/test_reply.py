from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from tests.support.messaging.samples import ACCOUNT, REGION, RETURN_ADDRESS, no_waiting, response
from wild_rydes_contracts import Envelope, RfqResponse
from wild_rydes_messaging.deliver import DeliveryError, Receipt
from wild_rydes_messaging.errors import Unprocessable
from wild_rydes_messaging.reply import ForbiddenReturnAddress, Replies, Reply

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

nobody: Any = None


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "*",
        RETURN_ADDRESS.removesuffix("ride-booking"),
        RETURN_ADDRESS.replace("ride-booking", "*"),
        RETURN_ADDRESS.replace("ride-booking", "concierge"),
        "wild-rydes-reply-ride-booking",
        RETURN_ADDRESS.replace(REGION, "eu-west-1"),
        RETURN_ADDRESS.replace(ACCOUNT, "999999999999"),
        f"{RETURN_ADDRESS}-dlq",
        f"{RETURN_ADDRESS}\n",
        f"https://evil.example/?{RETURN_ADDRESS}",
    ],
)
def test_nothing_but_an_address_of_a_requester_is_allowed(address: str | None) -> None:
    replies = Replies(nobody, [RETURN_ADDRESS])
    assert replies.check(RETURN_ADDRESS) == RETURN_ADDRESS
    with pytest.raises(ForbiddenReturnAddress) as caught:
        replies.check(address)
    assert isinstance(caught.value, Unprocessable), "the message can never be answered: it is parked"
    assert "evil" not in str(caught.value)


def address(name: str) -> str:
    return RETURN_ADDRESS.replace("ride-booking", name)


ADDRESSES = [*map(address, ("one", "two", "nowhere", "ride-booking"))]


def answers(*to: str) -> list[Reply]:
    return [Reply(f"key-{i}", a, response(f"rfq-{i}", "u-1")) for i, a in enumerate(to)]


@pytest.fixture
def queues(sqs: "SQSClient") -> dict[str, str]:
    """URLs of two return addresses."""
    return {
        name: sqs.create_queue(QueueName=f"wild-rydes-reply-{name}")["QueueUrl"] for name in ("one", "two")
    }


def test_replies_reach_their_return_addresses_and_receipts_keep_their_order(
    sqs: "SQSClient", queues: dict[str, str], drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    to = [address("one" if i % 3 else "two") for i in range(36)]
    receipts = Replies(sqs, ADDRESSES).send(answers(*to))
    assert receipts == tuple(Receipt(f"key-{i}") for i in range(36))
    for name, url in queues.items():
        arrived = [Envelope[RfqResponse].model_validate_json(m["Body"]) for m in drain(url)]
        expected = {f"rfq-{i}" for i, a in enumerate(to) if a == address(name)}
        assert len(arrived) == len(expected)
        assert {e.metadata.correlation_id for e in arrived} == expected


def test_replies_go_ten_a_call_and_a_queue_is_looked_up_once(
    sqs: "SQSClient", queues: dict[str, str]
) -> None:
    calls: list[str] = []
    sqs.meta.events.register("before-call.sqs", lambda model, **_: calls.append(model.name))
    sender = Replies(sqs, ADDRESSES)
    sender.send(answers(*[address("one")] * 12))
    sender.send(answers(address("one")))
    assert calls == ["GetQueueUrl", "SendMessageBatch", "SendMessageBatch", "SendMessageBatch"]


def test_a_return_address_without_a_queue_fails_alone(
    sqs: "SQSClient", queues: dict[str, str], drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    to = [address("one"), address("nowhere"), address("two"), address("nowhere")]
    with pytest.raises(DeliveryError) as caught:
        Replies(sqs, ADDRESSES).send(answers(*to))
    assert [receipt.key for receipt in caught.value.receipts] == ["key-0", "key-1", "key-2", "key-3"]
    assert [receipt.error is None for receipt in caught.value.receipts] == [True, False, True, False]
    assert all("NonExistentQueue" in str(receipt.error) for receipt in caught.value.failed)
    assert not any(receipt.transient for receipt in caught.value.failed)
    assert [len(drain(url)) for url in queues.values()] == [1, 1]


def test_a_look_up_without_an_answer_leaves_the_others_their_replies(
    sqs: "SQSClient", queues: dict[str, str], drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    def cut_off(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "GetQueueUrl" and b"-two" in params["body"]:
            raise ConnectTimeoutError(endpoint_url="http://sqs")

    sqs.meta.events.register("before-call.sqs", cut_off)
    with pytest.raises(DeliveryError) as caught:
        Replies(sqs, ADDRESSES, no_waiting()).send(answers(address("two"), address("one")))
    assert caught.value.receipts == (
        Receipt("key-0", "ConnectTimeoutError", transient=True),
        Receipt("key-1"),
    )
    assert len(drain(queues["one"])) == 1


def test_a_forbidden_address_among_others_is_refused_alone(
    sqs: "SQSClient", queues: dict[str, str], drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    with pytest.raises(DeliveryError) as caught:
        Replies(sqs, ADDRESSES).send(answers("arn:aws:sqs:us-east-1:999999999999:theirs", address("one")))
    assert not caught.value.transient
    refused, sent = caught.value.receipts
    assert (refused.invalid, isinstance(refused.cause, ForbiddenReturnAddress), sent.error) == (
        True,
        True,
        None,
    )
    assert len(drain(queues["one"])) == 1


def test_an_answer_that_no_reader_takes_is_refused_alone_with_its_fields(
    sqs: "SQSClient", drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    url = sqs.create_queue(QueueName=RETURN_ADDRESS.rpartition(":")[2])["QueueUrl"]
    good, bad = response("rfq-1"), response("rfq-2")
    bad = bad.model_copy(update={"data": bad.data.model_copy(update={"asked": ("Jane Doe",)})})
    sent = [Reply("a", RETURN_ADDRESS, bad), Reply("b", RETURN_ADDRESS, good)]
    with pytest.raises(DeliveryError, match=r"1 of 2 .*RfqResponse\.v1: data\.asked\.0: ") as caught:
        Replies(sqs, ADDRESSES, no_waiting()).send(sent)
    assert "Jane" not in str(caught.value)
    [refused] = caught.value.failed
    assert (refused.key, refused.invalid, refused.transient) == ("a", True, False)
    assert [message["Body"] for message in drain(url)] == [good.to_json()]
