"""The status document of an RFQ: a JSON file in S3 for clients that poll often, so that they poll no function.

Only RFQs whose customer prefers one have it. It holds ids, counts and times: whoever has its URL may read it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Literal

from botocore.config import Config
from pydantic import AwareDatetime, Field

from ride_booking.domain.rfq import CompletedBy, Rfq
from wild_rydes_http.body import Representation
from wild_rydes_runtime.aws import CLIENT_CONFIG

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFERENCE = "status-document"
"""What a client says in the header `Prefer` (RFC 7240) to get one."""

READABLE_FOR = timedelta(minutes=5)
"""How long after the deadline its URL can be read."""

S3_CONFIG = CLIENT_CONFIG.merge(Config(s3={"addressing_style": "path"}, signature_version="s3v4"))
"""A bucket's name as a host resolves on AWS alone. URLs for others are signed as every region wants it."""

_CONTENT_TYPE = "application/json"


class StatusDocument(Representation):
    """How far an RFQ has come. `completed-by` says that it is over, and how."""

    id: str
    status: Literal["running", "completed"]
    responses_received: int = Field(ge=0)
    responders_asked: int = Field(ge=0)
    eta: AwareDatetime
    completed_by: CompletedBy | None = None
    completed_at: AwareDatetime | None = None

    @classmethod
    def from_domain(cls, rfq: Rfq) -> "StatusDocument":
        """The RFQ as its document has it."""
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
    """The bucket of the documents. The client is made when the first is needed: most workers need none."""

    def __init__(self, make_client: "Callable[[], S3Client]", bucket: str) -> None:
        self._make_client = make_client
        self._bucket = bucket

    @cached_property
    def _s3(self) -> "S3Client":
        return self._make_client()

    def url(self, rfq: Rfq, now: datetime) -> str:
        """Where anybody can read an RFQ's document until soon after its deadline."""
        seconds = ceil((rfq.deadline + READABLE_FOR - now).total_seconds())
        return self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": _key(rfq)}, ExpiresIn=max(1, seconds)
        )

    def write(self, rfq: Rfq) -> None:
        """Let the document say how the RFQ stands. Raises botocore's errors."""
        text = StatusDocument.from_domain(rfq).model_dump_json(by_alias=True, exclude_none=True)
        self._s3.put_object(
            Bucket=self._bucket,
            Key=_key(rfq),
            Body=text.encode(),
            ContentType=_CONTENT_TYPE,
            CacheControl="no-cache",
        )


def preferred(header: str | None) -> bool:
    """Whether a request's `Prefer` header asks for a status document."""
    names = ((header or "").lower()).split(",")
    return PREFERENCE in {name.partition(";")[0].strip() for name in names}


def _key(rfq: Rfq) -> str:
    return f"rfqs/{rfq.id}.json"
