"""Push what changes of an RFQ to those who watch it. Use case of the notifier."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from ride_booking.adapters.connections import Connections
from ride_booking.adapters.rfq_table import from_item
from ride_booking.adapters.watchers import Watchers, watchers_of
from ride_booking.api.socket_messages import State, to_text

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class _Push:
    rfq_id: str
    text: str


class Notifying:
    """Sends each watcher the changes of a batch, in their order; many watchers at once."""

    def __init__(
        self, connections: Connections, watchers: Watchers, *, logger: Logger, metrics: Metrics
    ) -> None:
        self._connections = connections
        self._watchers = watchers
        self._logger = logger
        self._metrics = metrics

    def handle(self, event: Mapping[str, Any]) -> None:
        """Push what a batch of stream records tells.

        Raises botocore's errors when a push or the removal of a watcher fails: the stream brings the whole batch again,
        and those who had it ignore the repetition.
        """
        pushes: defaultdict[str, list[_Push]] = defaultdict(list)
        for record in event["Records"]:
            for connection, push in self._pushes(record):
                pushes[connection].append(push)
        if pushes:
            with ThreadPoolExecutor(min(_AT_ONCE, len(pushes))) as senders:
                sending = [senders.submit(self._send, *item) for item in pushes.items()]
            sent = sum(each.result() for each in sending)  # when all have been tried
            self._metrics.add_metric("UpdatesPushed", MetricUnit.Count, sent)
        self._logger.info("notified", records=len(event["Records"]), watchers=len(pushes))

    def _pushes(self, record: Mapping[str, Any]) -> Sequence[tuple[str, _Push]]:
        change = record["dynamodb"]
        try:
            old, new = from_item(change["OldImage"]), from_item(change["NewImage"])
            update = State.update(old, new)
        except (KeyError, TypeError, ValueError) as error:  # the outbox parks it
            self._logger.error("skipped", event_id=record.get("eventID"), error=type(error).__name__)
            return ()
        if update is None:
            return ()
        push = _Push(new.id, to_text(update))
        return [(connection, push) for connection in watchers_of(change["NewImage"])]

    def _send(self, connection: str, pushes: Sequence[_Push]) -> int:
        for number, push in enumerate(pushes):
            if not self._connections.send(connection, push.text):
                for rfq_id in {gone.rfq_id for gone in pushes}:
                    self._watchers.remove(rfq_id, connection)
                    self._logger.info("gone", correlation_id=rfq_id, connection_id=connection)
                return number
            self._logger.info("pushed", correlation_id=push.rfq_id, connection_id=connection)
        return len(pushes)
