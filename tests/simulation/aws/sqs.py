"""SQS: what its client does, on the queues of `queues`."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from math import inf
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.proof.resolver import ACCOUNT, Resolver
from tests.simulation.aws.client import Answer, Client, refused
from tests.simulation.aws.message_rules import Invalid, check, digest, digest_of_attributes, size
from tests.simulation.aws.queues import LONGEST_INVISIBLE, MAX_BYTES, Attributes, Message, Queue

Arguments = Mapping[str, Any]
MOST_ENTRIES: Final = 10
_ENTRY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
_NONE: Final[Attributes] = {}

_OLD_NAMES: Final = {
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "MessageNotInflight": "AWS.SimpleQueueService.MessageNotInflight",
    "TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    "EmptyBatchRequest": "AWS.SimpleQueueService.EmptyBatchRequest",
    "BatchEntryIdsNotDistinct": "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    "BatchRequestTooLong": "AWS.SimpleQueueService.BatchRequestTooLong",
    "InvalidBatchEntryId": "AWS.SimpleQueueService.InvalidBatchEntryId",
}
"""Errors whose code is that of SQS's former protocol, while botocore names their class as the model does."""


def queue_properties(resolver: Resolver) -> list[Mapping[str, Any]]:
    """Collect the resolved properties of all queues of the templates."""
    return [
        {**resolver.resolve(each.stack, each.properties), "QueueName": resolver.name(each)}
        for each in resolver.assembly.all("AWS::SQS::Queue")
    ]


class Sqs:
    """All queues. `obeys_old_handle` decides what AWS leaves open: whether it still does what it is told with a receipt
    handle of a message that was received again since.
    """

    def __init__(
        self,
        properties: Iterable[Mapping[str, Any]],
        now: Callable[[], float],
        new_id: Callable[[], str],
        obeys_old_handle: Callable[[], bool] = lambda: False,
    ) -> None:
        self.queues: dict[str, Queue] = {}
        self.by_arn: dict[str, Queue] = {}
        self._by_url: dict[str, Queue] = {}
        self._now = now
        self._new_id = new_id
        self._obeys_old_handle = obeys_old_handle
        for each in properties:
            self.add(each)
        for queue in self.queues.values():
            queue.dead_letters = self.by_arn.get(queue.redrive_policy.get("deadLetterTargetArn", ""))

    def add(self, properties: Mapping[str, Any], account: str = ACCOUNT) -> Queue:
        """Add a queue of these properties, as yet without the queue of its dead letters."""
        queue = Queue(properties, self._now, account)
        self.queues[queue.name] = self.by_arn[queue.arn] = self._by_url[queue.url] = queue
        return queue

    def remove(self, url: str) -> None:
        """Remove a queue, and all that is in it."""
        queue = self._by_url.pop(url)
        del self.queues[queue.name], self.by_arn[queue.arn]

    def put(
        self, queue: Queue, body: str, attributes: Attributes = _NONE, delay: int | None = None
    ) -> Message:
        """Put a message in a queue, as services of AWS do. Raises Invalid if the queue does not take it."""
        delay = queue.delay if delay is None else delay
        check(queue, body, attributes, delay)
        now = self._now()
        message = Message(self._new_id(), body, digest(body), attributes, sent_at=now, visible_at=now + delay)
        queue.add(message)
        return message

    def next_change(self) -> float:
        """When the next message of any queue becomes visible, or too old; infinity if none does."""
        now = self._now()
        return min([queue.next_change(now) for queue in self.queues.values() if queue.messages], default=inf)

    def get_queue_url(self, arguments: Arguments) -> Answer:
        """Find a queue by its name."""
        queue = self.queues.get(arguments["QueueName"])
        account = arguments.get("QueueOwnerAWSAccountId")
        if queue is None or (account and account != queue.arn.split(":")[4]):
            raise _refused("GetQueueUrl", "QueueDoesNotExist", "The specified queue does not exist.")
        return {"QueueUrl": queue.url}

    def get_queue_attributes(self, arguments: Arguments) -> Answer:
        """Tell how a queue is set up, and how many messages it has."""
        queue = self._queue("GetQueueAttributes", arguments)
        names = arguments.get("AttributeNames", ())
        now = self._now()
        kept = [message for message in queue.messages.values() if message.expires_at > now]
        visible = sum(message.visible_at <= now for message in kept)
        delayed = sum(message.visible_at > now and not message.received_here for message in kept)
        told = {
            "QueueArn": queue.arn,
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(len(kept) - visible - delayed),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
            "VisibilityTimeout": str(queue.visibility_timeout),
            "DelaySeconds": str(queue.delay),
            "MessageRetentionPeriod": str(queue.retention),
            "MaximumMessageSize": str(queue.max_bytes),
        }
        if queue.redrive_policy:
            told["RedrivePolicy"] = json.dumps(queue.redrive_policy)
        return {"Attributes": {k: v for k, v in told.items() if k in names or "All" in names}}

    def send_message(self, arguments: Arguments) -> Answer:
        """Send a message."""
        queue = self._queue("SendMessage", arguments)
        try:
            return self._send(queue, arguments)
        except Invalid as error:
            raise _refused("SendMessage", error.code, str(error)) from None

    def send_message_batch(self, arguments: Arguments) -> Answer:
        """Send messages; each is taken or refused by itself, unless they are too long together."""
        queue = self._queue("SendMessageBatch", arguments)
        entries = arguments["Entries"]
        bytes_ = sum(size(entry["MessageBody"], entry.get("MessageAttributes") or _NONE) for entry in entries)
        if bytes_ > MAX_BYTES:
            raise _refused(
                "SendMessageBatch", "BatchRequestTooLong",
                f"Batch requests cannot be longer than {MAX_BYTES} bytes. You have sent {bytes_} bytes.",
            )  # fmt: skip
        return _batch("SendMessageBatch", entries, partial(self._send, queue))

    def receive_message(self, arguments: Arguments) -> Answer:
        """Receive messages that are visible now, the first that were sent first. Nobody waits for one."""
        queue = self._queue("ReceiveMessage", arguments)
        most, timeout = arguments.get("MaxNumberOfMessages", 1), arguments.get("VisibilityTimeout")
        if not 1 <= most <= MOST_ENTRIES:
            raise _refused(
                "ReceiveMessage", "InvalidParameterValue",
                f"Value {most} for parameter MaxNumberOfMessages is invalid. "
                f"Reason: Must be between 1 and {MOST_ENTRIES}, if provided.",
            )  # fmt: skip
        if timeout is not None and not 0 <= timeout <= LONGEST_INVISIBLE:
            raise _refused("ReceiveMessage", "InvalidParameterValue", str(_timeout_out_of_range(timeout)))
        taken = queue.take(queue.visible()[:most], timeout)
        return {"Messages": [_received(message, arguments) for message in taken]} if taken else {}

    def delete_message(self, arguments: Arguments) -> Answer:
        """Delete a message. Nothing is said of one that was deleted already."""
        return self._one("DeleteMessage", self._delete, arguments)

    def delete_message_batch(self, arguments: Arguments) -> Answer:
        """Delete messages."""
        queue = self._queue("DeleteMessageBatch", arguments)
        return _batch("DeleteMessageBatch", arguments["Entries"], partial(self._delete, queue))

    def change_message_visibility(self, arguments: Arguments) -> Answer:
        """Let a message in flight return sooner or later."""
        return self._one("ChangeMessageVisibility", self._change, arguments)

    def change_message_visibility_batch(self, arguments: Arguments) -> Answer:
        """Let messages in flight return sooner or later."""
        queue = self._queue("ChangeMessageVisibilityBatch", arguments)
        return _batch("ChangeMessageVisibilityBatch", arguments["Entries"], partial(self._change, queue))

    def _queue(self, operation: str, arguments: Arguments) -> Queue:
        queue = self._by_url.get(arguments["QueueUrl"])
        if queue is None:
            raise _refused(operation, "QueueDoesNotExist", "The specified queue does not exist.")
        return queue

    def _one(self, operation: str, do: Callable[[Queue, Arguments], Answer], arguments: Arguments) -> Answer:
        queue = self._queue(operation, arguments)
        try:
            return do(queue, arguments)
        except Invalid as error:
            raise _refused(operation, error.code, str(error)) from None

    def _send(self, queue: Queue, entry: Arguments) -> Answer:
        attributes = entry.get("MessageAttributes") or _NONE
        message = self.put(queue, entry["MessageBody"], attributes, entry.get("DelaySeconds"))
        answer = {"MessageId": message.id, "MD5OfMessageBody": message.md5}
        if attributes:
            answer["MD5OfMessageAttributes"] = digest_of_attributes(attributes)
        return answer

    def _delete(self, queue: Queue, entry: Arguments) -> Answer:
        handle = entry["ReceiptHandle"]
        message = _found(queue, handle)
        if message and (message.handle == handle or self._obeys_old_handle()):
            del queue.messages[message.id]
        return {}

    def _change(self, queue: Queue, entry: Arguments) -> Answer:
        handle, timeout, now = entry["ReceiptHandle"], entry.get("VisibilityTimeout", 30), self._now()
        if not 0 <= timeout <= LONGEST_INVISIBLE:
            raise _timeout_out_of_range(timeout)
        message = _found(queue, handle)
        if message is None or message.expires_at <= now:
            raise Invalid(
                "InvalidParameterValue",
                f"Value {handle} for parameter ReceiptHandle is invalid. "
                "Reason: Message does not exist or is not available for visibility timeout change.",
            )
        if message.visible_at <= now:
            raise Invalid("MessageNotInflight", "The specified message isn't in flight.")
        if now + timeout > message.received_at + LONGEST_INVISIBLE:
            raise Invalid(
                "InvalidParameterValue",
                f"Total VisibilityTimeout for the message is beyond the limit [{LONGEST_INVISIBLE} seconds]",
            )
        if message.handle == handle or self._obeys_old_handle():
            message.visible_at = now + timeout
        return {}


def _found(queue: Queue, handle: str) -> Message | None:
    """Find the message of a receipt handle, if it is still in the queue. Raises Invalid for what is no handle of it."""
    match handle.split("/"):
        case [queue.name, id_, _]:
            return queue.messages.get(id_)
    raise Invalid(
        "ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not a valid receipt handle.'
    )


def _batch(operation: str, entries: Sequence[Arguments], do: Callable[[Arguments], Answer]) -> Answer:
    """Do something for each entry of a batch."""
    if not entries:
        raise _refused(
            operation,
            "EmptyBatchRequest",
            f"There should be at least one {operation}RequestEntry in the request.",
        )
    if len(entries) > MOST_ENTRIES:
        raise _refused(
            operation, "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {MOST_ENTRIES}. You have sent {len(entries)}.",
        )  # fmt: skip
    seen: set[str] = set()
    for entry in entries:
        id_ = entry["Id"]
        if not _ENTRY_ID.fullmatch(id_):
            raise _refused(
                operation, "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                "It can be at most 80 letters long.",
            )  # fmt: skip
        if id_ in seen:
            raise _refused(operation, "BatchEntryIdsNotDistinct", f"Id {id_} repeated.")
        seen.add(id_)
    successful, failed = [], []
    for entry in entries:
        try:
            successful.append({"Id": entry["Id"], **do(entry)})
        except Invalid as error:
            code = _OLD_NAMES.get(error.code, error.code)
            failed.append({"Id": entry["Id"], "SenderFault": True, "Code": code, "Message": str(error)})
    # AWS leaves out what is empty.
    return {name: them for name, them in (("Successful", successful), ("Failed", failed)) if them}


def _received(message: Message, arguments: Arguments) -> dict[str, Any]:
    names = (*arguments.get("AttributeNames", ()), *arguments.get("MessageSystemAttributeNames", ()))
    answer: dict[str, Any] = {
        "MessageId": message.id,
        "ReceiptHandle": message.handle,
        "MD5OfBody": message.md5,
        "Body": message.body,
    }
    if names:
        told = message.system_attributes()
        answer["Attributes"] = {k: v for k, v in told.items() if k in names or "All" in names}
    wanted = arguments.get("MessageAttributeNames", ())
    if chosen := {k: v for k, v in message.attributes.items() if _is_among(k, wanted)}:
        answer["MessageAttributes"] = chosen
        answer["MD5OfMessageAttributes"] = digest_of_attributes(chosen)
    return answer


def _is_among(name: str, wanted: Sequence[str]) -> bool:
    return any(
        each in ("All", name) or (each.endswith(".*") and name.startswith(each[:-2])) for each in wanted
    )


def _timeout_out_of_range(timeout: int) -> Invalid:
    return Invalid(
        "InvalidParameterValue",
        f"Value {timeout} for parameter VisibilityTimeout is invalid. "
        f"Reason: VisibilityTimeout must be an integer between 0 and {LONGEST_INVISIBLE}.",
    )


def _refused(operation: str, code: str, message: str) -> ClientError:
    if code not in _OLD_NAMES:
        return refused(operation, code, message)
    error: Any = {"Code": _OLD_NAMES[code], "Message": message, "QueryErrorCode": code}
    answer: Any = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}
    kind: type[ClientError] = getattr(Client.exceptions, code)
    return kind(answer, operation)
