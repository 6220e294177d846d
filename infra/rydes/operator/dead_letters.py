"""Dead letters: the messages in the dead-letter queues and parking queues of a system, without taking any out."""

from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.naming import BUS_NAME_PARAMETER
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from wild_rydes_messaging.attributes import Attributes
from wild_rydes_messaging.dead_letter import Cause, cause_of

DEAD_LETTERS: Final = "-dlq"
"""Ends the name of a queue whose messages the replay sends back or, where there is none, wait for a person."""
PARKING: Final = "-parking"
"""Ends the name of a queue behind the replay: its messages wait for a person."""
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
    """A dead letter. `attributes` are the texts among those that it has, `raw` all of them as SQS has them."""

    id: str
    queue: str
    """The plain name of the queue that it is in."""
    url: str
    receipt: str
    body: str
    attributes: Mapping[str, str]
    parked_at: datetime
    received: int
    """How often anybody has received it, from here or before it was moved here."""
    raw: Attributes = field(default_factory=dict)
    group: str = ""
    """Of a FIFO queue's message."""

    @property
    def source(self) -> str:
        """The plain name of the queue whose dead letter it is."""
        return self.queue.removesuffix(DEAD_LETTERS).removesuffix(PARKING)

    @property
    def cause(self) -> Cause:
        """Why it is here, as far as anybody has said."""
        return cause_of(self.raw)


@dataclass(frozen=True)
class Found:
    """What is parked, and how many messages of each queue could not be looked at: others are looking at them."""

    messages: tuple[Parked, ...]
    unseen: Mapping[str, int]


def queues_of(system: System, queue: str = "") -> dict[str, str]:
    """Find the URLs of all queues of dead letters by their plain names, or of those behind one queue.

    Raises:
        LocalCloudError: the environment is not deployed, or there is no such queue.
    """
    if BUS_NAME_PARAMETER not in system.parameters:
        raise LocalCloudError("This environment is not deployed.", f"Deploy it: {system.HOW_TO_DEPLOY}")
    urls = {
        name: url
        for name, url in system.all_queues().items()
        if name.removesuffix(".fifo").endswith((DEAD_LETTERS, PARKING))
    }
    if queue:
        wanted = {queue, f"{queue}{DEAD_LETTERS}", f"{queue}{PARKING}"}
        found = {name: url for name, url in urls.items() if name in wanted}
        if not found:
            name = queue if queue.endswith((DEAD_LETTERS, PARKING)) else f"{queue}{DEAD_LETTERS}"
            raise LocalCloudError(f"There is no dead-letter queue {name}.", f"There are {', '.join(urls)}.")
        urls = found
    return urls


@contextmanager
def held(system: System, queue: str = "") -> Generator[Found, None, None]:
    """Look at all dead letters, or at those of one queue. Others see none of them until the context ends.

    What has been deleted meanwhile is gone; the rest is shown again.

    Raises:
        LocalCloudError: the environment is not deployed, or there is no such dead-letter queue.
    """
    sqs, urls = system.client("sqs"), queues_of(system, queue)
    messages: list[Parked] = []
    unseen: dict[str, int] = {}
    try:
        with ThreadPoolExecutor(_QUEUES_AT_ONCE) as readers:
            for name, received in zip(urls, readers.map(partial(_received, sqs), urls.items()), strict=True):
                messages += received
                there = _hidden(sqs, urls[name]) + (waiting(sqs, urls[name]) if len(received) >= _MOST else 0)
                if (others := there - len(received)) > 0:
                    unseen[name] = others
        yield Found(tuple(sorted(messages, key=lambda each: each.parked_at)), unseen)
    finally:
        show_again(sqs, messages)


def one(found: Found, id_: str) -> Parked:
    """Find a message by its id, or the beginning of it.

    Raises:
        LocalCloudError: there is none, or more than one.
    """
    matching = [message for message in found.messages if message.id.startswith(id_)]
    if len(matching) != 1:
        problem = "No message" if not matching else "More than one message"
        raise LocalCloudError(f"{problem} is parked under {id_}.", "`uv run rydes dlq list --each`")
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
        MessageAttributes={name: value for name, value in message.raw.items() if name != CUT},
        **(
            {"MessageGroupId": message.group, "MessageDeduplicationId": f"fixed-{message.id}"}
            if message.group
            else {}
        ),
    )
    forget(system, message)
    return str(sent["MessageId"])


def _received(sqs: Any, queue: tuple[str, str]) -> list[Parked]:  # noqa: ANN401 - a client of boto3
    """Receive all of a queue, given by its name and URL. SQS asks some of its servers, so finding nothing may be chance."""
    name, url = queue
    found: dict[str, Parked] = {}
    in_vain = 0
    while len(found) < _MOST and in_vain <= (_TRIES if in_vain > 1 and waiting(sqs, url) else 1):
        received = receive(sqs, name, url, hidden=_HIDDEN)
        in_vain = 0 if received else in_vain + 1
        found |= {message.id: message for message in received}
    return [*found.values()]


def receive(sqs: Any, name: str, url: str, *, hidden: int) -> list[Parked]:  # noqa: ANN401 - a client of boto3
    """Receive ten messages of a queue at most, and hide them from others for so many seconds."""
    received = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=_A_CALL,
        VisibilityTimeout=hidden,
        MessageAttributeNames=["All"],
        AttributeNames=["All"],
    )
    return [_parked(name, url, message) for message in received.get("Messages", [])]


def delete(sqs: Any, url: str, messages: Sequence[Parked]) -> dict[str, str]:  # noqa: ANN401 - a client of boto3
    """Delete messages, ten at most. Return why some could not be, by their ids."""
    if not messages:
        return {}
    entries = [{"Id": str(i), "ReceiptHandle": each.receipt} for i, each in enumerate(messages)]
    try:
        failed = sqs.delete_message_batch(QueueUrl=url, Entries=entries).get("Failed", [])
    except ClientError as refused:
        return {message.id: str(refused) for message in messages}
    return {messages[int(failure["Id"])].id: failure["Code"] for failure in failed}


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
        raw=told,
        group=of_sqs.get("MessageGroupId", "") if url.endswith(".fifo") else "",
    )


def _hidden(sqs: Any, url: str) -> int:  # noqa: ANN401 - a client of boto3
    """Count the messages that anybody is looking at, those that were just received among them."""
    return _count(sqs, url, "ApproximateNumberOfMessagesNotVisible")


def waiting(sqs: Any, url: str) -> int:  # noqa: ANN401 - a client of boto3
    """Count the messages that can be received, about."""
    return _count(sqs, url, "ApproximateNumberOfMessages")


def _count(sqs: Any, url: str, attribute: str) -> int:  # noqa: ANN401 - a client of boto3
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"][attribute])


def show_again(sqs: Any, messages: Sequence[Parked]) -> None:  # noqa: ANN401 - a client of boto3
    """Let others see them. SQS refuses that for what is deleted by now, one by one, and raises nothing."""
    for url, of_queue in groupby(sorted(messages, key=lambda each: each.url), key=lambda each: each.url):
        entries = [
            {"Id": str(number), "ReceiptHandle": message.receipt, "VisibilityTimeout": 0}
            for number, message in enumerate(of_queue)
        ]
        for start in range(0, len(entries), _A_CALL):
            sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries[start : start + _A_CALL])
