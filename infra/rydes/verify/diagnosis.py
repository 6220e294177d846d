"""Why something stands still: at which function of its way, and what is wrong there.

A *way* is the functions through which something goes, in order, by their plain names. Each logs the correlation id,
which is the RFQ's id, so the first whose log does not have it was not reached.
"""

import re
import time
from collections.abc import Iterator, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from infra.rydes.operator.log_events import LogEvent, events
from infra.rydes.verify.inspection import Inspection
from infra.rydes.verify.promise import State
from infra.rydes.verify.stacks import Resource
from infra.rydes.verify.wiring import Wiring

_DENIED = "not authorized to perform"
_ACTION = re.compile(rf"{_DENIED}:? ([\w-]+:\w+)(?: on resource:? (\S+?))?[\s,.\"]")
_CRASHES = ("Task timed out", "Runtime.", "Traceback", "ImportModuleError")
_LONGEST = 300
_PEEKED = 10


class Diagnosis:
    """Knows what an inspection has found, and reads the logs since the run began."""

    def __init__(self, inspection: Inspection) -> None:
        self._inspection = inspection
        self._account = inspection.account
        self._wiring = Wiring(inspection.resources)
        self._since = int(time.time() * 1000)

    def cause(self, way: Sequence[str]) -> str:
        """Say what makes it certain that nothing gets through. Empty if there is no such thing."""
        names = [self._account.names.of(function) for function in way]
        for name in names:
            for finding in self._inspection.findings:
                if finding.flaw.state is State.BROKEN and name in self._wiring.that_need(finding.resource):
                    return f"{finding.says}, so nothing gets through {name}"
        for name in names:
            for event in self._logged(name, f'"{_DENIED}"'):
                if _DENIED in event.message:  # a line has other steps of its invocation, too
                    return f"{name} is refused by AWS: {_denied(event.message)}"
        return ""

    def guess(self, way: Sequence[str], about: str) -> str:
        """Say where it stands still, and what is to be seen there."""
        names = [self._account.names.of(function) for function in way]
        if cause := self.cause(way):
            return cause
        reached = [name for name in names if any(self._logged(name, f'"{about}"'))]
        silent = next((name for name in names if name not in reached), None)
        for name in filter(None, (silent, *reversed(reached))):
            if error := self._error(name):
                return f"{name} fails: {error}"
        if silent is None:
            return f"{names[-1]} was reached, and logged no error"
        waiting = " ".join(self._queued(queue, about) for queue in self._wiring.queues_of(silent))
        return f"it never reached {silent}. {waiting}".rstrip()

    def _logged(self, function: str, pattern: str = "") -> Iterator[LogEvent]:
        """What a function has logged during this run."""
        plain = self._account.names.plain(function)
        found = events(self._account, pattern, functions=plain, since=self._since)
        try:
            yield from (event for event in found if event.function == plain)
        except (BotoCoreError, ClientError):
            return  # there is no log, or it may not be read: the word is less precise then

    def _error(self, function: str) -> str:
        """The last thing that went wrong in a function, as it was logged. Empty if nothing did."""
        last = ""
        for event in self._logged(function):
            entry = event.entry
            if entry and entry.get("level") in ("ERROR", "CRITICAL", "WARNING"):
                told = (entry.get(key) for key in ("message", "error", "reason"))
                last = ": ".join(str(each) for each in told if each)
            elif not entry and any(crash in event.message for crash in _CRASHES):
                last = event.message.strip().splitlines()[-1]
        return last[:_LONGEST]

    def _queued(self, queue: Resource, about: str) -> str:
        """Say how many messages wait in a queue, and why one about this was given up, if one was."""
        try:
            return self._counted(queue, about)
        except (BotoCoreError, ClientError) as error:
            return f"What waits in {queue.name} cannot be seen: {error}."

    def _counted(self, queue: Resource, about: str) -> str:
        sqs = self._account.client("sqs")
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = sqs.get_queue_attributes(QueueUrl=queue.id, AttributeNames=names)["Attributes"]
        said = f"{counts[names[0]]} messages wait in {queue.name}, {counts[names[1]]} are being handled."
        for end in ("-dlq", "-parking"):
            if why := self._given_up(f"{queue.id}{end}", about):
                return f"{said} One is in {queue.name}{end}: {why}."
        return said

    def _given_up(self, url: str, about: str) -> str:
        """Tell why a message about this is in that queue, if there is the queue, and one in it."""
        sqs = self._account.client("sqs")
        try:
            answer = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=_PEEKED,
                VisibilityTimeout=0,
                MessageAttributeNames=["All"],
            )
        except ClientError as error:
            if error.response["Error"]["Code"].rpartition(".")[2] in {
                "NonExistentQueue",
                "QueueDoesNotExist",
            }:
                return ""
            raise
        for message in answer.get("Messages", []):
            if about in message["Body"]:
                told = message.get("MessageAttributes", {})
                return str(told.get("reason", {}).get("StringValue", "its worker died each time"))
        return ""


def _denied(message: str) -> str:
    found = _ACTION.search(message)
    if not found:
        return message[:_LONGEST]
    action, resource = found.groups()
    return f"its role allows no {action}" + (f" on {resource}" if resource else "")
