"""Let time pass: reminders, ends, and SMS that wait. Use case of the timers function.

When a conversation is next due stands in the conversation itself, written together with what makes it so, and the index
`by-due` finds it. There is no timer to be set beside the write, hence none to be lost.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from feedback.adapters.feedback_table import Store
from feedback.domain.conversation import Machine
from wild_rydes_messaging.errors import reason, stack


class Waking:
    """Applies the time to all conversations that are due, as many as `at_most` allows: the next run takes the rest."""

    def __init__(
        self,
        store: Store,
        machine: Machine,
        *,
        logger: Logger,
        metrics: Metrics,
        now: Callable[[], datetime],
        at_most: timedelta = timedelta(seconds=45),
    ) -> None:
        self._store = store
        self._machine = machine
        self._logger = logger
        self._metrics = metrics
        self._now = now
        self._at_most = at_most

    def handle(self) -> None:
        """Wake what is due. One conversation in trouble does not keep the others asleep."""
        began = self._now()
        woken = failed = 0
        for ride_id in self._store.due(began):
            now = self._now()
            if now - began > self._at_most:
                break
            try:
                self._store.change(ride_id, lambda c, now=now: self._machine.woken(c, now), now)  # type: ignore[misc]
                woken += 1
            except Exception as error:  # noqa: BLE001 - it stays due
                failed += 1
                self._logger.error(
                    "cannot wake",
                    ride_id=ride_id,
                    error=type(error).__name__,
                    reason=reason(error),
                    stack=stack(error),
                )
        self._logger.info("woken", woken=woken, failed=failed)
        self._metrics.add_metric("ConversationsWoken", MetricUnit.Count, woken)
        self._metrics.add_metric("ConversationsNotWoken", MetricUnit.Count, failed)
