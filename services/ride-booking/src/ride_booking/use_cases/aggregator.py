"""Gather the answers to RFQs. Use case of the aggregator."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.domain import rfq as model
from wild_rydes_contracts import HIGHEST_SCORE, LOWEST_SCORE, Answer, Quote, Rating, RfqResponse
from wild_rydes_contracts.instants import truncated
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received


class Gathering:
    """Folds each batch of responses into one write an RFQ, whatever their number."""

    def __init__(
        self,
        consumer: Consumer[RfqResponse],
        rfqs: RfqTable,
        *,
        logger: Logger,
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._consumer = consumer
        self._rfqs = rfqs
        self._logger = logger
        self._metrics = metrics
        self._now = now

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Take in a batch from the return address. An RFQ whose write fails keeps back its own messages, no others."""
        batch = self._consumer.receive(event)
        by_rfq: defaultdict[str, list[Received[RfqResponse]]] = defaultdict(list)
        for message in batch:
            by_rfq[message.metadata.correlation_id].append(message)
        for rfq_id, messages in by_rfq.items():
            with batch.attempt(*messages):
                self._gather(rfq_id, [_response(message.data) for message in messages])
        return batch.settle()

    def _gather(self, rfq_id: str, responses: list[model.Response]) -> None:
        change = self._rfqs.change(rfq_id, lambda rfq: rfq.gather(responses, self._now()))
        if change is None:
            self._logger.warning("dropped: no such RFQ", responses=len(responses))
            self._metrics.add_metric("ResponsesToUnknownRfq", MetricUnit.Count, len(responses))
            return
        counts = change.after.counts()
        self._logger.info(
            "gathered",
            responses=len(responses),
            asked=counts.asked,
            quoted=counts.quoted,
            declined=counts.declined,
            late=counts.late,
            changed=change.after != change.before,
        )
        if how := change.after.completed_since(change.before):
            self._logger.info("completed", completed_by=how)


def _response(data: RfqResponse) -> model.Response:
    return model.Response(
        asked=None if data.asked is None else frozenset(data.asked),
        answers=tuple((answer.responder_id, _answer(answer)) for answer in data.answers),
    )


def _answer(answer: Answer) -> model.Answer:
    if not isinstance(answer, Quote):
        return model.Decline(answer.reason)
    return model.Quote(
        cents=int(answer.price.amount * 100),
        pickup_seconds=answer.pickup_in_seconds,
        currency=answer.price.currency,
        name=answer.display_name,
        valid_until=answer.valid_until and truncated(answer.valid_until),
        rating=_rating(answer.rating) if answer.rating else None,
    )


def _rating(rating: Rating) -> model.Rating | None:
    """The rating, None if no scores add up to it: the quote is good without."""
    possible = LOWEST_SCORE * rating.count <= rating.total <= HIGHEST_SCORE * rating.count
    return model.Rating(rating.count, rating.total) if possible else None
