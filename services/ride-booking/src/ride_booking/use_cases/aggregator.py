"""Gather the answers to RFQs."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.domain import rfq as domain
from wild_rydes_contracts import HIGHEST_SCORE, LOWEST_SCORE, Answer, Quote, Rating, RfqResponse
from wild_rydes_contracts.instants import truncated
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregator:
    """Folds a batch of responses into one write for each RFQ, however many there are."""

    consumer: Consumer[RfqResponse]
    rfqs: RfqTable
    logger: Logger
    metrics: Metrics
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Gather a batch from the return address.

        If the write of an RFQ fails, only its own messages come again.
        """
        batch = self.consumer.receive(event)
        by_rfq: defaultdict[str, dict[Received[RfqResponse], domain.Response]] = defaultdict(dict)
        for message in batch:
            with batch.attempt(message):
                by_rfq[message.metadata.correlation_id][message] = _response(message.data)
        for rfq_id, responses in by_rfq.items():
            with batch.attempt(*responses):
                self._gather(rfq_id, [*responses.values()])
        return batch.settle()

    def _gather(self, rfq_id: str, responses: list[domain.Response]) -> None:
        change = self.rfqs.change(rfq_id, lambda rfq: rfq.gather(responses, self.now()))
        if change is None:
            self.logger.warning("dropped: no such RFQ", responses=len(responses))
            self.metrics.add_metric("ResponsesToUnknownRfq", MetricUnit.Count, len(responses))
            return
        counts = change.after.counts()
        self.logger.info(
            "gathered",
            responses=len(responses),
            asked=counts.asked,
            quoted=counts.quoted,
            declined=counts.declined,
            late=counts.late,
            changed=change.after != change.before,
        )
        if how := change.after.completed_since(change.before):
            self.logger.info("completed", completed_by=how)


def _response(data: RfqResponse) -> domain.Response:
    return domain.Response(
        asked=None if data.asked is None else frozenset(data.asked),
        answers=tuple((answer.responder_id, _answer(answer)) for answer in data.answers),
    )


def _answer(answer: Answer) -> domain.Answer:
    if not isinstance(answer, Quote):
        return domain.Decline(answer.reason)
    return domain.Quote(
        cents=int(answer.price.amount * 100),
        pickup_seconds=answer.pickup_in_seconds,
        currency=answer.price.currency,
        name=answer.display_name,
        valid_until=answer.valid_until and truncated(answer.valid_until),
        rating=_rating(answer.rating) if answer.rating else None,
    )


def _rating(rating: Rating) -> domain.Rating | None:
    """Translate a rating; None if no scores add up to it: the quote is good without."""
    possible = LOWEST_SCORE * rating.count <= rating.total <= HIGHEST_SCORE * rating.count
    return domain.Rating(rating.count, rating.total) if possible else None
