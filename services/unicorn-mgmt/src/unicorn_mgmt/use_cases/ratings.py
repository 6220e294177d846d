"""Keep what passengers think of a unicorn, for its next quotes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from unicorn_mgmt.adapters.unicorn_table import Rated, UnicornTable
from unicorn_mgmt.domain.unicorn import Rating
from wild_rydes_contracts import FeedbackCorrected, FeedbackReceived
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse


@dataclass(frozen=True, slots=True)
class Ratings:
    """Keeps the newest rating of each unicorn, in one conditional write.

    An event carries the whole rating. So duplicates change nothing, the rating with the higher revision is the
    newer one whichever comes first, and the next event makes up for a lost one. Ratings of responders we do not
    know, such as partners, are ignored.
    """

    consumer: Consumer[FeedbackReceived | FeedbackCorrected]
    unicorns: UnicornTable
    logger: Logger
    metrics: Metrics

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Keep the ratings of a Lambda SQS event.

        A write that fails keeps back its own message and no other.
        """
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                self._keep(message.data)
        return batch.settle()

    def _keep(self, feedback: FeedbackReceived | FeedbackCorrected) -> None:
        rating = Rating(feedback.rating.count, feedback.rating.total) if feedback.rating else None
        scores = rating.count if rating else 0
        outcome = self.unicorns.rate(feedback.responder_id, rating, feedback.rating_revision or scores)
        self.logger.info("rating", outcome=outcome.value, responder_id=feedback.responder_id, scores=scores)
        self.metrics.add_metric(_METRICS[outcome], MetricUnit.Count, 1)


_METRICS = {
    Rated.KEPT: "RatingsKept",
    Rated.OUTDATED: "RatingsOutdated",
    Rated.UNKNOWN: "RatingsOfUnknown",
}
