"""Push messages to the apps of many unicorns at once. Shared by inviter, socket, closings and outbox."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.api.socket_messages import Push
from wild_rydes_http.sockets import Posted, Sockets
from wild_rydes_messaging.deliver import failure
from wild_rydes_messaging.errors import describe


@dataclass(frozen=True, slots=True)
class AppPushes:
    """Sends each connection one message, once. What is not taken is logged, and counted if it never will be."""

    sockets: Sockets
    logger: Logger
    metrics: Metrics

    def send(self, pushes: Mapping[str, Push]) -> dict[str, Posted]:
        """Send each connection (by its id) its message. Return the outcome of each."""
        posted = self.sockets.post_all(
            {id_: [push.model_dump_json(exclude_none=True)] for id_, push in pushes.items()}
        )
        for connection, outcome in posted.items():
            if outcome.error:
                self.logger.warning("cannot push", extra=describe(outcome.error))
                if not failure(connection, outcome.error).transient:
                    self.metrics.add_metric("PushesRefused", MetricUnit.Count, 1)
        return posted
