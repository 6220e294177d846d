"""What services have parked: the messages in the dead-letter queues of a system, without taking any out."""

from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import Any, Final

from infra.naming import BUS_NAME_PARAMETER
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System

DEAD_LETTERS: Final = "-dlq"
CUT: Final = "size"
"""The attribute of a message that was too large to park: only its beginning is there."""
_MOST: Final = 2_000
"""Messages of one queue that are looked at: a person wants to see no more, and SQS lets 120,000 be in flight."""
_HIDDEN: Final = 60
"""Seconds for which a message that is looked at may be hidden from others, if nobody shows it again before."""
_A_CALL: Final = 10
"""Messages that SQS takes or gives in one call, at most."""
_TRIES: Final = 5
"""Receipts in vain, one after the other, of a queue that says that it has messages."""
_QUEUES_AT_ONCE: Final = 10


@dataclass(frozen=True)
class Parked:
    """A message in a dead-letter queue. `attributes` are what whoever parked it says of it."""

    id: str
    queue: str
    """The plain name of the dead-letter queue."""
    url: str
    receipt: str
    body: str
    attributes: Mapping[str, str]
    parked_at: datetime
    received: int
    """How often anybody has received it, from here or before it was moved here."""


@dataclass(frozen=True)
class Found:
    """What is parked, and how many messages of each queue could not be looked at: others are looking at them."""

    messages: tuple[Parked, ...]
    unseen: Mapping[str, int]


@contextmanager
def held(system: System, queue: str = "") -> Generator[Found, None, None]:
    """Look at all that is parked, or parked in one queue. Others see none of it until the context ends.

    What has been deleted meanwhile is gone; the rest is shown again.

    Raises:
        LocalCloudError: the environment is not deployed, or there is no such dead-letter queue.
    """
    if BUS_NAME_PARAMETER not in system.parameters:
        raise LocalCloudError("This environment is not deployed.", f"Deploy it: {system.HOW_TO_DEPLOY}")
    sqs = system.client("sqs")
    urls = {name: url for name, url in system.all_queues().items() if name.endswith(DEAD_LETTERS)}
    if queue:
        name = queue if queue in urls else f"{queue}{DEAD_LETTERS}"
        if name not in urls:
            raise LocalCloudError(f"There is no dead-letter queue {name}.", f"There are {', '.join(urls)}.")
        urls = {name: urls[name]}
    messages: list[Parked] = []
    unseen: dict[str, int] = {}
    try:
        with ThreadPoolExecutor(_QUEUES_AT_ONCE) as readers:
            for name, received in zip(urls, readers.map(partial(_received, sqs), urls.items()), strict=True):
                messages += received
                if (others := _hidden(sqs, urls[name]) - len(received)) > 0:
                    unseen[name] = others
        yield Found(tuple(sorted(messages, key=lambda each: each.parked_at)), unseen)
    finally:
        _show_again(sqs, messages)


def one(found: Found, id_: str) -> Parked:
    """Find a message by its id, or the beginning of it.

    Raises:
        LocalCloudError: there is none, or more than one.
    """
    matching = [message for message in found.messages if message.id.startswith(id_)]
    if len(matching) != 1:
        problem = "No message" if not matching else "More than one message"
        raise LocalCloudError(f"{problem} is parked under {id_}.", "`uv run rydes quarantine list`")
    return matching[0]


def forget(system: System, message: Parked) -> None:
    """Delete a message that has gone elsewhere."""
    system.client("sqs").delete_message(QueueUrl=message.url, ReceiptHandle=message.receipt)


def replaced(system: System, message: Parked, body: str) -> str:
    """Put another body in the place of a parked one. Return the id of the new message, which SQS gives.

    The new one is there before the old one goes: if this is interrupted, both are.
    """
    sent = system.client("sqs").send_message(
        QueueUrl=message.url,
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value}
            for name, value in message.attributes.items()
            if name != CUT
        },
    )
    forget(system, message)
    return str(sent["MessageId"])


def _received(sqs: Any, queue: tuple[str, str]) -> list[Parked]:  # noqa: ANN401 - a client of boto3
    """Receive all of a queue, given by its name and URL. SQS asks some of its servers, so finding nothing may be chance."""
    name, url = queue
    found: dict[str, Parked] = {}
    in_vain = 0
    while len(found) < _MOST and in_vain <= (_TRIES if in_vain > 1 and _visible(sqs, url) else 1):
        received = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_A_CALL,
            VisibilityTimeout=_HIDDEN,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        ).get("Messages", [])
        in_vain = 0 if received else in_vain + 1
        found |= {message["MessageId"]: _parked(name, url, message) for message in received}
    return [*found.values()]


def _parked(name: str, url: str, message: Mapping[str, Any]) -> Parked:
    told = message.get("MessageAttributes", {})
    of_sqs = message["Attributes"]
    return Parked(
        id=message["MessageId"],
        queue=name,
        url=url,
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        attributes={key: value["StringValue"] for key, value in told.items() if "StringValue" in value},
        parked_at=datetime.fromtimestamp(int(of_sqs["SentTimestamp"]) / 1000, UTC),
        received=int(of_sqs["ApproximateReceiveCount"]),
    )


def _hidden(sqs: Any, url: str) -> int:  # noqa: ANN401 - a client of boto3
    """Count the messages that anybody is looking at, those that were just received among them."""
    return _count(sqs, url, "ApproximateNumberOfMessagesNotVisible")


def _visible(sqs: Any, url: str) -> int:  # noqa: ANN401 - a client of boto3
    return _count(sqs, url, "ApproximateNumberOfMessages")


def _count(sqs: Any, url: str, attribute: str) -> int:  # noqa: ANN401 - a client of boto3
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"][attribute])


def _show_again(sqs: Any, messages: Sequence[Parked]) -> None:  # noqa: ANN401 - a client of boto3
    """Let others see them. SQS refuses that for what is deleted by now, one by one, and raises nothing."""
    for url, of_queue in groupby(sorted(messages, key=lambda each: each.url), key=lambda each: each.url):
        entries = [
            {"Id": str(number), "ReceiptHandle": message.receipt, "VisibilityTimeout": 0}
            for number, message in enumerate(of_queue)
        ]
        for start in range(0, len(entries), _A_CALL):
            sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries[start : start + _A_CALL])
