"""Push the changes of RFQs to their watchers."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from ride_booking.adapters.rfq_table import from_item
from ride_booking.adapters.watchers import Watchers, watchers_of
from ride_booking.api.socket_messages import State, to_text
from wild_rydes_http.sockets import Posted, Sockets
from wild_rydes_messaging.errors import describe
from wild_rydes_messaging.transient import is_transient

WORTH_PUSHING_FOR = timedelta(seconds=5)
"""How long a batch is pushed again of which no connection takes anything for now. All others of its shard wait meanwhile,
so it is no longer than a live update may be late; whoever is still interested looks again."""


@dataclass(frozen=True, slots=True)
class _Push:
    rfq_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Sends each watcher the changes of a batch in order; many watchers at once."""

    sockets: Sockets
    watchers: Watchers
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> None:
        """Push the changes in a batch of stream records.

        Raises botocore's errors if no connection takes anything for now: the stream then delivers the whole
        batch again. Where some do, the service works, and what fails is a connection's own trouble, such as the
        full buffer of a phone that reads nothing, for which AWS throttles (`429`). It is counted and left out,
        as is what is refused for good or too old.
        """
        pushes: defaultdict[str, list[_Push]] = defaultdict(list)
        for record in event["Records"]:
            for connection, push in self._pushes(record):
                pushes[connection].append(push)
        self._send(pushes, again=not self._too_old(event["Records"]))
        self.logger.info("notified", records=len(event["Records"]), watchers=len(pushes))

    def _pushes(self, record: Mapping[str, Any]) -> Iterator[tuple[str, _Push]]:
        change = record["dynamodb"]
        try:
            old, new = from_item(change["OldImage"]), from_item(change["NewImage"])
            update = State.update(old, new)
        except Exception as error:  # noqa: BLE001 - whatever it is, the outbox parks it
            self.logger.error("skipped", event_id=record.get("eventID"), error=type(error).__name__)
            return
        if update is not None:
            push = _Push(new.id, to_text(update))
            yield from ((connection, push) for connection in watchers_of(change["NewImage"]))

    def _too_old(self, records: Sequence[Mapping[str, Any]]) -> bool:
        created = min((record["dynamodb"]["ApproximateCreationDateTime"] for record in records), default=0)
        return self.now() - datetime.fromtimestamp(created, UTC) > WORTH_PUSHING_FOR

    def _send(self, pushes: Mapping[str, Sequence[_Push]], *, again: bool) -> None:
        if not pushes:
            return
        posted = self.sockets.post_all({to: [push.text for push in some] for to, some in pushes.items()})
        passing = [r.error for r in posted.values() if r.error and is_transient(r.error)]
        if again and passing and not any(result.taken or result.gone for result in posted.values()):
            raise passing[0]
        for connection, result in posted.items():
            self._note(connection, pushes[connection], result)
            if result.error:
                self.logger.error("push refused", connection_id=connection, extra=describe(result.error))
                self.metrics.add_metric("PushesRefused", MetricUnit.Count, 1)
        self.metrics.add_metric(
            "UpdatesPushed", MetricUnit.Count, sum(result.taken for result in posted.values())
        )

    def _note(self, connection: str, pushes: Sequence[_Push], result: Posted) -> None:
        for push in pushes[: result.taken]:
            self.logger.info("pushed", correlation_id=push.rfq_id, connection_id=connection)
        if result.gone:
            for rfq_id in {push.rfq_id for push in pushes}:
                self._forget(rfq_id, connection)

    def _forget(self, rfq_id: str, connection: str) -> None:
        """Remove a watcher that is gone, best effort: the next update finds it gone, too."""
        try:
            self.watchers.remove(rfq_id, connection)
        except Exception as error:  # noqa: BLE001 - whatever it is, it holds up no update
            self.logger.warning("still watched", correlation_id=rfq_id, extra=describe(error))
        else:
            self.logger.info("gone", correlation_id=rfq_id, connection_id=connection)
