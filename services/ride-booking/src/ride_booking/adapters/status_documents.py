"""The status document of an RFQ: a JSON file in S3, for clients that poll often.

An RFQ has one only if its customer prefers that. It holds ids, counts and times: anybody with its URL may
read it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

from pydantic import AwareDatetime, Field

from ride_booking.domain.rfq import CompletedBy, Rfq
from wild_rydes_http.body import Representation
from wild_rydes_runtime.documents import Documents

READABLE_FOR = timedelta(minutes=5)
"""How long after the deadline the URL works."""


class StatusDocument(Representation):
    """How far an RFQ has come. `completed-by` appears when it is over."""

    id: str
    status: Literal["running", "completed"]
    responses_received: int = Field(ge=0)
    responders_asked: int = Field(ge=0)
    eta: AwareDatetime
    completed_by: CompletedBy | None = None
    completed_at: AwareDatetime | None = None

    @classmethod
    def from_domain(cls, rfq: Rfq) -> "StatusDocument":
        """Make the document of an RFQ."""
        counts = rfq.counts()
        return cls(
            id=rfq.id,
            status=rfq.status,
            responses_received=counts.quoted + counts.declined,
            responders_asked=counts.asked,
            eta=rfq.deadline,
            completed_by=rfq.completion.by if rfq.completion else None,
            completed_at=rfq.completion.at if rfq.completion else None,
        )


class StatusDocuments:
    """The documents of RFQs in their bucket."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def url(self, rfq: Rfq, now: datetime) -> str:
        """Make the URL of an RFQ's document. It works until `READABLE_FOR` after the deadline."""
        return self._documents.url(_key(rfq.id), ceil((rfq.deadline + READABLE_FOR - now).total_seconds()))

    def write_all(self, rfqs: Sequence[Rfq], now: Callable[[], datetime]) -> dict[str, Exception]:
        """Write the current documents of RFQs, for as long as `Documents` takes time for it.

        Returns what kept documents from being written, by the RFQs' ids. It raises nothing.
        """
        texts = {
            _key(rfq.id): StatusDocument.from_domain(rfq).model_dump_json(by_alias=True, exclude_none=True)
            for rfq in rfqs
        }
        failed = self._documents.write_all(texts, now)
        return {rfq.id: failed[_key(rfq.id)] for rfq in rfqs if _key(rfq.id) in failed}


def _key(rfq_id: str) -> str:
    return f"rfqs/{rfq_id}.json"
