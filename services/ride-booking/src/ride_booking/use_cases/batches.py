"""Read batches of RFQs that API Gateway has stored, and submit each RFQ as a POST would."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools import Logger
from pydantic import ValidationError

from ride_booking.adapters.batch_table import BatchOutcome, BatchTable, Outcome
from ride_booking.adapters.open_rfqs import OpenRfqs, TooManyOpen
from ride_booking.adapters.rfq_table import KeyReused
from ride_booking.api.access import too_many_open
from ride_booking.api.rfq_representations import Submission
from ride_booking.domain.rfq_batch import MAX_RFQS, RfqBatch, is_of, rfq_id
from wild_rydes_contracts.instants import truncated
from wild_rydes_http.body import field_errors
from wild_rydes_http.problem import FieldError, Problem
from wild_rydes_messaging.consume import Consumer, PartialBatchResponse, Received
from wild_rydes_messaging.errors import Unprocessable

MOST_ERRORS = 5
"""Wrong fields that are named of one RFQ, so that every outcome fits into the batch's item."""

_LONGEST_FIELD = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """Submits the RFQs of batches, and writes what became of each. `limits` says how many a tier may have open.

    Each RFQ has an id that follows from the batch's, so a worker that dies in the middle leaves nothing that the next
    one would do twice. The outcome is written last, once.
    """

    consumer: Consumer[RfqBatch]
    open_rfqs: OpenRfqs
    batches: BatchTable
    limits: Mapping[str, int]
    logger: Logger
    now: Callable[[], datetime]

    def handle(self, event: Mapping[str, Any]) -> PartialBatchResponse:
        """Handle the messages of one invocation: each is a batch of RFQs."""
        messages = self.consumer.receive(event)
        for message in messages:
            with messages.attempt(message):
                self._process(message)
        return messages.settle()

    def _process(self, message: Received[RfqBatch]) -> None:
        batch, now = message.data, truncated(self.now())
        if not is_of(batch.batch_id, batch.customer):
            raise Unprocessable("the batch's id is not of this customer")
        content = unquote_plus(batch.content)
        fingerprint = hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()
        if known := self.batches.get(batch.batch_id):
            if known.fingerprint != fingerprint and not known.reused:
                self.batches.mark_reused(batch.batch_id)
            return
        sent = message.metadata.occurred_at
        try:
            outcomes = [
                self._submit(index, body, batch, sent, now) for index, body in enumerate(_bodies(content))
            ]
            outcome = BatchOutcome(batch.batch_id, fingerprint, outcomes)
        except Problem as problem:
            outcome = BatchOutcome(batch.batch_id, fingerprint, problem=problem.response().body)
        self.batches.settle(outcome, now)
        accepted = sum(each.rfq_id is not None for each in outcome.outcomes)
        self.logger.info("batch", accepted=accepted, rejected=len(outcome.outcomes) - accepted)

    def _submit(self, index: int, body: Any, batch: RfqBatch, sent: datetime, now: datetime) -> Outcome:  # noqa: ANN401 - whatever the client wrote
        try:
            submission = _read(body)
            if submission.customer not in {None, batch.customer}:
                raise Problem(HTTPStatus.FORBIDDEN, "You can request quotes only for yourself.")
            new = submission.to_domain(rfq_id(batch.batch_id, index), batch.customer, now)
            if sent + timedelta(seconds=submission.respond_within) <= now and not self._is_known(new.id):
                raise Problem(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "The batch waited for longer than responders had to answer. Send the RFQ again.",
                )
            try:
                rfq = self.open_rfqs.submit(new, submission.fingerprint(), self.limits[batch.tier])
            except TooManyOpen as error:
                raise too_many_open(error, now) from None
            except KeyReused:
                raise Problem(
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    "Another batch under the same Idempotency-Key has this RFQ. Use a new key.",
                ) from None
        except Problem as problem:
            return Outcome(problem=problem.response().body)
        return Outcome(rfq.id)

    def _is_known(self, rfq_id: str) -> bool:
        """Say whether a worker that died in the middle had submitted it."""
        return self.open_rfqs.rfqs.get(rfq_id, consistent=True) is not None


def _bodies(content: str) -> list[Any]:
    """Read the list of RFQs, whatever each of them is. Raises Problem if there is none."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise _invalid("body", "Invalid JSON") from None
    if not isinstance(body, dict) or set(body) != {"rfqs"}:
        raise _invalid("body", "An object with the one field `rfqs` is expected")
    rfqs = body["rfqs"]
    if not isinstance(rfqs, list) or not 1 <= len(rfqs) <= MAX_RFQS:
        raise _invalid("rfqs", f"A list of 1 to {MAX_RFQS} RFQs is expected")
    return rfqs


def _read(body: Any) -> Submission:  # noqa: ANN401 - whatever the client wrote
    try:
        return Submission.model_validate_json(json.dumps(body), by_alias=True, by_name=False)
    except ValidationError as error:
        errors = [FieldError(each.field[:_LONGEST_FIELD], each.detail) for each in field_errors(error)]
    except RecursionError:
        errors = [FieldError("body", "Too deep")]
    raise Problem(HTTPStatus.BAD_REQUEST, "The RFQ is not valid.", errors=errors[:MOST_ERRORS])


def _invalid(field: str, detail: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "The batch is not valid.", errors=[FieldError(field, detail)])
