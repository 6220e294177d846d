"""What buses and topics owe to queues: it comes late, in any order, and now and then twice."""

from typing import Any

from tests.simulation.aws.account import Account
from tests.simulation.faults import Faults
from tests.simulation.kernel import Kernel
from tests.simulation.trace import Trace
from tests.simulation.wording import message

_USUAL = 0.02


class Deliveries:
    """Brings what is owed."""

    def __init__(self, kernel: Kernel, aws: Account, faults: Faults, trace: Trace) -> None:
        self._kernel = kernel
        self._aws = aws
        self._faults = faults
        self._trace = trace
        self._under_way = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._under_way

    def begin(self) -> None:
        """Begin with what is owed now."""
        events, self._aws.events.pending = self._aws.events.pending, []
        for delivery in events:
            self._send(delivery.target.arn, delivery)
        notifications, self._aws.sns.pending = self._aws.sns.pending, []
        for notification in notifications:
            self._send(notification.subscription.queue_arn, notification)

    def _send(self, queue: str, delivery: Any) -> None:
        for _ in range(2 if self._faults.happens("event-doubled") else 1):
            wait = _USUAL * (0.5 + self._kernel.chance.random())
            if self._faults.happens("event-late"):
                wait += 10 ** self._faults.chance.uniform(-1, 2)
            self._under_way += 1
            self._kernel.after(wait, lambda: self._arrive(queue, delivery.body))

    def _arrive(self, queue: str, body: str) -> None:
        self._under_way -= 1
        self._trace(queue.rpartition(":")[2].partition("-")[2], "gets", message(body))
        self._aws.sqs.put(self._aws.sqs.by_arn[queue], body)
