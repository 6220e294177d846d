"""Push messages to the apps of many unicorns at once. Shared by inviter, socket, closings and outbox."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.api.socket_messages import Push
from wild_rydes_http.sockets import Posted, Sockets
from wild_rydes_messaging.deliver import failure
from wild_rydes_messaging.errors import describe


@dataclass(frozen=True, slots=True)
class AppPushes:
    """Sends messages, each once, all at once and within the time of `Sockets`.

    What is not taken is logged, and counted if it never will be or if there was no time for it.
    """

    sockets: Sockets
    logger: Logger
    metrics: Metrics

    def send(self, pushes: Sequence[tuple[str, Push]]) -> list[Posted]:
        """Send messages, each with its connection's id. Return the outcome of each, in order. Raises nothing."""
        posted = self.sockets.post_each(
            [(connection, push.model_dump_json(exclude_none=True)) for connection, push in pushes]
        )
        for (connection, _), outcome in zip(pushes, posted, strict=True):
            if outcome.error:
                self.logger.warning("cannot push", extra=describe(outcome.error))
                if not failure(connection, outcome.error).transient:
                    self.metrics.add_metric("PushesRefused", MetricUnit.Count, 1)
        return posted
