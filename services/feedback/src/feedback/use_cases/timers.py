"""Let time pass: reminders, ends, and SMS that wait. Use case of the timers function.

A conversation holds the time when it is next due, written together with its cause, and the index `by-due`
finds it. So there is no timer to set beside the write, and none to lose.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from feedback.adapters.feedback_table import FeedbackTable
from feedback.domain.conversation import SurveyMachine
from wild_rydes_messaging.errors import describe


@dataclass(frozen=True, kw_only=True)
class Timers:
    """Wakes the conversations that are due, for `at_most` a while: the next run takes the rest.

    It also notices that a customer waits for a call that nobody makes.
    """

    table: FeedbackTable
    machine: SurveyMachine
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]
    at_most: timedelta = timedelta(seconds=45)

    def handle(self) -> None:
        """Wake the conversations that are due. One in trouble does not keep the others asleep."""
        began = self.now()
        woken = failed = 0
        for ride_id in self.table.due(began):
            now = self.now()
            if now - began > self.at_most:
                break
            try:
                self.table.change(ride_id, lambda c, now=now: self.machine.woken(c, now), now)  # type: ignore[misc]
                woken += 1
            except Exception as error:  # noqa: BLE001 - it stays due
                failed += 1
                self.logger.error("cannot wake", ride_id=ride_id, extra=describe(error))
        self.logger.info("woken", woken=woken, failed=failed)
        if failed:
            self.metrics.add_metric("ConversationsNotWoken", MetricUnit.Count, failed)
        self._look_at_callbacks()

    def _look_at_callbacks(self) -> None:
        """Count it while the customer who has waited longest for a call has waited too long."""
        waiting, _ = self.table.callbacks(None, 1)
        if any(c.call and c.call.overdue(self.now()) for c in waiting):
            self.metrics.add_metric("CallbacksOverdue", MetricUnit.Count, 1)
