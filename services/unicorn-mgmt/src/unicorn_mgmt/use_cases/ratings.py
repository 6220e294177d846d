"""Keep what passengers think of a unicorn, for its next quotes. Use case of the ratings consumer."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.adapters.unicorn_table import Rated, Store
from unicorn_mgmt.domain.unicorn import Rating
from wild_rydes_contracts import FeedbackReceived
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse


class Appraising:
    """Keeps the newest rating of each unicorn, in one conditional write.

    An event carries the whole rating, so that duplicates change nothing, of two the one with more scores is the newer
    whichever comes first, and one that was lost is made up for by the next. Of who is not on our books, as a partner's
    fleet, none is kept.
    """

    def __init__(
        self, consumer: Consumer[FeedbackReceived], store: Store, *, logger: Logger, metrics: Metrics
    ) -> None:
        self._consumer = consumer
        self._store = store
        self._logger = logger
        self._metrics = metrics

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Keep the ratings of a Lambda SQS event. One whose write fails keeps back its own message, no other."""
        batch = self._consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self._keep(message.data)
        return batch.settle()

    def _keep(self, feedback: FeedbackReceived) -> None:
        rating = Rating(feedback.rating.count, feedback.rating.total)
        outcome = self._store.rate(feedback.responder_id, rating)
        self._logger.info(
            "rating", outcome=outcome.value, responder_id=feedback.responder_id, scores=rating.count
        )
        self._metrics.add_metric(_METRICS[outcome], MetricUnit.Count, 1)


_METRICS = {
    Rated.KEPT: "RatingsKept",
    Rated.OUTDATED: "RatingsOutdated",
    Rated.UNKNOWN: "RatingsOfUnknown",
}
