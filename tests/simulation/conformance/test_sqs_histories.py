"""Whatever becomes of messages in whatever order: the model's queues tell the same of it as the emulator's."""

from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulation.aws.queues import LONGEST_INVISIBLE
from tests.simulation.conformance.sides import EmulatedQueues, ModelQueues, Properties
from tests.support.bare_emulator import BareEmulator

QUEUES: Properties = {
    "dead": {"MessageRetentionPeriod": 3600},
    "work": {
        "VisibilityTimeout": 30,
        "DelaySeconds": 5,
        "MessageRetentionPeriod": 600,
        "RedrivePolicy": {"deadLetterTargetArn": "dead", "maxReceiveCount": 2},
    },
}
SECONDS = st.sampled_from([0, 1, 5, 29, 30, 31, 300, 600])
QUEUE = st.sampled_from(["work", "work", "dead"])


@dataclass(frozen=True)
class Send:
    delay: int | None
    copies: int


@dataclass(frozen=True)
class Receive:
    queue: str
    most: int
    timeout: int | None


@dataclass(frozen=True)
class Delete:
    which: int


@dataclass(frozen=True)
class Change:
    which: int
    timeout: int


@dataclass(frozen=True)
class Wait:
    seconds: int


Step: TypeAlias = Send | Receive | Delete | Change | Wait
RECEIVE = st.builds(Receive, QUEUE, st.integers(1, 10), st.none() | SECONDS)
STEPS = st.one_of(
    st.builds(Send, st.none() | SECONDS, st.integers(1, 3)),
    RECEIVE,
    RECEIVE,
    st.builds(Delete, st.integers(0, 5)),
    st.builds(Change, st.integers(0, 5), SECONDS),
    st.builds(Wait, SECONDS),
)


class Both:
    """The queues of both sides. `handles` are the latest of each message, by its body."""

    def __init__(self, emulator: BareEmulator) -> None:
        self.ours = ModelQueues(QUEUES, emulator.now)
        self.theirs = EmulatedQueues(emulator, QUEUES)
        self.handles: dict[str, tuple[str, str, str]] = {}
        self._bodies = count()

    def do(self, step: Step) -> None:
        match step:
            case Send():
                entries = [
                    {"Id": str(i), "MessageBody": str(next(self._bodies))}
                    | ({} if step.delay is None else {"DelaySeconds": step.delay})
                    for i in range(step.copies)
                ]
                self._same("send_message_batch", "work", Entries=entries)
            case Receive():
                self._receive(step)
            case Delete():
                if found := self._chosen(step.which):
                    queue, *handles = self.handles.pop(found)
                    self._each("delete_message", queue, handles)
            case Change():
                if (found := self._chosen(step.which)) and self._in_flight(found, step.timeout):
                    queue, *handles = self.handles[found]
                    self._each("change_message_visibility", queue, handles, VisibilityTimeout=step.timeout)
            case Wait():
                self.ours.wait(step.seconds)
                self.theirs.wait(step.seconds)

    def compare(self) -> None:
        """Compare how many messages each queue has, and in which states."""
        names = [f"ApproximateNumberOfMessages{state}" for state in ("", "NotVisible", "Delayed")]
        for queue in QUEUES:
            ours, theirs = self._calls("get_queue_attributes", queue, AttributeNames=names)
            assert ours["Attributes"] == theirs["Attributes"]

    def _receive(self, step: Receive) -> None:
        arguments: dict[str, Any] = {"MaxNumberOfMessages": step.most, "AttributeNames": ["All"]}
        if step.timeout is not None:
            arguments["VisibilityTimeout"] = step.timeout
        ours, theirs = (
            answer.get("Messages", []) for answer in self._calls("receive_message", step.queue, **arguments)
        )
        assert [_seen(message) for message in ours] == [_seen(message) for message in theirs]
        for one, other in zip(ours, theirs, strict=True):
            self.handles[one["Body"]] = (step.queue, one["ReceiptHandle"], other["ReceiptHandle"])

    def _chosen(self, which: int) -> str | None:
        """Choose a message that was received and is still in the queue where it was: AWS and the emulator agree on those."""
        there = [
            body
            for body, (queue, handle, _) in self.handles.items()
            if handle in [m.handle for m in self.ours.model.queues[queue].messages.values()]
        ]
        return there[which % len(there)] if there else None

    def _in_flight(self, body: str, timeout: int) -> bool:
        queue, handle, _ = self.handles[body]
        [message] = [m for m in self.ours.model.queues[queue].messages.values() if m.handle == handle]
        now = self.ours.now
        return (
            message.visible_at > now
            and message.expires_at > now
            and now + timeout <= message.received_at + LONGEST_INVISIBLE
        )

    def _calls(self, operation: str, queue: str, **arguments: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        ours = getattr(self.ours.client, operation)(QueueUrl=self.ours.urls[queue], **arguments)
        theirs = getattr(self.theirs.client, operation)(QueueUrl=self.theirs.urls[queue], **arguments)
        return ours, theirs

    def _same(self, operation: str, queue: str, **arguments: Any) -> None:
        ours, theirs = self._calls(operation, queue, **arguments)
        for answer in (ours, theirs):
            assert not answer.get("Failed")
        told = [[each["MD5OfMessageBody"] for each in answer["Successful"]] for answer in (ours, theirs)]
        assert told[0] == told[1]

    def _each(self, operation: str, queue: str, handles: list[str], **arguments: Any) -> None:
        our_handle, their_handle = handles
        ours, theirs = self.ours, self.theirs
        getattr(ours.client, operation)(QueueUrl=ours.urls[queue], ReceiptHandle=our_handle, **arguments)
        getattr(theirs.client, operation)(
            QueueUrl=theirs.urls[queue], ReceiptHandle=their_handle, **arguments
        )


def _seen(message: dict[str, Any]) -> tuple[str, dict[str, str]]:
    told = {k: v for k, v in message["Attributes"].items() if k != "SenderId"}
    if source := told.get("DeadLetterQueueSourceArn"):
        told["DeadLetterQueueSourceArn"] = source.rpartition(":")[2].rpartition("-")[2]
    return message["Body"], told


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(STEPS, min_size=5, max_size=15))
def test_queues_tell_the_same_of_messages_as_the_emulator_s(
    emulator: BareEmulator, steps: list[Step]
) -> None:
    both = Both(emulator)
    for step in steps:
        both.do(step)
    both.compare()
